# What the README says of systemd's own sockets with Accept=yes, row by row: each function is named there. The units' files
# are written as an administrator would, and none of ours serves.
. /tests/harness
fresh
units=/etc/systemd/system

# unit NAME PORT LINES...: a socket on a port of 127.0.0.1 with a holding server for each connection; not started.
unit() {
  local name=$1 port=$2
  shift 2
  { printf '[Socket]\nListenStream=127.0.0.1:%s\nAccept=yes\n' "$port"; printf '%s\n' "$@"; } >"$units/peer-$name.socket"
  printf '[Service]\nExecStart=/tests/server hold\nStandardInput=socket\n' >"$units/peer-$name@.service"
}
# started NAME PORT LINES...
started() { unit "$@" && systemctl daemon-reload && systemctl start "peer-$1.socket"; }
state() { systemctl show --property "$2" --value "peer-$1.socket"; }
journal() { journalctl --sync && journalctl --no-pager -o cat; }
said() { journal | grep -qF "$1"; }
# served PORT [ADDRESS]: a server greets.
served() { (
  exec 9<>"/dev/tcp/${2:-127.0.0.1}/$1" && IFS= read -r -t 10 line <&9 && is_pid "$line"
) 2>/dev/null; }
# hold FD PORT [ADDRESS]: opens a conversation, `server` is who leads it.
hold() { eval "exec $1<>/dev/tcp/${3:-127.0.0.1}/$2" && IFS= read -r -t 10 server <&"$1"; }

systemd_inetd_conf() {
  printf '7101 stream tcp nowait root /tests/server server greet\n' >/etc/inetd.conf
  systemctl daemon-reload
  refuse "a line of inetd.conf, as packages add it, is not served" served 7101
  rm /etc/inetd.conf
}

systemd_xinetd_files() {
  mkdir -p /etc/xinetd.d
  printf 'service peer\n{\n\ttype = UNLISTED\n\tport = 7102\n\tsocket_type = stream\n\tprotocol = tcp\n\twait = no\n\tuser = root\n\tserver = /tests/server\n\tserver_args = greet\n}\n' >/etc/xinetd.d/peer
  systemctl daemon-reload
  refuse "a file of xinetd is not served" served 7102
  rm -r /etc/xinetd.d
}

systemd_mistakes() {
  unit wrong 7103 Colour=red Backlog=many
  printf 'User=nobodi\nExecStartPre=/no/such/program\n' >>"$units/peer-wrong@.service"
  systemctl daemon-reload
  expect "a unit with mistakes starts" systemctl start peer-wrong.socket
  expect "a wrong key is told with its line" said "$units/peer-wrong.socket:4: Unknown key 'Colour' in section [Socket], ignoring."
  expect "and a wrong value" said "$units/peer-wrong.socket:5: Failed to parse unsigned value, ignoring: many"
  refuse "a user that does not exist is not told" said nobodi
  refuse "nor is a program" said /no/such/program
  refuse "before somebody comes, who is not served" served 7103
  eventually "then it is told that something was" said "Failed at step USER spawning /no/such/program: No such process"
}

systemd_mistake_in_a_reload() {
  started mistaken 7104
  expect "it is served" served 7104
  sed -i 's/^.Service.$/[Service/' "$units/peer-mistaken@.service"
  systemctl daemon-reload
  refuse "with a mistake in its service it is not" served 7104
  equal "and the socket has failed" failed "$(systemctl is-active peer-mistaken.socket)"
}

systemd_reload() {
  started changed 7105
  started unchanged 7106
  local before
  before=$(inode 7106)
  hold 5 7105
  sed -i 's/7105/7107/' "$units/peer-changed.socket"
  systemctl daemon-reload
  equal "an unchanged socket is left alone" "$before" "$(inode 7106)"
  expect "a server of a changed one, too" still 5
  refuse "a changed socket listens no more where it did" served 7105
  refuse "nor where it is to" served 7107
  equal "although it is said to be active" active "$(systemctl is-active peer-changed.socket)"
  systemctl restart peer-changed.socket
  expect "before its unit is restarted" served 7107
  exec 5<&-
}

systemd_half_a_file() {
  started half 7108 ListenStream=127.0.0.1:7109
  expect "a second port is served" served 7109
  sed -i '$d' "$units/peer-half.socket"
  systemctl daemon-reload
  refuse "half a file is read as it is" served 7109
}

systemd_limits() {
  started few 7110 MaxConnections=1
  hold 5 7110
  refuse "who exceeds the instances is refused" served 7110
  equal "by a unit that goes on" active "$(systemctl is-active peer-few.socket)"
  exec 5<&-
  eventually "and served later" served 7110
  started rated 7111 TriggerLimitIntervalSec=100ms TriggerLimitBurst=2
  until [ "$(state rated ActiveState)" = failed ]; do served 7111; served 7111; served 7111; done
  equal "who exceeds the rate fails the unit" trigger-limit-hit "$(state rated Result)"
  sleep 0.2
  refuse "which is not served when the time is over" served 7111
  systemctl reset-failed peer-rated.socket
  refuse "nor when it is reset" served 7111
  systemctl start peer-rated.socket
  expect "before it is started" served 7111
}

