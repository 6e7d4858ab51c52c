import ServiceConfiguration
import ServiceModel

/// A service as a `.socket` unit and the `.service` unit it starts, for those who leave us.
struct SystemdUnits {
  private(set) var files: [(name: String, text: String)] = []
  /// What the units cannot say.
  private(set) var losses: [String] = []
  private var socket: [String] = []
  private var service: [String] = []

  init(_ definition: ServiceDefinition) {
    let name = CanonicalPrinter.fileStem(definition.id)
    guard case .program(let program) = definition.handler, definition.tcpmux == nil, definition.rpc == nil,
      definition.socket.type != .raw
    else {
      losses.append("only services with a program and a socket of their own can become units; left out")
      return
    }
    addSockets(definition)
    let isAccepting = !definition.wait && definition.socket.type != .dgram
    if !definition.wait && definition.socket.type == .dgram {
      losses.append("'wait = no' of a datagram service: its unit gets the socket itself")
    }
    socket.append("Accept=\(isAccepting ? "yes" : "no")")
    // systemd's own limits, which would take the socket away under load.
    socket.append("TriggerLimitIntervalSec=0")
    if isAccepting, definition.limits.instances == LimitDefinition.defaultInstances {
      socket.append("MaxConnections=512")
    }
    if isAccepting, definition.limits.instances != LimitDefinition.defaultInstances,
      definition.limits.overflow == .queue
    {
      losses.append("'overflow = queue': systemd refuses who comes beyond 'instances'")
    }
    addProgram(program, definition)
    for line in CanonicalPrinter.lines(of: definition) { add(line, isAccepting: isAccepting) }
    let description = definition.id.replacing("%", with: "%%")
    let unit = isAccepting ? "\(name)@.service" : "\(name).service"
    files.append(
      (
        "\(name).socket",
        "[Unit]\nDescription=\(description)\n\n[Socket]\n\(socket.joined(separator: "\n"))\n\n[Install]\n"
          + "WantedBy=sockets.target\n"
      ))
    files.append((unit, "[Unit]\nDescription=\(description)\n\n[Service]\n\(service.joined(separator: "\n"))\n"))
  }

  // MARK: Sockets

  private mutating func addSockets(_ definition: ServiceDefinition) {
    let key: String
    switch definition.socket.type {
    case .stream, .raw: key = "ListenStream"
    case .dgram: key = "ListenDatagram"
    case .seqpacket: key = "ListenSequentialPacket"
    }
    switch definition.socket.transport {
    case .tcp, .udp, .unix: break
    case .sctp: socket.append("SocketProtocol=sctp")
    case .udplite: socket.append("SocketProtocol=udplite")
    case .mptcp: socket.append("SocketProtocol=mptcp")
    }
    for address in definition.socket.addresses {
      let places = SystemdUnits.places(of: address, definition.socket.families)
      if places.isEmpty { losses.append("'listen = \(address.text)' needs numbers for host and port; left out") }
      for place in places { socket.append("\(key)=\(place)") }
    }
    if definition.socket.families == .ipv6 { socket.append("BindIPv6Only=ipv6-only") }
    // systemd's own default lets everybody connect.
    let isFile = definition.socket.addresses.contains { if case .unix = $0 { true } else { false } }
    if isFile && definition.socket.mode == nil { socket.append("SocketMode=0660") }
    let count = socket.count { $0.hasPrefix("Listen") }
    if definition.wait && definition.passing == .stdio && count > 1 {
      losses.append("a server that gets its socket as standard input has one place to listen on, not \(count)")
    }
  }

  /// systemd takes numbers only; a range is a line for each port.
  private static func places(of address: ListenAddress, _ families: FamilySelection) -> [String] {
    switch address {
    case .unix(let path): return [path]
    case .abstract(let name): return ["@" + name]
    case .vsock(let cid, let port): return ["vsock:\(cid.map { "\($0)" } ?? ""):\(port)"]
    case .ip(let host, let port):
      let ports: [UInt16]
      switch port {
      case .number(let number): ports = [number]
      case .range(let range): ports = Array(range)
      case .service(let name): ports = ServicePorts.number(of: name).map { [$0] } ?? []
      case .assigned: ports = []
      }
      return ports.compactMap { number in
        switch host {
        case .any: families == .ipv4 ? "0.0.0.0:\(number)" : "\(number)"
        case .address: ListenAddress.ip(host: host, port: .number(number)).text
        case .name: nil
        }
      }
    }
  }

  // MARK: Settings

  private mutating func addProgram(_ program: ProgramDefinition, _ definition: ServiceDefinition) {
    var words = program.arguments
    if program.expandsVariables {
      losses.append("'%' expansions of server_args: only the peer's address is in REMOTE_ADDR")
    }
    words = words.map { SystemdUnits.quoted($0) }
    var path = program.path
    switch program.argumentZero {
    case .name: break
    // `@` takes the first argument literally (systemd.service(5)); without it systemd passes the path.
    case .path: break
    case .literal(let text):
      path = "@" + path
      words.insert(SystemdUnits.quoted(text), at: 0)
    }
    service.append("ExecStart=-" + ([path] + words).joined(separator: " "))
    if definition.passing == .stdio { service.append("StandardInput=socket") }
    switch definition.standardError {
    case .socket: service.append("StandardError=socket")
    case .log: service.append("StandardError=journal")
    case .null: service.append("StandardError=null")
    }
  }

  /// A word of a command line, where `$` starts a variable.
  private static func quoted(_ word: String) -> String { plainlyQuoted(word.replacing("$", with: "$$")) }

