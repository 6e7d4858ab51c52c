import FoundationEssentials
import ServiceConfiguration

/// A `.socket` unit and the `.service` unit it starts, as a flat file (systemd.socket(5), systemd.service(5)).
///
/// What systemd does where a unit is silent is written out, since our own defaults differ: root as the user, a limit of
/// 64 connections, sockets that everybody may use.
struct SystemdSocket {
  /// Where the flat text would stand: the unit's name, as a file of a service directory.
  let path: String
  /// What the units say and a service cannot.
  var losses: [String] = []
  private var lines: [String] = []
  private var filter = AddressFilter()

  var flatText: String { lines.joined(separator: "\n") + "\n" }

  /// Nil when there is no service unit beside it, or no program in that.
  static func read(_ path: String) -> SystemdSocket? {
    let url = URL(fileURLWithPath: path)
    let stem = url.deletingPathExtension().lastPathComponent
    guard let socket = UnitFile.read(path) else { return nil }
    let isAccepting = socket.last("Socket", "Accept").map(UnitFile.isTrue) ?? false
    let name = socket.last("Socket", "Service") ?? (isAccepting ? "\(stem)@.service" : "\(stem).service")
    guard let service = UnitFile.read(url.deletingLastPathComponent().appendingPathComponent(name).path) else {
      return nil
    }
    var result = SystemdSocket(path: url.deletingPathExtension().appendingPathExtension("conf").path)
    result.convert(socket, isAccepting: isAccepting, unit: url.lastPathComponent)
    guard result.convertService(service, unit: name) else { return nil }
    result.addFilter(isKept: isAccepting || socket.last("Socket", "ListenStream") == nil, unit: name)
    return result
  }

  private init(path: String) { self.path = path }

  mutating func add(_ key: String, _ words: [String]) { lines.append(FlatText.line(key, words)) }

  /// `key += word`.
  mutating func lines(adding key: String, _ word: String) { lines.append("\(key) += \(FlatText.quoted(word))") }

  mutating func lose(_ unit: String, _ key: String, _ value: String, _ reason: String = "cannot be expressed") {
    losses.append("\(unit): '\(key)=\(value)' \(reason); left out")
  }

  /// Settings of both kinds of units that say who may connect; false for any other.
  mutating func takeFilter(_ key: String, _ value: String) -> Bool {
    switch key {
    case "IPAddressAllow": filter.allow(value)
    case "IPAddressDeny": filter.deny(value)
    default: return false
    }
    return true
  }

  private mutating func addFilter(isKept: Bool, unit: String) {
    let result = filter.result
    if result == .everyone { return }
    if !isKept {
      losses.append("\(unit): IPAddressDeny= cannot be kept for a server that accepts itself; left out")
      return
    }
    switch result {
    case .everyone: break
    case .only(let patterns): add("only_from", patterns)
    case .not(let patterns): add("no_access", patterns)
    case .inexpressible:
      losses.append("\(unit): IPAddressAllow= and IPAddressDeny= of parts of each other cannot be expressed; left out")
    }
  }

  // MARK: The socket

  private static let socketKeys: [String: String] = [
    "SocketUser": "socket_user", "SocketGroup": "socket_group", "SocketMode": "socket_mode", "Backlog": "backlog",
    "SendBuffer": "send_buffer", "ReceiveBuffer": "receive_buffer", "IPTTL": "ttl", "Mark": "mark",
    "Priority": "priority", "TCPCongestion": "congestion", "BindToDevice": "bind_device", "FreeBind": "freebind",
    "Transparent": "transparent", "Broadcast": "broadcast", "ReusePort": "reuse_port", "MaxConnections": "instances",
    "MaxConnectionsPerSource": "per_source",
  ]

  private mutating func convert(_ socket: UnitFile, isAccepting: Bool, unit: String) {
    add("wait", [isAccepting ? "no" : "yes"])
    addPlaces(socket, unit: unit)
    if isAccepting {
      if socket.last("Socket", "MaxConnections") == nil { add("instances", ["64"]) }
      add("overflow", ["refuse"])
    }
    addTriggerLimit(socket, isAccepting: isAccepting)
    for (section, key, value) in socket.settings where section == "Socket" && !value.isEmpty {
      if !takeFilter(key, value) { convertSocketSetting(key, value, unit: unit) }
    }
  }

  /// A service of ours has sockets of one type.
  private mutating func addPlaces(_ socket: UnitFile, unit: String) {
    let types = ["ListenStream": "stream", "ListenDatagram": "dgram", "ListenSequentialPacket": "seqpacket"]
    var places: [(key: String, value: String)] = []
    for (section, key, value) in socket.settings where section == "Socket" && types[key] != nil {
      // Without a value it forgets those before it.
      if value.isEmpty { places = [] } else { places.append((key, value)) }
    }
    guard let first = places.first else { return }
    if first.key != "ListenStream" { add("socket_type", [types[first.key] ?? ""]) }
    for place in places where place.key != first.key {
      lose(unit, place.key, place.value, "does not go with \(first.key)= in one service")
    }
    let own = places.filter { $0.key == first.key }.map { $0.value }
    add("listen", own)
    if own.contains(where: { $0.hasPrefix("/") }) && socket.last("Socket", "SocketMode") == nil {
      add("socket_mode", ["0666"])
    }
  }

  /// systemd ends the unit at this rate, we pause.
  private mutating func addTriggerLimit(_ socket: UnitFile, isAccepting: Bool) {
    let interval = socket.last("Socket", "TriggerLimitIntervalSec")
    let burst = socket.last("Socket", "TriggerLimitBurst")
    if interval == nil && burst == nil { return }
    guard let count = Int(burst ?? (isAccepting ? "200" : "20")), let time = UnitFile.seconds(interval ?? "2"),
      count > 0, time > 0
    else { return }
    add("rate", ["\(count)/\(time)s"])
  }

  private mutating func convertSocketSetting(_ key: String, _ value: String, unit: String) {
    switch key {
    case "ListenStream", "ListenDatagram", "ListenSequentialPacket", "Accept", "Service", "TriggerLimitIntervalSec",
      "TriggerLimitBurst":
      break
    case "NoDelay": if UnitFile.isTrue(value) { add("flags", ["NODELAY"]) }
    case "KeepAlive": add("keepalive", [UnitFile.isTrue(value) ? "yes" : "no"])
    case "BindIPv6Only":
      // With both families on a port alone there is no difference here.
      if value == "ipv6-only" { add("v6only", ["yes"]) }
    case "DeferAcceptSec":
      if let seconds = UnitFile.seconds(value) { add("defer_accept", ["\(seconds)s"]) } else { lose(unit, key, value) }
    case "SocketProtocol": add("protocol", [value])
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
}