systemd_sources() {
  ip address add 2001:db8::1/64 dev lo nodad
  ip address add 2001:db8::2/64 dev lo nodad
  unit sourced 7112 MaxConnectionsPerSource=1
  sed -i 's/127.0.0.1:/[::]:/' "$units/peer-sourced.socket"
  systemctl daemon-reload
  systemctl start peer-sourced.socket
  # Who connects to one of his own addresses comes from it.
  hold 5 7112 2001:db8::1
  refuse "an address that exceeds its share is refused" served 7112 2001:db8::1
  expect "another one of the same network is not" served 7112 2001:db8::2
  exec 5<&-
}

# The manager itself runs out of descriptors.
systemd_descriptors() {
  started starved 7113
  local limit number=0
  limit=$(prlimit --pid 1 --nofile --noheadings --output SOFT)
  while [ -e "/proc/1/fd/$number" ]; do number=$((number + 1)); done
  prlimit --pid 1 --nofile="$number:"
  refuse "without a descriptor nobody is served" served 7113
  prlimit --pid 1 --nofile="$limit:"
  equal "the socket has failed" failed "$(systemctl is-active peer-starved.socket)"
  expect "for want of descriptors" said "peer-starved.socket: Failed to accept connection socket: Too many open files"
  refuse "and is not served when there are some again" served 7113
  systemctl start peer-starved.socket
  expect "before it is started" served 7113
}

systemd_restart() {
  started kept 7114
  local before load
  before=$(inode 7114)
  hold 5 7114
  (
    trap 'exit 0' TERM
    while :; do if served 7114; then echo served; else echo lost; fi >>/tmp/load; done
  ) &
  load=$!
  expect "the manager is executed anew" systemctl daemon-reexec
  kill "$load"
  wait "$load" 2>/dev/null
  equal "no connection is lost by it" served "$(sort -u /tmp/load)"
  equal "the socket is the same" "$before" "$(inode 7114)"
  expect "the session goes on" still 5
  expect "the server is known" grep -qx "MainPID=$server" <(systemctl show --property MainPID 'peer-kept@*')
  systemctl restart peer-kept.socket
  refuse "a restart of the socket makes another one" [ "$before" = "$(inode 7114)" ]
  exec 5<&-
}

systemd_datagrams() {
  unit datagrams 7115
  sed -i 's/Stream/Datagram/' "$units/peer-datagrams.socket"
  systemctl daemon-reload
  refuse "a server for each peer of a datagram socket is refused" systemctl start peer-datagrams.socket
  expect "with a reason" said "peer-datagrams.socket: Unit configured for accepting sockets, but sockets are non-accepting. Refusing."
}

systemd_builtins() {
  unit echo 7
  rm "$units/peer-echo@.service"
  systemctl daemon-reload
  systemctl start peer-echo.socket
  refuse "port 7 has no answer without a server" ask 7 hello
  equal "the socket has failed" failed "$(systemctl is-active peer-echo.socket)"
}

systemd_rpc() {
  started rpc 7116 RPCProgram=100001
  expect "a program of RPC is an unknown key" said "Unknown key 'RPCProgram' in section [Socket], ignoring."
  refuse "of which the manual knows nothing, nor the program" grep -qaiE 'rpcbind|portmap' /lib/systemd/systemd
}

systemd_trials() {
  expect "no verb tells whether a peer would be served" grep -qF "Unknown command verb test" <(systemctl test peer-kept.socket 127.0.0.1 2>&1)
  refuse "nor an option" systemd-analyze verify --peer=127.0.0.1 peer-kept.socket
}

systemd_states() {
  started told 7117 MaxConnections=7 TriggerLimitBurst=2
  hold 5 7117
  expect "the state and its numbers are told" grep -qF "Accepted: 1; Connected: 1;" <(systemctl status peer-told.socket)
  until [ "$(state told ActiveState)" = failed ]; do served 7117; done
  expect "and the reason" grep -qF "Active: failed (Result: trigger-limit-hit) since" <(systemctl status peer-told.socket)
  exec 5<&-
}

systemd_metrics() {
  expect "no verb tells metrics" grep -qF "Unknown command verb metrics" <(systemctl metrics 2>&1)
  refuse "and no program of it speaks OpenMetrics" grep -rqaF openmetrics /lib/systemd /bin/systemctl
}

# As process 1 of a name space, as nobody. 255 is its status for a failure that would halt a machine.
systemd_process_one() {
  timeout 10 unshare --pid --fork --kill-child --mount-proc setpriv --reuid=65534 --regid=65534 --clear-groups \
    /lib/systemd/systemd --system --unit=basic.target
  equal "without root it gives up" 255 $?
}

for row in $(declare -F | sed -n 's/^declare -f \(systemd_\)/\1/p'); do
  echo "# $row"
  $row
done
systemctl stop 'peer-*.socket'
rm "$units"/peer-*
echo done
