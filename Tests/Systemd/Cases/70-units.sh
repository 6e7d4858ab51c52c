# The unit files say what systemd understands.
. /tests/harness
fresh
verify() {
  local output
  output=$(systemd-analyze verify --man=no "$@" 2>&1) && [ -z "$output" ] || { echo "$output"; return 1; }
}
expect "inetd.service is clean" verify /lib/systemd/system/inetd.service
cp /lib/systemd/system/inetd.socket.example /etc/systemd/system/inetd-finger.socket
expect "the socket example is clean" verify /etc/systemd/system/inetd-finger.socket
mkdir -p /etc/systemd/system/inetd.service.d
cp /lib/systemd/system/hardening.conf.example /etc/systemd/system/inetd.service.d/hardening.conf
systemctl daemon-reload
expect "the hardened unit is clean" verify inetd.service
expect "the hardened unit starts" systemctl start inetd
expect "the hardened unit serves" serves 7001
equal "the hardened unit's built-in answers" hello "$(ask 7002 hello)"
echo done
