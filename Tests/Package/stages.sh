# What administrators and other packages do, stage by stage. Each boots a machine of its own and may be run alone.

# The servers of other packages: each adds its line with update-inetd, which signals us, and its client is answered.
stage_servers() {
  boot || return
  check "apt installs the package" install "$package" update-inetd
  check "the daemon runs, and will after a boot" inside systemctl is-active --quiet inetd
  check "and will run after a boot" inside systemctl is-enabled --quiet inetd
  check "update-inetd finds its process" is "inetd" inside sh -c 'cat /proc/$(cat /run/inetd.pid)/comm'
  check "inetctl reaches it" inside inetctl status
  check "nothing is left unpacked or half configured" is "" inside dpkg --audit
  check "the manual is there" inside sh -c 'for page in inetd.8 inetctl.8 inetd.conf.5 inetd.d.5; do
    test -s /usr/share/man/man${page##*.}/$page.gz || exit 1; done'
  check "and completions, users and places" inside ls /usr/share/bash-completion/completions/inetctl \
    /usr/share/zsh/vendor-completions/_inetctl /usr/share/fish/vendor_completions.d/inetctl.fish \
    /usr/lib/sysusers.d/inetd.conf /usr/lib/tmpfiles.d/inetd.conf
  check "other packages find a super-server in it" says inet-superserver inside dpkg-query -W -f '${Provides}' inetd
  check "it depends on nothing that its binaries do not load" needs_no_more
  check "and fail2ban's filter for our lines" inside grep -q "^_daemon = x?inetd" \
    /usr/share/doc/inetd/examples/fail2ban/filter.d/xinetd-fail.local
  check "and what Debian's SELinux policy lacks" inside test -s \
    /usr/share/doc/inetd/examples/selinux/inetd-additions.cil
  local before
  before=$(daemon)
  check "apt installs servers that know nothing of us" install $servers $clients
  check "and they are content with the package" is "install ok installed" inside dpkg-query -W -f '${Status}' inetd
  for line in www shell login talk ntalk pop3 finger ident rusersd/2-3 rstatd/1-5; do
    check "update-inetd has added $line" has_line "$line"
  done
  check "the daemon was signalled, not restarted" is "$before" daemon
  check "and has read all lines" says "no errors" inside inetctl check
  answers
  telnet_by_hand
  gone_while_serving
  check "apt purges the servers" purge $servers
  # The packages of the RPC servers forget the version in the name of their own line.
  check "no line of theirs is left but two that their packages forget" is "$(printf 'rstatd/1-5\nrusersd/2-3')" \
    inside sh -c 'sed -n "s/^\([a-z][^[:blank:]]*\).*/\1/p" /etc/inetd.conf | sort'
  for port in 23 79 110 113 513 514; do check "nobody listens on port $port" until_true no listens "$port"; done
  check "rpcbind has forgotten them" until_true no says rstatd inside rpcinfo
  check "still the same daemon" is "$before" daemon
  check "purging the package stops it" purge inetd
  check "a file with lines of others is theirs" inside test -e /etc/inetd.conf
  check "nothing else of it is left" inside sh -c '! ls -d /etc/inetd.d /etc/default/inetd /etc/init.d/inetd \
    /lib/systemd/system/inetd.service /usr/sbin/inetd /run/inetd /run/inetd.pid /etc/rc?.d/*inetd \
    /etc/systemd/system/multi-user.target.wants/inetd.service 2>/dev/null | grep .'
}

needs_no_more() {
  inside sh -ec 'loaded=$(ldd /usr/sbin/inetd /usr/sbin/inetctl /usr/libexec/inetd/* | sed -n "s,^[[:blank:]]*\([^ ]*\) =>.*,/\1,p")
    for package in $(dpkg-query -W -f "\${Depends}" inetd | sed "s/([^)]*)//g; s/,/ /g"); do
      dpkg -L $package | grep -qF "$loaded" || { echo "nothing loads $package"; exit 1; }
    done'
}

answers() {
  inside sh -c 'mkdir -p /var/www/html /srv/tftp; echo hello web >/var/www/html/index.html; echo hello tftp >/srv/tftp/file
    printf "localhost root\n127.0.0.1 root\n" >/root/.rhosts; chmod 600 /root/.rhosts'
  check "finger is answered" says "Login: root" inside finger root@localhost
  check "micro-httpd is answered" says "hello web" ask ::1 80 'GET / HTTP/1.0\r\n\r\n'
  check "solid-pop3d is answered" says "+OK" ask 127.0.0.1 110 'QUIT\r\n'
  check "ident2 is answered" says "ERROR" ask 127.0.0.1 113 '1, 2\r\n'
  check "rshd is answered" is "from rsh" inside rsh -l root localhost echo from rsh
  check "ntalkd is answered" inside /tests/client.pl datagram 127.0.0.1 518 "$(talk_request)"
  check "rstatd is answered" says "load" inside rup 127.0.0.1
  check "rusersd is answered" inside rusers -a 127.0.0.1
  check "tftpd as its package runs it is answered" is "hello tftp" inside sh -c \
    'cd /tmp && tftp -m binary 127.0.0.1 -c get file && cat file'
}

# <protocols/talkd.h>: a CTL_MSG of type LOOK_UP, the answer going to the socket that asks: the reply address is all
# zeros here, so that only its coming matters.
talk_request() {
  printf '\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x4d'
  printf '\\x00\\x02\\x00\\x00\\x7f\\x00\\x00\\x01%s' "$(printf '\\x00%.0s' {1..8})"
  printf '\\x00\\x02\\x00\\x00\\x7f\\x00\\x00\\x01%s' "$(printf '\\x00%.0s' {1..8})"
  printf '\\x00\\x00\\x00\\x01root%s' "$(printf '\\x00%.0s' {1..8})"
  printf 'nobody%s%s' "$(printf '\\x00%.0s' {1..6})" "$(printf '\\x00%.0s' {1..16})"
}

# A line that its package leaves off, put on by the administrator.
telnet_by_hand() {
  check "telnet is off as its package wants it" has_line '#<off># telnet'
  check "update-inetd --enable" inside update-inetd --enable telnet
  check "telnetd negotiates" says $'\xff' ask 127.0.0.1 23
}

# A package goes while its server still serves somebody.
gone_while_serving() {
  inside sh -c '/tests/client.pl hold 127.0.0.1 79 "root\r\n" /tmp/held >/tmp/answer 2>&1 & echo $! >/tmp/holder'
  until_true inside test -s /tmp/held
  check "a package is purged while its server serves" purge fingerd
  check "who comes now is not served" until_true no listens 79
  inside rm /tmp/held
  check "who was there is" until_true inside grep -q "Login: root" /tmp/answer
}

# What the package replaces: same file, same answers, nothing converted.
stage_openbsd() {
  boot || return
  check "apt installs openbsd-inetd and servers" install openbsd-inetd $servers $clients
  inside sh -c 'mkdir -p /srv/tftp /var/www/html; echo hello web >/var/www/html/index.html; echo hello tftp >/srv/tftp/file
    printf "localhost root\n" >/root/.rhosts
    sed -i "s/^#\(daytime\|time\|discard\|echo\)\(.*stream\)/\1\2/" /etc/inetd.conf; systemctl restart inetd'
  local sum
  sum=$(inside cksum /etc/inetd.conf)
  # The packages of the servers know nothing of who serves them: the same answers before and after.
  answers
  check "apt replaces it by the package" install "$package"
  check "openbsd-inetd is gone" no says "ii  openbsd-inetd" inside dpkg -l openbsd-inetd
  check "its file is as it was" is "$sum" inside cksum /etc/inetd.conf
  check "ours runs" is "/usr/sbin/inetd" inside sh -c 'readlink /proc/$(cat /run/inetd.pid)/exe'
  answers
  check "echo is answered" is hello ask 127.0.0.1 7 'hello'
  check "what openbsd-inetd leaves is purged" purge openbsd-inetd
  check "ours still runs" inside systemctl is-active --quiet inetd
  check "and still will after a boot" inside systemctl is-enabled --quiet inetd
  check "one daemon only" is 1 inside sh -c 'cat /proc/[0-9]*/comm | grep -c "^inetd$"'
}

# A running xinetd with its directory, replaced: the files as they stand, then converted.
stage_xinetd() {
  boot || return
  check "apt installs xinetd" install xinetd fingerd finger
  check "which does not serve what a package has added" no listens 79
  inside sh -c 'cd /etc/xinetd.d; sed -i "s/disable.*= *yes/disable = no/" echo daytime time discard
    echo "hello from the banner" >/etc/banner
    printf "service finger\n{\n\tsocket_type = stream\n\twait = no\n\tuser = nobody\n\tserver = /usr/sbin/in.fingerd\n\tbanner = /etc/banner\n\tlog_on_success += PID\n}\n" >finger
    printf "service shut\n{\n\ttype = UNLISTED\n\tport = 7777\n\tprotocol = tcp\n\tsocket_type = stream\n\twait = no\n\tuser = nobody\n\tserver = /bin/cat\n\tno_access = 127.0.0.0/8\n\tbanner_fail = /etc/banner\n}\n" >shut
    printf "service far\n{\n\ttype = UNLISTED\n\tport = 7778\n\tprotocol = tcp\n\tsocket_type = stream\n\twait = no\n\tuser = nobody\n\tredirect = 127.0.0.1 79\n}\n" >far
    systemctl restart xinetd'
  until_true listens 7778
  local expected actual
  expected=$(xinetd_answers)
  check "xinetd answers" says "Login: root" echo "$expected"
  check "apt replaces it by the package" install "$package"
  check "its files are kept" inside test -e /etc/xinetd.d/finger
  check "they are not read unasked" no listens 79
  inside ln -s /etc/xinetd.conf /etc/inetd.d/xinetd
  check "one link makes them ours, without an error" inside inetctl check
  check "and they are served" inside inetctl reload
  actual=$(xinetd_answers)
  check "with the same answers" is "$expected" echo "$actual"
  inside rm /etc/inetd.d/xinetd
  check "inetctl converts them" inside inetctl convert --from xinetd /etc/xinetd.conf -o /etc/inetd.d
  check "without an error" inside inetctl check
  check "a reload changes no socket" inside inetctl reload
  actual=$(xinetd_answers)
  check "and the answers are the same" is "$expected" echo "$actual"
}

xinetd_answers() {
  ask 127.0.0.1 79 'root\r\n' | grep -v "^On since\|idle"
  ask 127.0.0.1 7 'hello\n'
  ask 127.0.0.1 13 | wc -c
  ask 127.0.0.1 37 | wc -c
  echo "shut: $(ask 127.0.0.1 7777 2>/dev/null)"
  ask 127.0.0.1 7778 'root\r\n' | grep "Login"
}

# An upgrade while clients come all the time, under systemd; then what must be refused or survived.
stage_upgrade() {
  boot || return
  check "apt installs the package" install "$package"
  load_services
  check "the services of the load are read" inside inetctl reload
  upgrade_under_load "under systemd" install "$successor"
  check "the new version runs" says "+next" inside dpkg-query -W inetd
  check "the administrator's change is kept" inside grep -q "ours" /etc/default/inetd
  two_servers
  no_services_file
  check "a removal keeps the administrator's files" inside apt-get remove -y -qq inetd
  check "inetd.conf, options and directory" inside ls /etc/inetd.conf /etc/default/inetd /etc/inetd.d/load.conf
  check "and the package comes back to them" install "$package"
  check "with the load's services" until_true listens 7008
}

load_services() {
  inside sh -c 'printf "[echo]\n" >/dev/null; cat >/etc/inetd.d/load.conf <<FILE
[service load-builtin]
service = echo
type    = INTERNAL
listen  = 7007
[service load-server]
listen  = 7008
user    = nobody
server  = /bin/cat
FILE
echo "# ours" >>/etc/default/inetd'
}

# `upgrade_under_load WHERE COMMAND...`: no connection may fail while the command runs, before and after it.
upgrade_under_load() {
  local where=$1
  shift
  inside sh -c 'touch /tmp/loading; for i in 1 2 3 4; do
    /tests/client.pl load 7007 7008 -- /tmp/loading >/tmp/load.$i 2>&1 & done; echo started >/tmp/loaders'
  until_true inside pgrep -f "client.pl load"
  sleep 0.5
  check "the upgrade succeeds $where" "$@"
  sleep 0.5
  inside rm /tmp/loading
  until_true no inside pgrep -f "client.pl load"
  local result
  result=$(inside sh -c 'cat /tmp/load.?')
  check "no connection is lost by the upgrade $where ($(echo "$result" | awk '/answered/ { n += $1 } END { print n }') answered)" \
    sh -c 'printf "%s\n" "$1" | grep -c "[1-9][0-9]* answered, 0 failed" | grep -qx 4 || { printf "%s\n" "$1"; exit 1; }' sh "$result"
}

two_servers() {
  check "a second super-server is refused, with the first one's pid" says \
    "already running as process $(daemon) (/run/inetd.pid)" inside /usr/sbin/inetd
  check "with status 69" inside sh -c '/usr/sbin/inetd 2>/dev/null; test $? = 69'
  check "and one with another pid file says whose ports it wants" says "Address already in use; trying again" \
    inside timeout -s TERM 3 /usr/sbin/inetd -d --pidfile /tmp/second.pid --control none -c none -D /etc/inetd.d
  check "the first one serves" is hello ask 127.0.0.1 7008 hello
}

# Without /etc/services names mean nothing, but those that everybody knows; what is served goes on.
no_services_file() {
  inside sh -c 'printf "%s stream tcp nowait nobody /bin/cat cat\n" discard gopher >>/etc/inetd.conf; inetctl reload'
  check "gopher listens" is hello ask 127.0.0.1 70 hello
  inside mv /etc/services /etc/services.away
  check "a reload without /etc/services says so" says "unknown-service" inside inetctl reload
  check "and loses nothing" is hello ask 127.0.0.1 70 hello
  check "numbered services are served" is hello ask 127.0.0.1 7008 hello
  inside systemctl restart inetd
  check "a restart still has the numbered ones" is hello ask 127.0.0.1 7008 hello
  check "and those with well-known names" is hello ask 127.0.0.1 9 hello
  inside sh -c 'mv /etc/services.away /etc/services; inetctl reload'
  check "with the file back all is served" until_true is hello ask 127.0.0.1 70 hello
}

# The init script does what systemd does elsewhere.
stage_sysv() {
  boot_without_systemd || return
  check "apt installs the package without systemd" install "$package" update-inetd
  check "the init script has started the daemon" inside /etc/init.d/inetd status
  check "apt installs a server" install fingerd finger
  check "its line is served" says "Login: root" inside finger root@localhost
  load_services
  check "reload by the init script" inside /etc/init.d/inetd reload
  until_true listens 7008
  local before
  before=$(daemon)
  upgrade_under_load "without systemd" install "$successor"
  check "the same process serves on" is "$before" daemon
  check "stop" inside /etc/init.d/inetd stop
  check "nobody listens" no listens 79
  check "status says so" no inside /etc/init.d/inetd status
  check "start" inside /etc/init.d/inetd start
  check "all is served again" is hello ask 127.0.0.1 7008 hello
  check "restart" inside /etc/init.d/inetd restart
  check "another process" no is "$before" daemon
  check "a purge stops it" purge inetd
  check "nobody listens any more" no listens 7008
}

# What is too large for the usual run, and what conflicts with packages that are in it: efingerd with fingerd, popa3d with
# solid-pop3d.
stage_more() {
  boot || return
  check "apt installs the package" install "$package" update-inetd
  inside sh -c 'echo cups-bsd cups-bsd/setuplpd boolean true | debconf-set-selections
    echo popa3d popa3d/standalone boolean false | debconf-set-selections
    ip address add 192.0.2.1/32 dev lo'
  check "apt installs more servers" install $more_servers
  # Debian 12 ships what it is to run without the right to be run, and it then repeats the question.
  inside sh -c 'chmod a+x /etc/efingerd/*'
  for line in ident amanda remctl printer finger pop3; do check "update-inetd has added $line" has_line "$line"; done
  check "sane-port is off as its package wants it" has_line '#<off># sane-port'
  check "update-inetd --enable" inside update-inetd --enable sane-port
  # cups-lpd itself is another package's.
  check "the one server that is missing is named" says "cannot execute '/usr/lib/cups/daemon/cups-lpd'" \
    inside inetctl check
  check "apt installs it, and what the clients need" install $more_clients
  check "a reload finds it" inside inetctl reload
  check "cups-lpd is answered" until_true says "paper is ready" printer_answers
  check "nullidentd is answered" says "USERID" ask 127.0.0.1 113 '1, 2\r\n'
  check "efingerd, as a user of its own behind tcpd, is answered" says "root does not want to be fingered" ask 127.0.0.1 79 'root\r\n'
  check "popa3d is answered" says "+OK" ask 127.0.0.1 110 'QUIT\r\n'
  check "amandad is answered" says "OPTIONS features" inside su -s /bin/sh backup -c \
    'amservice localhost bsdtcp noop </dev/null'
  # SANE_NET_INIT of version 1.0.3 for root, answered with a status and a version.
  check "saned is answered" is 8 inside sh -c \
    "/tests/client.pl ask 127.0.0.1 6566 '\\x00\\x00\\x00\\x00\\x01\\x00\\x00\\x03\\x00\\x00\\x00\\x05root\\x00' | wc -c"
  kerberos
  check "remctld is answered, by Kerberos" is "hello from root" inside remctl -s host/localhost localhost test hello from root
  check "apt purges them" purge $more_servers
  for port in 79 110 113 10080 6566 4373; do check "nobody listens on port $port" until_true no listens $port; done
}

# The state of a queue by the line printer protocol (RFC 1179 5.3).
printer_answers() {
  inside sh -c 'lpstat -p paper >/dev/null 2>&1 || lpadmin -p paper -E -v socket://127.0.0.1:9 -m raw' >/dev/null 2>&1
  ask 127.0.0.1 515 '\x03paper\n'
}

# A realm with a user, and a command for whoever is in it.
kerberos() {
  inside sh -ec 'cat >/etc/krb5.conf <<END
[libdefaults]
default_realm = TEST.EXAMPLE
dns_lookup_kdc = false
dns_lookup_realm = false
rdns = false
dns_canonicalize_hostname = false
[realms]
TEST.EXAMPLE = {
  kdc = 127.0.0.1
}
END
    kdb5_util create -s -P secret >/dev/null
    for what in "-pw secret root" "-randkey host/localhost"; do kadmin.local addprinc $what >/dev/null; done
    kadmin.local ktadd host/localhost >/dev/null
    krb5kdc
    echo secret | kinit root >/dev/null
    echo "test hello /bin/echo anyuser:auth" >/etc/remctl/conf.d/test'
}

stage_lintian() {
  boot || return
  check "apt installs lintian" install lintian
  check "lintian finds no error and no warning" inside lintian --allow-root --fail-on error,warning "$package"
}
