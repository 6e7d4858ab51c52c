# A service manager that keeps nothing, or not all: said once, served on, and mended without losing a socket.
. /tests/harness
fresh

# room NUMBER: so many descriptors may be kept.
room() {
  mkdir -p /etc/systemd/system/inetd.service.d
  printf '[Service]\nFileDescriptorStoreMax=%s\n' "$1" >/etc/systemd/system/inetd.service.d/store.conf
  systemctl daemon-reload
}
# What the running daemon has said of it.
said() { journalctl --no-pager -q -o cat _PID="$(main_pid)" SYSLOG_IDENTIFIER=inetd | grep -c "$1"; }
says() { [ "$(said "$1")" -gt 0 ]; }
complaint="does not keep all of our 6 descriptors: FileDescriptorStoreMax= of the unit is too small"
status() { inetctl status | grep -q 'store: FileDescriptorStoreMax= of the unit is too small'; }

room 0
expect "without a store it starts" systemctl start inetd
eventually "without a store: it is in the log" says "$complaint"
equal "nothing is kept" 0 "$(property NFileDescriptorStore)"
expect "without a store: it is in the status" status
for round in 1 2; do expect "without a store: reload $round" systemctl reload inetd; done
for port in 7001 7003 7004; do expect "without a store: $port is served" serves $port; done
equal "without a store: it is said once" 1 "$(said "$complaint")"
# A wait server would keep its port, and nobody would know whose it is.
pkill -KILL -x server
expect "without a store it restarts" systemctl restart inetd
expect "and serves" serves 7001

# Room for the ledger and two of four sockets.
room 3
pkill -KILL -x server
systemctl restart inetd
eventually "with a small store: it is in the log" says "$complaint"
equal "what finds room is kept" 3 "$(property NFileDescriptorStore)"
systemctl reload inetd
equal "with a small store: it is said once" 1 "$(said "$complaint")"
for port in 7001 7003 7004; do expect "with a small store: $port is served" serves $port; done
equal "with a small store: the built-in answers" hello "$(ask 7002 hello)"

# The administrator gives more room: a reload is enough, and the next restart loses nothing.
room 1024
expect "a reload after that succeeds" systemctl reload inetd
eventually "all is kept now" sh -c '[ "$(systemctl show -p NFileDescriptorStore --value inetd)" -ge 6 ]'
eventually "it is in the log" says "keeps all of our descriptors now"
refuse "the status says nothing of it any more" status
before=$(inode 7001)$(inode 7002)$(inode 7003)$(inode 7004)
systemctl restart inetd
equal "all sockets outlive a restart" "$before" "$(inode 7001)$(inode 7002)$(inode 7003)$(inode 7004)"
eventually "and the trial of the store leaves nothing in it: four sockets, the ledger, the rescuer's, one wait server" \
  sh -c '[ "$(systemctl show -p NFileDescriptorStore --value inetd)" = 7 ]'
equal "nothing is complained of" 0 "$(said FileDescriptorStoreMax)"
echo done
