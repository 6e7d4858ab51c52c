# Start, status, reload, stop.
. /tests/harness
fresh
expect "systemctl start succeeds" systemctl start inetd
# No waiting from here on: start returns only when everybody listens.
expect "a nowait service is there when start returns" serves 7001
equal "a built-in is there when start returns" hello "$(ask 7002 hello)"
expect "a wait service is there when start returns" serves 7003
expect "a second service is there when start returns" serves 7004
eventually "the status line tells the services" \
  sh -c 'systemctl show --property StatusText --value inetd | grep -qE "^4 services, [0-9]+ active$"'

kept=$(inode 7001) pid=$(main_pid)
service late 7005 'server = /tests/server' 'server_args = greet'
expect "systemctl reload succeeds" systemctl reload inetd
expect "a new service is there when reload returns" serves 7005
equal "reload keeps the sockets" "$kept" "$(inode 7001)"
equal "reload keeps the process" "$pid" "$(main_pid)"
equal "reload tells the new state" "5 services" "$(property StatusText | cut -d, -f1)"
service broken 7006 'server = /tests/nonexistent'
refuse "a reload with an error says so" systemctl reload inetd
expect "a reload with an error changes nothing else" serves 7001
equal "a reload with an error leaves the unit active" active "$(systemctl is-active inetd)"

expect "systemctl stop succeeds" systemctl stop inetd
refuse "nobody listens after stop" serves 7001
equal "the unit ends well" success "$(property Result)"
echo done
