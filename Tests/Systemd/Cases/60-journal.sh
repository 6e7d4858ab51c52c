# The journal's fields: what a program selects by.
. /tests/harness
fresh
service greet 7001 'server = /tests/server' 'server_args = greet' 'log_on_success = PID HOST EXIT DURATION'
service closed 7008 'server = /tests/server' 'server_args = greet' 'only_from = 192.0.2.1' 'log_on_failure = HOST'
service loud 7009 'server = /bin/sh' 'server_args = -c "echo a complaint >&2; echo x"' 'stderr = log'
printf '# a comment\nservice = greet2\nno_such_key = 1\nport = 7010\nserver = /tests/server\n' >/etc/inetd.d/wrong.conf
systemctl start inetd
pid=$(ask 7001)
ask 7008 >/dev/null
ask 7009 >/dev/null

entries() { journalctl --no-pager -q -o json -u inetd "$@"; }
# has TITLE MATCH...: an entry with all these fields exists.
has() {
  local title=$1
  shift
  eventually "$title" sh -c 'journalctl --no-pager -q -o json -u inetd "$@" | grep -q .' sh "$@"
}
field() { entries "${@:2}" | tail -n 1 | tr ',' '\n' | sed -n "s/^{\{0,1\}\"$1\" *: *\"\(.*\)\"}\{0,1\}$/\1/p"; }

has "START has its fields" INETD_SERVICE=greet INETD_EVENT=start INETD_PID="$pid" REMOTE_ADDR=127.0.0.1
has "EXIT has its fields" INETD_SERVICE=greet INETD_EVENT=exit INETD_PID="$pid" REMOTE_ADDR=127.0.0.1 EXIT_STATUS=0
equal "START is xinetd's line" "START: greet pid=$pid from=127.0.0.1" "$(field MESSAGE INETD_EVENT=start INETD_PID="$pid")"
expect "the peer's port is a number" sh -c "[ '$(field REMOTE_PORT INETD_EVENT=start INETD_PID="$pid")' -gt 1023 ]"
expect "a duration is a number" sh -c "[ '$(field DURATION_USEC INETD_EVENT=exit INETD_PID="$pid")' -gt 0 ]"
has "FAIL has its fields" INETD_SERVICE=closed INETD_EVENT=fail REMOTE_ADDR=127.0.0.1
has "a server's standard error is there" INETD_SERVICE=loud INETD_EVENT=stderr "MESSAGE=loud: a complaint"
has "a finding has its place" INETD_EVENT=configuration CONFIG_FILE=/etc/inetd.d/wrong.conf CONFIG_LINE=3
equal "entries are inetd's" inetd "$(field SYSLOG_IDENTIFIER INETD_EVENT=start)"
for event in start exit fail stderr configuration ready; do
  id=$(field MESSAGE_ID INETD_EVENT=$event)
  expect "$event has a message id" sh -c "echo '$id' | grep -qE '^[0-9a-f]{32}$'"
  has "$event is found by its message id" MESSAGE_ID="$id" INETD_EVENT=$event
done
echo done
