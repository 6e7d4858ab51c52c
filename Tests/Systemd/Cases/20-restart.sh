# What a restart and a crash must not lose: sockets, sessions, counts.
. /tests/harness
fresh
systemctl start inetd
session 5 && first=$server
session 6
wait_server=$(ask 7003)
for service in greet:7001 echo:7002 takeall:7003 hold:7004; do
  eval "kept_${service%:*}=$(inode "${service#*:}")"
done

check() {
  equal "$1: a nowait socket is the same" "$kept_greet" "$(inode 7001)"
  equal "$1: a built-in's socket is the same" "$kept_echo" "$(inode 7002)"
  equal "$1: a wait socket is the same" "$kept_takeall" "$(inode 7003)"
  expect "$1: the first session lives" still 5
  expect "$1: the second session lives" still 6
  equal "$1: running servers are counted" 2 "$(active hold)"
  equal "$1: the wait server is counted" 1 "$(active takeall)"
  equal "$1: the wait server still has its socket" "$wait_server" "$(ask 7003)"
  expect "$1: new connections are served" serves 7001
}

before=$(main_pid)
expect "systemctl restart succeeds" systemctl restart inetd
refuse "restart makes a new process" [ "$before" = "$(main_pid)" ]
check restart

before=$(main_pid)
kill -KILL "$before"
eventually "systemd starts the killed daemon again" sh -c "p=\$(systemctl show -p MainPID --value inetd); [ \$p != 0 ] && [ \$p != $before ] && [ \$(systemctl is-active inetd) = active ]"
check crash

# A server that lives long enough has its pidfd in the store; with its end it leaves.
eventually "pidfds of servers are in the store: four sockets, the ledger, the rescuer's, three servers" \
  sh -c '[ "$(systemctl show -p NFileDescriptorStore --value inetd)" = 9 ]'
systemctl restart inetd
check "with pidfds"
equal "with pidfds: all come back, none twice" 9 "$(property NFileDescriptorStore)"

# The third generation still knows the end of a server that the first started.
exec 6<&- 6>&-
eventually "the end of an earlier run's server is seen" has_active hold 1
expect "the other session lives" still 5

# The configuration changes while nobody runs.
eventually "its pidfd leaves the store" sh -c '[ "$(systemctl show -p NFileDescriptorStore --value inetd)" = 8 ]'
stored=8
rm /etc/inetd.d/greet.conf
service hold 7004 'server = /tests/server' 'server_args = hold' 'instances = 1'
service other 7007 'server = /tests/server' 'server_args = greet'
systemctl restart inetd
refuse "a service that is gone is not served after a restart" serves 7001
expect "a new service is served after a restart" serves 7007
equal "a changed service keeps its socket" "$kept_hold" "$(inode 7004)"
equal "its running server is counted" 1 "$(active hold)"
expect "its session lives" still 5
eventually "the store holds what is of use only" \
  sh -c "[ \$(systemctl show -p NFileDescriptorStore --value inetd) = $stored ]"
kill "$first"
eventually "a server that is killed is counted out" has_active hold 0
session 7
expect "with its end the limit lets the next one in" still 7
echo done
