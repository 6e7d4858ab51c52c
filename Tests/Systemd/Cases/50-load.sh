# 200 connections a second to a nowait service, a built-in and a wait service, while the daemon is restarted 20 times and
# killed 20 times: nobody is refused, nobody is cut off.
. /tests/harness
fresh
systemctl start inetd
for number in 11 12 13 14 15; do session $number; done

# Each client's connections a second.
rate_nowait1=40 rate_nowait2=40 rate_builtin=60 rate_wait=60
clients() {
  begun=$(date +%s%N)
  /tests/clients greeting 127.0.0.1 7001 $rate_nowait1 >/tmp/nowait1 & pids=$!
  /tests/clients greeting 127.0.0.1 7001 $rate_nowait2 >/tmp/nowait2 & pids="$pids $!"
  /tests/clients echo 127.0.0.1 7002 $rate_builtin >/tmp/builtin & pids="$pids $!"
  /tests/clients greeting 127.0.0.1 7003 $rate_wait >/tmp/wait & pids="$pids $!"
}
tally() {
  local milliseconds=$((($(date +%s%N) - begun) / 1000000)) rate
  kill -TERM $pids
  wait $pids
  for kind in nowait1 nowait2 builtin wait; do
    echo "# $1, $kind: $(cat /tmp/$kind)"
    . /tmp/$kind
    equal "$1, $kind: nobody is refused" 0 "$refused"
    equal "$1, $kind: nobody waits in vain" 0 "$late"
    rate=rate_$kind
    # A client makes up for the time that the machine did not give it; its start and its end are not on the tick.
    expect "$1, $kind: the rate was kept for $milliseconds ms" [ "$started" -ge $((${!rate} * milliseconds / 1100)) ]
    equal "$1, $kind: every connection is accounted for" "$started" $((served + refused + reset + cut + late))
    expect "$1, $kind: all but the few that are looked at below are served" [ "$served" -ge $((started - 20)) ]
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
tally restart
for number in 11 12 13 14 15; do expect "session $number lives through 20 restarts" still $number; done
equal "instances are right after 20 restarts" 5 "$(active hold)"

# SIGKILL takes along what is in the daemon itself at that moment, a built-in's connections in the middle of their
# conversations, and nothing else: who waits in a queue, has been accepted and has no server yet, has a server, or is a
# wait server's is served.
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
tally crash
lost=0
for kind in nowait1 nowait2; do
  . /tmp/$kind
  lost=$((lost + reset + cut))
done
equal "crash, nowait: nobody is lost" 0 "$lost"
. /tmp/wait
equal "crash, wait: nobody is lost" 0 $((reset + cut))
. /tmp/builtin
# One whose words have been read and not answered: a matter of microseconds.
expect "crash, builtin: at most one in mid-answer is lost" [ $((reset + cut)) -le 1 ]
for number in 11 12 13 14 15; do expect "session $number lives through 20 crashes" still $number; done
equal "instances are right after 20 crashes" 5 "$(active hold)"
echo done
