# 200 connections a second to a nowait service, a built-in and a wait service, while the daemon is restarted 20 times and
# killed 20 times: nobody is refused, nobody is cut off.
. /tests/harness
fresh
systemctl start inetd
for number in 11 12 13 14 15; do session $number; done

clients() {
  /tests/clients greeting 127.0.0.1 7001 40 >/tmp/nowait1 & pids=$!
  /tests/clients greeting 127.0.0.1 7001 40 >/tmp/nowait2 & pids="$pids $!"
  /tests/clients echo 127.0.0.1 7002 60 >/tmp/builtin & pids="$pids $!"
  /tests/clients greeting 127.0.0.1 7003 60 >/tmp/wait & pids="$pids $!"
}
tally() {
  kill -TERM $pids
  wait $pids
  for kind in nowait1 nowait2 builtin wait; do
    echo "# $1, $kind: $(cat /tmp/$kind)"
    . /tmp/$kind
    equal "$1, $kind: nobody is refused" 0 "$refused"
    equal "$1, $kind: nobody waits in vain" 0 "$late"
    expect "$1, $kind: hundreds are served" [ "$served" -gt "$2" ]
    [ "$1" = restart ] && equal "$1, $kind: nobody is reset before service" 0 "$reset"
    [ "$1" = restart ] && equal "$1, $kind: nobody is cut off" 0 "$cut"
  done
}

clients
for round in {1..20}; do
  systemctl restart inetd || fail "restart $round" "systemctl restart failed"
  # A restart takes milliseconds; connections come between two as well.
  sleep 0.2
done
tally restart 100
for number in 11 12 13 14 15; do expect "session $number lives through 20 restarts" still $number; done
equal "instances are right after 20 restarts" 5 "$(active hold)"

# SIGKILL takes along the connections that are in the daemon itself at that moment: those of built-ins that wait for
# their peer's words, and one that is between accept and clone. All others, and all that wait in the queues, are served.
clients
for round in {1..20}; do
  pid=$(main_pid)
  kill -KILL "$pid"
  for try in {1..400}; do
    now=$(main_pid)
    [ "$now" != 0 ] && [ "$now" != "$pid" ] && [ "$(systemctl is-active inetd)" = active ] && break
    sleep 0.02
  done
  # As long as the queue that has grown meanwhile takes.
  sleep 0.1
done
tally crash 100
for kind in nowait1 nowait2 wait; do
  . /tmp/$kind
  expect "crash, $kind: at most one is lost with the daemon" [ $((reset + cut)) -le 1 ]
done
. /tmp/builtin
expect "crash, builtin: at most those in the daemon are lost" [ $((reset + cut)) -le 20 ]
for number in 11 12 13 14 15; do expect "session $number lives through 20 crashes" still $number; done
equal "instances are right after 20 crashes" 5 "$(active hold)"
echo done
