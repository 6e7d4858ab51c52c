# Sockets from socket units: the first connection starts inetd; units' sockets and our own, in one daemon.
. /tests/harness
fresh
sed -e 's/^ListenStream=79/ListenStream=127.0.0.1:7011/' -e 's/^FileDescriptorName=finger/FileDescriptorName=greet/' \
  /lib/systemd/system/inetd.socket.example >/etc/systemd/system/inetd-named.socket
printf '[Socket]\nListenStream=0.0.0.0:7004\nService=inetd.service\n' >/etc/systemd/system/inetd-addressed.socket
printf '[Socket]\nListenStream=127.0.0.1:7012\nFileDescriptorName=stranger\nService=inetd.service\n' \
  >/etc/systemd/system/inetd-stranger.socket
systemctl daemon-reload
expect "the socket units start" systemctl start inetd-named.socket inetd-addressed.socket inetd-stranger.socket
equal "inetd does not run" inactive "$(systemctl is-active inetd)"
named=$(inode 7011) addressed=$(inode 7004)
expect "the first connection is served" serves 7011
equal "it has started inetd" active "$(systemctl is-active inetd)"
equal "the name decides: the socket is the unit's" "$named" "$(inode 7011)"
refuse "the name decides: the configured port is not opened" serves 7001
equal "the address decides: the socket is the unit's" "$addressed" "$(inode 7004)"
session 5
expect "an addressed socket is served" still 5
equal "what no unit has is our own: a built-in" hello "$(ask 7002 hello)"
expect "what no unit has is our own: a wait service" serves 7003
for line in "greet: takes the inherited socket on 127.0.0.1:7011, by its name" \
  "hold: takes the inherited socket on 0.0.0.0:7004, by its address" \
  "no service wants the inherited socket 'stranger' on 127.0.0.1:7012; it is closed"; do
  eventually "the journal says: $line" sh -c "journalctl --no-pager -o cat -u inetd | grep -qF \"$line\""
done
own=$(inode 7002)
expect "a restart succeeds" systemctl restart inetd
equal "a restart keeps the unit's socket" "$named" "$(inode 7011)"
equal "a restart keeps our own socket" "$own" "$(inode 7002)"
expect "a restart keeps the session" still 5
expect "a restart serves both" serves 7011
kill -KILL "$(main_pid)"
expect "after a crash the unit's socket is served" serves 7011
equal "after a crash our own is served" hello "$(ask 7002 hello)"
equal "after a crash it is the same" "$own" "$(inode 7002)"
echo done
