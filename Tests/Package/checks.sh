# Counting and telling, for the stages of Tests/Package/run.
passed=0 failed=0 skipped=0

# Runs a command and counts what came of it: `check WHAT COMMAND...`. Its output is shown where it failed.
check() {
  local what=$1 output
  shift
  if output=$("$@" 2>&1 | tr -d '\0'; exit "${PIPESTATUS[0]}"); then
    passed=$((passed + 1))
    echo "ok    $what"
  else
    failed=$((failed + 1))
    echo "FAIL  $what"
    printf '%s\n' "$output" | tail -n 25 | sed 's/^/      | /'
    return 1
  fi
}

skip() {
  skipped=$((skipped + 1))
  echo "skip  $1: $2"
}

# Waits for a fact that nobody announces: `until_true COMMAND...`, twenty seconds at most.
until_true() {
  local limit=$((SECONDS + 20))
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $limit ]; then
      echo "waited in vain for: $*"
      "$@"
      return 1
    fi
    sleep 0.05
  done
}

# The output of a command contains a text: `says TEXT COMMAND...`.
says() {
  local text=$1 output
  shift
  output=$("$@" 2>&1 | tr -d '\0') || true
  case $output in
  *"$text"*) ;;
  *)
    printf "no '%s' in what '%s' says:\n%s\n" "$text" "$*" "$output"
    return 1
    ;;
  esac
}

# The output of a command is exactly a text: `is TEXT COMMAND...`.
is() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) || true
  [ "$output" = "$text" ] || {
    printf "'%s' says '%s', not '%s'\n" "$*" "$output" "$text"
    return 1
  }
}

no() { ! "$@"; }

# ---- machines

# Boots a machine that apt serves from the repository; stages talk to it with `inside`.
boot() {
  MACHINE=$(Tests/Systemd/machine start $$ --bind-ro="$repository:/debs" --bind-ro="$(realpath $work):/package" \
    --bind-ro="$PWD/Tests/Package/inside:/tests") || {
    failed=$((failed + 1))
    echo "FAIL  a machine boots"
    return 1
  }
  export MACHINE
  prepare_apt
}

# The same Debian without systemd: a namespace of processes, network and files whose first process only collects
# children.
boot_without_systemd() {
  local place=$work/without-systemd
  mkdir -p $place
  unshare --mount --pid --net --uts --ipc --fork --kill-child sh -ec '
    mount -t tmpfs tmpfs "$1"
    mkdir "$1/upper" "$1/work" "$1/root"
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
    cd "$1/root"
    mkdir -p debs package tests
    mount --bind "$3" debs && mount --bind "$4" package && mount --bind "$5" tests
    mount -t proc proc proc && mount -t tmpfs tmpfs run && mkdir -p run/lock && mount --rbind /dev dev
    ip link set lo up && hostname machine
    # What sysvinit says after a boot; invoke-rc.d starts nothing before it.
    rm sbin/runlevel && printf "#!/bin/sh\necho N 2\n" >sbin/runlevel && chmod 755 sbin/runlevel
    exec chroot . perl -e "\$SIG{CHLD} = q(IGNORE); open F, q(>), q(/run/up); close F; sleep 1000 while 1"
  ' sh "$(realpath $place)" "$(realpath .build/debian-root)" "$repository" "$(realpath $work)" \
    "$PWD/Tests/Package/inside" &
  keeper=$!
  first=
  until_true first_process || {
    failed=$((failed + 1))
    echo "FAIL  a Debian without systemd starts"
    return 1
  }
  prepare_apt
}

first_process() {
  first=$(pgrep -P "$keeper" | head -n 1)
  [ -n "$first" ] && [ -e "/proc/$first/root/run/up" ]
}

prepare_apt() {
  inside sh -ec 'rm -f /etc/apt/sources.list.d/*; echo "deb [trusted=yes] file:/debs ./" >/etc/apt/sources.list
    apt-get update -qq; echo debconf debconf/frontend select Noninteractive | debconf-set-selections'
}

inside() {
  if [ -n "${MACHINE:-}" ]; then
    Tests/Systemd/machine run "$@"
  else
    nsenter --target "$first" --mount --pid --net --uts --ipc --root --wd -- /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
  fi
}

halt() {
  [ -z "${MACHINE:-}" ] || Tests/Systemd/machine stop
  if [ -n "${keeper:-}" ]; then
    kill -KILL "$keeper"
    wait "$keeper" 2>/dev/null
  fi
  unset MACHINE keeper first
}

install() { inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; }
purge() { inside env DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq "$@"; }
ask() { inside /tests/client.pl ask "$@"; }
listens() { [ -n "$(inside ss -Hlnt "sport = :$1")" ]; }
daemon() { inside cat /run/inetd.pid; }
has_line() { inside grep -q "^$1" /etc/inetd.conf; }
