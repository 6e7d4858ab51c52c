import FoundationEssentials
import LinuxSystem
import ServiceConfiguration

/// A `.socket` unit and the `.service` unit it starts, as a flat file.
struct SystemdSocket {
  /// Where the flat text would stand: the unit's name, as a file of a service directory.
  let path: String
  private(set) var lines: [String] = []
  private(set) var losses: [String] = []

  var flatText: String { lines.joined(separator: "\n") + "\n" }

  /// Nil when there is no service unit beside it, or no program in that.
  static func read(_ path: String, _ text: String) -> SystemdSocket? {
    let url = URL(fileURLWithPath: path)
    let stem = url.deletingPathExtension().lastPathComponent
    let socket = UnitFile(text)
    let isAccepting = socket.last("Socket", "Accept").map(UnitFile.isTrue) ?? false
    let name = socket.last("Socket", "Service") ?? (isAccepting ? "\(stem)@.service" : "\(stem).service")
    let beside = url.deletingLastPathComponent().appendingPathComponent(name)
    guard let contents = try? FileSystem.contents(of: beside.path) else { return nil }
    let service = UnitFile(String(decoding: contents.bytes, as: UTF8.self))
    var result = SystemdSocket(path: url.deletingPathExtension().appendingPathExtension("conf").path)
    result.convert(socket, isAccepting: isAccepting, unit: url.lastPathComponent)
    guard result.convert(service, unit: name) else { return nil }
    return result
  }

  private init(path: String) { self.path = path }

  private mutating func add(_ key: String, _ words: [String]) { lines.append(FlatText.line(key, words)) }

  private mutating func lose(_ unit: String, _ key: String, _ value: String) {
    losses.append("\(unit): '\(key)=\(value)' cannot be expressed; left out")
  }

  // MARK: The socket

  private static let socketKeys: [String: String] = [
    "SocketUser": "socket_user", "SocketGroup": "socket_group", "SocketMode": "socket_mode", "Backlog": "backlog",
    "SendBuffer": "send_buffer", "ReceiveBuffer": "receive_buffer", "IPTTL": "ttl", "Mark": "mark",
    "Priority": "priority", "TCPCongestion": "congestion", "BindToDevice": "bind_device", "FreeBind": "freebind",
    "Transparent": "transparent", "Broadcast": "broadcast", "ReusePort": "reuse_port", "MaxConnections": "instances",
    "MaxConnectionsPerSource": "per_source", "DeferAcceptSec": "defer_accept",
  ]

  private mutating func convert(_ socket: UnitFile, isAccepting: Bool, unit: String) {
    add("wait", [isAccepting ? "no" : "yes"])
    var places: [String] = []
    for (section, key, value) in socket.settings where section == "Socket" {
      switch key {
      case "ListenStream", "ListenDatagram", "ListenSequentialPacket":
        // Without a value it forgets those before it.
        if value.isEmpty { places = [] } else { places.append(value) }
        if key == "ListenDatagram" { lines.append("socket_type = dgram") }
        if key == "ListenSequentialPacket" { lines.append("socket_type = seqpacket") }
      case "Accept", "Service": break
      case "NoDelay": if UnitFile.isTrue(value) { add("flags", ["NODELAY"]) }
      case "KeepAlive": add("keepalive", [UnitFile.isTrue(value) ? "yes" : "no"])
      case "BindIPv6Only": if value == "ipv6-only" { add("v6only", ["yes"]) } else { lose(unit, key, value) }
      case "IPTOS":
        let names = ["low-delay": "16", "throughput": "8", "reliability": "4", "low-cost": "2"]
        add("tos", [names[value] ?? value])
      default:
        if let name = SystemdSocket.socketKeys[key] {
          add(name, [UnitFile.size(value)])
        } else {
          lose(unit, key, value)
        }
      }
    }
    add("listen", places)
  }

  // MARK: The service

  private static let serviceKeys: [String: String] = [
    "User": "user", "Group": "group", "Nice": "nice", "UMask": "umask", "OOMScoreAdjust": "oom_score_adjust",
    "RootDirectory": "root_directory", "RuntimeMaxSec": "max_runtime", "TimeoutStopSec": "stop_timeout",
    "NoNewPrivileges": "no_new_privileges", "PrivateTmp": "private_tmp", "PrivateNetwork": "private_network",
    "PrivatePIDs": "private_pids", "ProtectSystem": "protect_system", "MemoryMax": "memory_max",
    "TasksMax": "tasks_max", "CPUQuota": "cpu_quota", "LimitAS": "rlimit_as", "LimitCPU": "rlimit_cpu",
    "LimitDATA": "rlimit_data", "LimitRSS": "rlimit_rss", "LimitSTACK": "rlimit_stack", "LimitNOFILE": "rlimit_files",
  ]

  /// False when it starts no program.
  private mutating func convert(_ service: UnitFile, unit: String) -> Bool {
    guard let command = service.last("Service", "ExecStart") else { return false }
    var words = UnitFile.words(command)
    guard var program = words.first else { return false }
    words.removeFirst()
    // `-` in front: exit statuses do not matter; they never do here.
    while let first = program.first, first == "-" || first == ":" { program.removeFirst() }
    add("server", [program])
    if !words.isEmpty {
      add(
        "server_args", words.map { $0.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%") })
    }
    let isStdio = service.last("Service", "StandardInput") == "socket"
    add("pass", [isStdio ? "stdio" : "listen_fds"])
    for (section, key, value) in service.settings where section == "Service" {
      convertServiceSetting(key, value, unit: unit)
    }
    return true
  }

  private mutating func convertServiceSetting(_ key: String, _ value: String, unit: String) {
    switch key {
    case "ExecStart", "StandardInput", "Type", "StandardOutput": break
    case "StandardError":
      let names = ["socket": "socket", "inherit": "socket", "null": "null", "journal": "log", "syslog": "log"]
      if let name = names[value] { add("stderr", [name]) } else { lose(unit, key, value) }
    // Each line adds to those before it, there as here.
    case "Environment": for word in UnitFile.words(value) { lines.append("env += \(FlatText.quoted(word))") }
    case "PassEnvironment": for word in UnitFile.words(value) { lines.append("passenv += \(FlatText.quoted(word))") }
    case "WorkingDirectory":
      if value.hasPrefix("/") { add("working_directory", [value]) } else { lose(unit, key, value) }
    case "ProtectHome": add("protect_home", [value == "read-only" ? "read_only" : value])
    case "CPUAffinity": add("cpu_affinity", UnitFile.words(value))
    case "CapabilityBoundingSet", "SystemCallFilter":
      let name = key == "SystemCallFilter" ? "system_calls" : "capabilities"
      if value.hasPrefix("~") {
        lose(unit, key, value)
      } else {
        add(name, value.isEmpty ? ["none"] : UnitFile.words(value))
      }
    default:
      if let name = SystemdSocket.serviceKeys[key] {
        add(name, [UnitFile.size(value)])
      } else {
        lose(unit, key, value)
      }
    }
  }
}
