import NetworkAddresses
import ServiceModel
import ServiceResolution

/// A service's sockets as a socket unit (systemd.socket(5)) that starts inetd.service.
struct SocketUnit {
  let name: String
  let text: String

  /// Nil for a service whose sockets no unit can describe.
  init?(_ definition: ServiceDefinition, _ plans: [ListenPlan], source: String) {
    let socket = definition.socket
    // What an FDNAME may hold (sd_listen_fds(3)); without its name the service could not find its socket.
    guard SocketUnit.isPlain(definition.id), definition.id.utf8.count <= 200, socket.type != .raw,
      socket.options.fastOpen == nil, socket.options.multicastGroups.isEmpty
    else { return nil }
    var lines: [String] = []
    for plan in plans {
      guard let place = SocketUnit.place(plan) else { return nil }
      lines.append("\(SocketUnit.key(socket.type))=\(place)")
    }
    switch socket.transport {
    case .tcp, .udp, .unix: break
    case .sctp: lines.append("SocketProtocol=sctp")
    case .udplite: lines.append("SocketProtocol=udplite")
    case .mptcp: lines.append("SocketProtocol=mptcp")
    }
    if plans.contains(where: { $0.endpoint.ip?.family == .ipv6 }) {
      lines.append("BindIPv6Only=\(plans.contains { $0.isDualStack } ? "both" : "ipv6-only")")
    }
    lines += SocketUnit.lines(socket.options)
    if case .unix = plans[0].endpoint { lines += SocketUnit.access(socket) }
    name = "inetd-\(SocketUnit.escaped(definition.id)).socket"
    text = """
      # Written by inetd-generator.
      [Unit]
      Description=Socket of the inetd service \(SocketUnit.escapingSpecifiers(definition.id))
      Documentation=man:inetd(8)
      SourcePath=\(SocketUnit.escapingSpecifiers(source))

      [Socket]
      FileDescriptorName=\(SocketUnit.escapingSpecifiers(definition.id))
      Service=inetd.service
      \(SocketUnit.joined(lines))

      """
  }

  private static func key(_ type: SocketType) -> String {
    switch type {
    case .stream, .raw: "ListenStream"
    case .dgram: "ListenDatagram"
    case .seqpacket: "ListenSequentialPacket"
    }
  }

  private static func place(_ plan: ListenPlan) -> String? {
    switch plan.endpoint {
    case .ip(let address, let port, _): return address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    case .unix(let path): return isPlain(path) ? escapingSpecifiers(path) : nil
    case .abstract(let name): return isPlain(name) ? "@" + escapingSpecifiers(name) : nil
    case .vsock(let cid, let port): return "vsock:\(cid == .max ? "" : "\(cid)"):\(port)"
    case .unnamed: return nil
    }
  }

  private static func access(_ socket: SocketDefinition) -> [String] {
    var lines = ["SocketMode=0\(String(socket.mode ?? UnixSocketOwnership.defaultMode, radix: 8))"]
    switch socket.owner {
    case .name(let name): lines.append("SocketUser=\(escapingSpecifiers(name))")
    case .id(let number): lines.append("SocketUser=\(number)")
    case nil: break
    }
    switch socket.group {
    case .name(let name): lines.append("SocketGroup=\(escapingSpecifiers(name))")
    case .id(let number): lines.append("SocketGroup=\(number)")
    case nil: break
    }
    return lines
  }

  private static func lines(_ options: SocketOptions) -> [String] {
    var lines: [String] = []
    func add(_ key: String, _ value: Int?) {
      if let value { lines.append("\(key)=\(value)") }
    }
    add("Backlog", options.backlog)
    add("SendBuffer", options.sendBuffer)
    add("ReceiveBuffer", options.receiveBuffer)
    add("IPTOS", options.tos.map { Int($0) })
    add("IPTTL", options.ttl.map { Int($0) })
    add("Mark", options.mark.map { Int($0) })
    add("Priority", options.priority)
    add("DeferAcceptSec", options.deferAccept)
    if let name = options.congestion { lines.append("TCPCongestion=\(escapingSpecifiers(name))") }
    if let device = options.bindDevice { lines.append("BindToDevice=\(escapingSpecifiers(device))") }
    // Like inetd: an address that is not there yet is waited on, unless the service says no.
    if options.freebind != false { lines.append("FreeBind=yes") }
    if options.transparent { lines.append("Transparent=yes") }
    if options.broadcast { lines.append("Broadcast=yes") }
    if options.reusePort { lines.append("ReusePort=yes") }
    if options.noDelay { lines.append("NoDelay=yes") }
    if let keepalive = options.keepalive {
      lines.append("KeepAlive=yes")
      add("KeepAliveTimeSec", keepalive.idle)
      add("KeepAliveIntervalSec", keepalive.interval)
      add("KeepAliveProbes", keepalive.count)
    }
    return lines
  }

  // MARK: Text

  private static func joined(_ lines: [String]) -> String {
    var text = ""
    for line in lines { text += (text.isEmpty ? "" : "\n") + line }
    return text
  }

  /// One line of printable ASCII without what would mean something to systemd or to LISTEN_FDNAMES.
  private static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.first != UInt8(ascii: " ") && text.utf8.last != UInt8(ascii: " ")
      && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "\\") }
  }

  /// `%` begins a specifier in a unit file (systemd.unit(5)).
  private static func escapingSpecifiers(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      escaped.unicodeScalars.append(scalar)
      if scalar == "%" { escaped.unicodeScalars.append(scalar) }
    }
    return escaped
  }

  /// An id as part of a unit's name: what a name cannot hold as `\xHH` (systemd-escape(1)).
  private static func escaped(_ id: String) -> String {
    var name = ""
    for byte in id.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      default: name += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return name
  }
}
