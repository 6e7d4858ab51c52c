# Control groups below the unit's own, as systemd delegates them (Delegate=yes): each connection in one of its own.
#
# What a group bounds depends on the controllers that the kernel has left for the unified hierarchy; a host that uses
# them in the old hierarchies leaves none. What cannot be tried then is said, and that such a service serves nobody is.
. /tests/harness
fresh
service cell 7010 'server = /bin/sh' 'server_args = -c "setsid sleep 7654 & echo $$; exec cat"' 'cgroup = connection'
service hog 7011 'server = /bin/sh' 'server_args = -c "head -c 200m /dev/zero | tail -c 200m | wc -c"' \
  'cgroup = connection' 'memory_max = 32M'
service hogs 7012 'server = /bin/sh' 'server_args = -c "head -c 200m /dev/zero | tail -c 200m | wc -c"' 'memory_max = 32M'
service crowd 7013 'server = /bin/sh' \
  'server_args = -c "for n in 1 2 3 4 5 6 7 8 9; do sleep 7655 & done; wait"' 'cgroup = connection' 'tasks_max = 5'
systemctl start inetd
own=/sys/fs/cgroup$(property ControlGroup)
group_of() { sed -n "s/^0:://p" "/proc/$1/cgroup"; }
# connection FD PORT: opens a conversation; sets `server` to the pid with which it begins.
connection() {
  eval "exec $1<>/dev/tcp/127.0.0.1/$2"
  IFS= read -r -t 10 server <&"$1"
}
dies() { ! kill -0 "$1"; }
gone() { [ ! -e "$1" ]; }
figure() { inetctl metrics | sed -n "s/^inetd_oom_kills_total{service=\"$1\"} //p"; }

equal "the daemon has moved into a leaf" "$own/inetd-daemon" "/sys/fs/cgroup$(group_of "$(main_pid)")"
connection 5 7010 && first=$server
connection 6 7010 && second=$server
equal "a connection has a group of its own" "$(property ControlGroup)/connection-N-of-cell" \
  "$(group_of "$first" | sed 's/-[0-9]*-/-N-/')"
refuse "the next has another" [ "$(group_of "$first")" = "$(group_of "$second")" ]
first_group=/sys/fs/cgroup$(group_of "$first")
left_behind=$(grep -vx "$first" "$first_group/cgroup.procs")
expect "what its server has started is in it" is_pid "$left_behind"
exec 5<&- 5>&-
eventually "with its server the rest of it ends, whatever session it is in" dies "$left_behind"
eventually "and the group is removed" gone "$first_group"
expect "another connection is not touched" kill -0 "$second"

before=$(main_pid)
expect "a restart beside a connection's group succeeds" systemctl restart inetd
expect "its connection goes on" still 6
equal "it is counted" 1 "$(active cell)"
kill -KILL "$(main_pid)"
eventually "so it does after a crash" has_active cell 1
expect "and goes on" still 6
left_behind=$(grep -vx "$second" "/sys/fs/cgroup$(group_of "$second")/cgroup.procs")
exec 6<&- 6>&-
eventually "the rest of an earlier run's connection ends with its server, too" dies "$left_behind"

controllers=$(cat "$own/cgroup.controllers")
if [[ " $controllers " == *" memory "* ]]; then
  ask 7011 >/dev/null
  eventually "memory_max of a connection: the end is counted" sh -c "[ '$(figure hog)' -gt 0 ]"
  ask 7012 >/dev/null
  eventually "memory_max of a service: the end is counted" sh -c "[ '$(figure hogs)' -gt 0 ]"
else
  skip "memory_max, and that its kills are counted" "the kernel leaves the memory controller to the old hierarchy"
  for name in hog:7011 hogs:7012; do
    refuse "without the controller ${name%:*} serves nobody" ask "${name#*:}"
    expect "and the journal says why" sh -c "journalctl -u inetd --no-pager -o cat |
      grep -q '${name%:*} serves nobody: its bounds need a delegated control group'"
    equal "kills are a figure all the same" 0 "$(figure "${name%:*}")"
  done
fi
if [[ " $controllers " == *" pids "* ]]; then
  ask 7013 >/dev/null &
  eventually "tasks_max holds" sh -c "grep -q '^max [1-9]' $own/connection-*-of-crowd/pids.events"
  kill %%
else
  skip "tasks_max" "the kernel leaves the pids controller to the old hierarchy"
  refuse "without the controller crowd serves nobody" ask 7013
fi
echo done
