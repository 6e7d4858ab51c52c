# pass = listen_fds with a real socket-activated daemon, dbus-daemon, that gets several sockets in one service.
. /tests/harness
fresh
cat >/etc/inetd.d/bus.conf <<'FILE'
service = bus
listen = /run/bus1 /run/bus2 @bus3
socket_mode = 0666
wait = yes
pass = listen_fds
user = root
server = /usr/bin/dbus-daemon
server_args = --config-file=/usr/share/dbus-1/session.conf --address=systemd: --nofork --nopidfile --syslog-only
FILE
# The id that a bus has for its life.
bus_id() {
  timeout 10 dbus-send --bus="$1" --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId |
    tr -d ' '
}
systemctl start inetd
equal "no bus runs yet" 0 "$(active bus)"
first=$(bus_id unix:path=/run/bus1)
expect "the first socket starts the bus" sh -c "echo '$first' | grep -qE '^[0-9a-f]{32}$'"
equal "the second socket is the same bus's" "$first" "$(bus_id unix:path=/run/bus2)"
equal "the third socket is the same bus's" "$first" "$(bus_id unix:abstract=bus3)"
equal "one server has them all" 1 "$(active bus)"
pid=$(pgrep -f 'dbus-daemon --config-file=/usr/share')
environment=$(tr '\0' '\n' <"/proc/$pid/environ")
expect "LISTEN_FDS counts them" sh -c "echo '$environment' | grep -qx LISTEN_FDS=3"
expect "LISTEN_PID is the server" sh -c "echo '$environment' | grep -qx LISTEN_PID=$pid"
expect "LISTEN_FDNAMES names them" sh -c "echo '$environment' | grep -qx LISTEN_FDNAMES=bus:bus:bus"
systemctl restart inetd
equal "a restart leaves the bus alone" "$first" "$(bus_id unix:path=/run/bus2)"
equal "it is counted" 1 "$(active bus)"
kill "$pid"
eventually "its end is seen" has_active bus 0
second=$(bus_id unix:path=/run/bus2)
refuse "the next connection, at any socket, starts a new bus" [ "$first" = "$second" ]
equal "all sockets are its" "$second" "$(bus_id unix:path=/run/bus1)"
echo done
