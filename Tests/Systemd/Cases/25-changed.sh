# kill -9 while the files have changed: what is still wanted keeps its socket, what is not leaves the store.
. /tests/harness
fresh
service gone 7005 'server = /tests/server' 'server_args = hold'
service moved 7006 'server = /tests/server' 'server_args = greet'
systemctl start inetd

# Whether the service manager has the socket with this inode, or not.
stored() { ls -l /proc/1/fd | grep -qF "socket:[$1]"; }
for name in greet:7001 echo:7002 takeall:7003 hold:7004 gone:7005 moved:7006; do
  eval "kept_${name%:*}=$(inode "${name#*:}")"
done
for name in greet echo takeall hold gone moved; do
  kept=kept_$name
  expect "before: $name's socket is in the store" stored "${!kept}"
done
session 5
exec 6<>/dev/tcp/127.0.0.1/7005 && read -r -t 10 old <&6
wait_server=$(ask 7003)
eventually "before: six sockets, the ledger, the rescuer's, three servers are in the store" \
  sh -c '[ "$(systemctl show -p NFileDescriptorStore --value inetd)" = 11 ]'

rm /etc/inetd.d/gone.conf
service moved 7007 'server = /tests/server' 'server_args = greet'
service hold 7004 'server = /tests/server' 'server_args = hold' 'instances = 2' 'overflow = refuse'
service other 7008 'server = /tests/server' 'server_args = greet'
before=$(main_pid)
kill -KILL "$before"
eventually "systemd starts the killed daemon again" sh -c "p=\$(systemctl show -p MainPID --value inetd); [ \$p != 0 ] && [ \$p != $before ] && [ \$(systemctl is-active inetd) = active ]"

equal "a nowait socket is the same" "$kept_greet" "$(inode 7001)"
equal "a built-in's socket is the same" "$kept_echo" "$(inode 7002)"
equal "a wait server's socket is the same" "$kept_takeall" "$(inode 7003)"
equal "a changed service's socket is the same" "$kept_hold" "$(inode 7004)"
equal "nobody listens for the removed service" "" "$(inode 7005)"
equal "nobody listens at the old port" "" "$(inode 7006)"
expect "the new port is served" serves 7007
expect "the new service is served" serves 7008
eventually "the removed service's socket has left the store" sh -c "! ls -l /proc/1/fd | grep -qF 'socket:[$kept_gone]'"
eventually "the old port's socket has left the store" sh -c "! ls -l /proc/1/fd | grep -qF 'socket:[$kept_moved]'"
for port in 7001 7002 7003 7004 7007 7008; do expect "the socket at $port is in the store" stored "$(inode $port)"; done
eventually "nothing else is: six sockets, the ledger, the rescuer's, two servers" \
  sh -c '[ "$(systemctl show -p NFileDescriptorStore --value inetd)" = 10 ]'

equal "the nowait server is counted" 1 "$(active hold)"
equal "the wait server is counted" 1 "$(active takeall)"
equal "nothing else is counted" "0 0 0" "$(active greet) $(active moved) $(active other)"
equal "the wait server has its socket" "$wait_server" "$(ask 7003)"
expect "the session goes on" still 5
expect "so does that with the removed service's server" still 6
session 7
expect "the new limit counts who was there before: a second is let in" still 7
refuse "and no third" serves 7004
equal "both are counted" 2 "$(active hold)"
kill "$old"
exec 5<&- 7<&-
eventually "their ends are seen" has_active hold 0
echo done
