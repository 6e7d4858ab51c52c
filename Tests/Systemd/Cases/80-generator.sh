# Socket units out of the configuration: inetd starts at the first connection.
. /tests/harness
fresh
since=$(journalctl -n 0 --show-cursor | sed -n 's/^-- cursor: //p')
service unixes 7020 'server = /tests/server' 'server_args = greet'
printf 'service = unixes\nlisten = /run/unixes\nsocket_mode = 0600\nuser = nobody\nserver = /tests/server\nserver_args = greet\n' \
  >/etc/inetd.d/unixes.conf
service datagrams 7021 'socket_type = dgram' 'type = INTERNAL' 'service = echo'
sed -i 's/tcp4/udp4/' /etc/inetd.d/datagrams.conf
printf 'service = both\nport = 7022\nuser = nobody\nserver = /tests/server\nserver_args = greet\n' >/etc/inetd.d/both.conf
service off 7023 'server = /tests/server' 'disable = yes'
printf 'service = wrong\nport = 7024\nno_such_key\n' >/etc/inetd.d/wrong.conf
mkdir -p /etc/systemd/system-generators
ln -sf /usr/libexec/inetd/inetd-generator /etc/systemd/system-generators/
expect "systemd runs the generator" systemctl daemon-reload
units=$(cd /run/systemd/generator && ls inetd-*.socket | tr '\n' ' ')
equal "each service that is enabled and right has its unit" \
  "inetd-both.socket inetd-datagrams.socket inetd-echo.socket inetd-greet.socket inetd-hold.socket inetd-takeall.socket inetd-unixes.socket " \
  "$units"
for unit in $units; do
  expect "$unit is clean" sh -c "output=\$(systemd-analyze verify --man=no /run/systemd/generator/$unit 2>&1) && [ -z \"\$output\" ]"
  expect "sockets.target wants $unit" sh -c "systemctl show -p Wants --value sockets.target | grep -qw '$unit'"
done
expect "the sockets start" systemctl start $units
equal "inetd does not run yet" inactive "$(systemctl is-active inetd)"
equal "a unix socket has its mode" 600 "$(stat -c %a /run/unixes)"
kept=$(inode 7001)
expect "the first connection is served" serves 7001
equal "it has started inetd" active "$(systemctl is-active inetd)"
equal "by the unit's socket" "$kept" "$(inode 7001)"
equal "a built-in is served" hello "$(ask 7002 hello)"
expect "a wait service is served" serves 7003
expect "a service for both families is served by IPv4" serves 7022
expect "a service for both families is served by IPv6" bash -c 'exec 9<>/dev/tcp/::1/7022 && read -r line <&9'
sockets=$(systemctl show -p NFileDescriptorStore --value inetd)
equal "nothing is opened beside them: only the ledger and the rescuer's are stored" 2 "$sockets"
refuse "what no service takes is not reported" sh -c "journalctl --no-pager -o cat -u inetd --after-cursor='$since' | grep 'no service wants'"
rm /etc/systemd/system-generators/inetd-generator
systemctl stop $units inetd
echo done
