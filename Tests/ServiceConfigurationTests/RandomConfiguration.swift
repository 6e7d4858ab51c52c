import ServiceModel

@testable import ServiceConfiguration

/// Steele, Lea and Flood's SplitMix64: the same numbers for the same seed, so that a failure can be repeated.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Flat files made of good values, in all combinations.
enum RandomConfiguration {
  /// Values that each key takes; every key that a service can have is here.
  static let values: [String: [String]] = [
    "id": ["x", "a-b.c", "finger/tcp", "[::1]:echo/udp"], "service": ["echo", "79", "time", "auth", "a.b"],
    "disable": ["yes", "no"], "type": ["INTERNAL", "UNLISTED", "TCPMUX", "TCPMUXPLUS", "RPC", "RPC UNLISTED"],
    "flags": ["NORETRY IDONLY", "NODELAY", "SENSOR", "NAMEINARGS", "KEEPALIVE", "IPv4", "IPv6", "IPv4 IPv6", "REUSE"],
    "rpc_version": ["1", "1-4"], "rpc_number": ["100001"], "socket_type": ["stream", "dgram", "seqpacket"],
    "protocol": ["tcp", "tcp4", "tcp6", "tcp46", "udp", "udp4", "udp6", "udp46", "unix", "mptcp", "sctp6", "udplite"],
    "listen": [
      "80", "http", "127.0.0.1:80", "[::1]:80", "[::]:80", "[fe80::1%eth0]:80", "8000-8010", "*:81", "eth0:82",
      "/run/s",
      "@name", "vsock:2:80", "vsock:*:81", "80 /run/s", "1.2.3.4:1-9 5", "0.0.0.0:7",
    ],
    "port": ["80", "http", "1-9"], "bind": ["127.0.0.1", "::1 10.0.0.1", "::", "*", "eth0", "h.example"],
    "interface": ["127.0.0.2"], "v6only": ["yes", "no"], "socket_user": ["www-data", "33"],
    "socket_group": ["tty", "5"],
    "socket_mode": ["0600", "660", "0"], "backlog": ["1", "65535"], "send_buffer": ["1", "64k", "1000000"],
    "receive_buffer": ["1m"], "tos": ["0", "0x10", "255"], "ttl": ["1", "255"], "mark": ["0", "0xffffffff"],
    "priority": ["0", "6"], "congestion": ["bbr"], "bind_device": ["eth0"], "freebind": ["yes", "no"],
    "transparent": ["yes", "no"], "broadcast": ["yes"], "multicast_group": ["224.0.0.1", "ff02::1%eth0 239.1.2.3"],
    "reuse_port": ["yes"], "defer_accept": ["5s", "none"], "fast_open": ["0", "5"],
    "keepalive": ["yes", "no", "60", "60 10", "1h 10 5"], "accept_filter": ["dataready"], "wait": ["yes", "no"],
    "user": ["nobody", "65534", "a.b", "nobody:tty"], "group": ["tty", "5"], "groups": ["yes", "no"],
    "login_class": ["daemon"], "server": ["/bin/cat", "/a b/c", "/usr/sbin/tcpd"],
    "argv0": ["name", "path", "kitten", "cat", "/bin/cat", "literal name", "literal path", "\"\"", "\"a b\""],
    "server_args": ["-n", "%a %%", "%%", "100%%", "\"\" ' ' \"a\\tb\\x01\\\"\\\\\" '#' # c", "a=b += [x] \\# \\\\ é"],
    "redirect": ["10.0.0.1 80", "h http", "/run/t", "2001:db8::1 80"], "redirect_proxy": ["v1", "v2", "none"],
    "pass": ["stdio", "listen_fds"], "stderr": ["log", "socket", "null"],
    "env": ["A=1", "A=%a B=%%", "A= B=\"x y\" A=2", "P=%%%%"], "passenv": ["TZ", "*", "A B"],
    "umask": ["022", "77", "0"], "nice": ["-20", "0", "19"], "rlimit_as": ["64m", "UNLIMITED"],
    "rlimit_cpu": ["1", "1h", "unlimited"], "rlimit_data": ["1g"], "rlimit_rss": ["4097"], "rlimit_stack": ["8m"],
    "rlimit_files": ["3", "UNLIMITED"], "working_directory": ["/", "/srv", "none"], "root_directory": ["/j", "/"],
    "oom_score_adjust": ["-1000", "1000"], "io_priority": ["idle", "idle 3", "realtime 0", "best_effort"],
    "cpu_affinity": ["0", "0-3 8", "1,2,9"],
    "only_from": ["", "10.0.0.0/8", "::/0 0.0.0.0/0", "h.example .example.org LOCALHOST", "1.2.3.4 1.2.3.4"],
    "no_access": ["", "10.0.0.1", "10.0.0.0/255.255.255.0 ::ffff:1.2.3.4"], "access_times": ["8:00-9:00 22:00-24:00"],
    "libwrap": ["yes", "no", "in.d"], "max_load": ["1", "2.5", "0.01", "3.999"],
    "deny_time": ["FOREVER", "NEVER", "5"],
    "proxy_protocol": ["no", "yes", "require"], "proxy_from": ["10.0.0.1", "h ::1/64"],
    "instances": ["1", "512", "UNLIMITED"], "per_source": ["1", "UNLIMITED"],
    "source_prefix": ["32 64", "24 48", "0 0"],
    "rate": ["1/s", "60/90s", "none", "5/1d"], "source_rate": ["1/1h30m", "0"], "cps": ["50 10", "1", "0 5"],
    "overflow": ["queue", "refuse"],
    "log_type": ["DAEMON", "SYSLOG local0", "SYSLOG ftp debug", "FILE /l", "FILE \"/a b\" 1", "FILE /l 1k 1m"],
    "log_on_success": ["", "PID HOST", "USERID EXIT DURATION TRAFFIC"],
    "log_on_failure": ["", "HOST", "ATTEMPT RECORD"],
    "log_address": ["full", "prefix", "none"], "banner": ["/b", "none"], "banner_success": ["/b"],
    "banner_fail": ["/b"],
    "mdns": ["yes"], "max_runtime": ["1s", "none", "1d"], "idle_timeout": ["90"], "stop_timeout": ["10", "1m"],
    "idle_stop": ["5m"], "sandbox": ["none", "basic", "strict", "ctf"], "no_new_privileges": ["yes", "no"],
    "capabilities": ["none", "CAP_CHOWN kill"], "private_tmp": ["yes"], "private_network": ["no"],
    "private_pids": ["yes"], "protect_system": ["no", "yes", "full", "strict"],
    "protect_home": ["no", "yes", "read-only", "tmpfs"], "system_calls": ["none", "@service ~ptrace"],
    "landlock": ["none", "ro:/usr rw:/x"], "sandbox_fallback": ["yes", "no"], "memory_max": ["64k", "1g"],
    "tasks_max": ["1"], "cpu_quota": ["50%", "200"], "cgroup": ["service", "connection"],
  ]

  /// A section of some random settings in random order, on top of what nearly every service has.
  static func section(_ number: Int, using random: inout SplitMix64) -> String {
    var lines = ["[service s\(number)]"]
    var keys = values.keys.sorted().shuffled(using: &random).prefix(Int.random(in: 0...12, using: &random)).map { $0 }
    if !keys.contains("user") && Bool.random(using: &random) { keys.append("user") }
    if !keys.contains("server") && !keys.contains("redirect") && !keys.contains("type") { keys.append("server") }
    for key in keys {
      let value = values[key]?.randomElement(using: &random) ?? ""
      lines.append("\(key) = \(value)")
      if let row = KeyTable.key(named: key), row.operators == .all, Bool.random(using: &random) {
        let operation = Bool.random(using: &random) ? "+=" : "-="
        lines.append("\(key) \(operation) \(values[key]?.randomElement(using: &random) ?? "")")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