  private static func plainlyQuoted(_ word: String) -> String {
    let percent = word.replacing("%", with: "%%")
    let isPlain = !percent.isEmpty && !percent.contains { $0.isWhitespace || $0 == "\"" || $0 == "'" || $0 == "\\" }
    if isPlain && percent != ";" { return percent }
    var text = ""
    for character in percent {
      switch character {
      case "\\", "\"": text += "\\\(character)"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\r\n": text += "\\r\\n"
      case "\t": text += "\\t"
      default: text.append(character)
      }
    }
    return "\"\(text)\""
  }

  private static let socketNames = [
    "socket_user": "SocketUser", "socket_group": "SocketGroup", "socket_mode": "SocketMode", "backlog": "Backlog",
    "send_buffer": "SendBuffer", "receive_buffer": "ReceiveBuffer", "tos": "IPTOS", "ttl": "IPTTL", "mark": "Mark",
    "priority": "Priority", "congestion": "TCPCongestion", "bind_device": "BindToDevice", "freebind": "FreeBind",
    "transparent": "Transparent", "broadcast": "Broadcast", "reuse_port": "ReusePort",
    "defer_accept": "DeferAcceptSec",
  ]

  private static let serviceNames = [
    "user": "User", "group": "Group", "nice": "Nice", "umask": "UMask", "oom_score_adjust": "OOMScoreAdjust",
    "working_directory": "WorkingDirectory", "root_directory": "RootDirectory", "max_runtime": "RuntimeMaxSec",
    "stop_timeout": "TimeoutStopSec", "no_new_privileges": "NoNewPrivileges", "private_tmp": "PrivateTmp",
    "private_network": "PrivateNetwork", "protect_system": "ProtectSystem", "memory_max": "MemoryMax",
    "tasks_max": "TasksMax", "cpu_quota": "CPUQuota", "rlimit_as": "LimitAS", "rlimit_cpu": "LimitCPU",
    "rlimit_data": "LimitDATA", "rlimit_rss": "LimitRSS", "rlimit_stack": "LimitSTACK",
    "rlimit_files": "LimitNOFILE", "cpu_affinity": "CPUAffinity", "passenv": "PassEnvironment",
  ]

  /// Keys that are said elsewhere in the units.
  private static let covered: Set<String> = [
    "service", "socket_type", "protocol", "listen", "bind", "wait", "server", "argv0", "server_args", "pass", "stderr",
  ]

  private mutating func add(_ line: CanonicalPrinter.Line, isAccepting: Bool) {
    let value = line.words.joined(separator: " ")
    if SystemdUnits.covered.contains(line.key) { return }
    if let name = SystemdUnits.socketNames[line.key] { return socket.append("\(name)=\(SystemdUnits.unit(line))") }
    if let name = SystemdUnits.serviceNames[line.key] { return service.append("\(name)=\(SystemdUnits.unit(line))") }
    switch line.key {
    case "instances" where isAccepting:
      // systemd has no word for unlimited.
      socket.append("MaxConnections=\(value == "UNLIMITED" ? "2147483647" : value)")
    case "per_source" where isAccepting: socket.append("MaxConnectionsPerSource=\(value)")
    case "keepalive": socket.append("KeepAlive=yes")
    // In flat text a percent sign is written twice.
    case "env":
      for word in line.words {
        service.append("Environment=\(SystemdUnits.plainlyQuoted(word.replacing("%%", with: "%")))")
      }
    case "protect_home": service.append("ProtectHome=\(value.replacing("_", with: "-"))")
    case "only_from": addAccess(line.words)
    case "no_access": addAccess(denied: line.words)
    case "overflow": break
    case "disable": losses.append("it is disabled: do not enable its socket")
    case "flags" where line.words == ["NODELAY"]: socket.append("NoDelay=yes")
    default: losses.append("'\(line.key) = \(value)' cannot be expressed; left out")
    }
  }

  /// Addresses are filtered at the socket unit: in the service unit they would bound what the server may ask others.
  private mutating func addAccess(_ words: [String]) {
    // To leave a name out closes the service to it; to leave the list out would open it to all.
    socket.append("IPAddressDeny=any")
    let allowed = addresses(in: words, of: "only_from")
    if !allowed.isEmpty { socket.append("IPAddressAllow=\(allowed.joined(separator: " "))") }
  }

  private mutating func addAccess(denied words: [String]) {
    if socket.contains("IPAddressDeny=any") {
      losses.append("'no_access = \(words.joined(separator: " "))' beside 'only_from': what is allowed is allowed")
      return
    }
    let denied = addresses(in: words, of: "no_access")
    if !denied.isEmpty { socket.append("IPAddressDeny=\(denied.joined(separator: " "))") }
  }

  /// systemd looks no names up; `localhost` is a word it knows.
  private mutating func addresses(in words: [String], of key: String) -> [String] {
    let isAddress = { (word: String) in
      word == "localhost" || word.utf8.allSatisfy { "0123456789abcdef.:/".utf8.contains($0) } && !word.hasPrefix(".")
    }
    let named = words.filter { !isAddress($0) }
    if !named.isEmpty {
      losses.append(
        "names in '\(key)' (\(named.joined(separator: " "))) cannot be expressed; "
          + (key == "only_from" ? "only the addresses may connect" : "they may connect"))
    }
    return words.filter(isAddress)
  }

  private static let sizes: Set<String> = [
    "send_buffer", "receive_buffer", "memory_max", "rlimit_as", "rlimit_data", "rlimit_rss", "rlimit_stack",
  ]

  /// Sizes in systemd's spelling; times are spelt alike.
  private static func unit(_ line: CanonicalPrinter.Line) -> String {
    let value = line.words.joined(separator: " ")
    if value == "UNLIMITED" { return "infinity" }
    return sizes.contains(line.key) ? value.uppercased() : value.replacing("%", with: "%%")
  }
}
