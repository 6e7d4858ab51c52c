# A daemon whose loop no longer turns is ended and started again by systemd.
. /tests/harness
fresh
mkdir -p /etc/systemd/system/inetd.service.d
printf '[Service]\nWatchdogSec=2\n' >/etc/systemd/system/inetd.service.d/watchdog.conf
systemctl daemon-reload
systemctl start inetd
session 5
kept=$(inode 7001) stopped=$(main_pid)
eventually "the watchdog hears the loop" \
  sh -c 'systemctl show -p WatchdogTimestampMonotonic --value inetd | grep -qv "^0$"'
kill -STOP "$stopped"
eventually "systemd starts a stopped daemon again" sh -c "p=\$(systemctl show -p MainPID --value inetd); [ \$p != 0 ] && [ \$p != $stopped ] && [ \$(systemctl is-active inetd) = active ]"
refuse "the stopped process is gone" kill -0 "$stopped"
expect "the journal tells why" sh -c 'journalctl -u inetd --no-pager | grep -q "Watchdog timeout"'
equal "the socket is the same" "$kept" "$(inode 7001)"
expect "the service is served" serves 7001
expect "the session lives" still 5
echo done
