import CLinux
import NetworkAddresses

/// A socket option as a value, so that a listener's plan can list, compare and apply them. Sizes are bytes, times
/// seconds.
package enum SocketOption: Equatable, Sendable {
  case reuseAddress(Bool)
  case reusePort(Bool)
  case v6Only(Bool)
  case sendBuffer(Int32)
  case receiveBuffer(Int32)
  case keepalive(Bool)
  case keepaliveIdle(Int32)
  case keepaliveInterval(Int32)
  case keepaliveCount(Int32)
  case noDelay(Bool)
  /// IP_TOS or IPV6_TCLASS.
  case trafficClass(IPFamily, Int32)
  /// IP_TTL or IPV6_UNICAST_HOPS.
  case hopLimit(IPFamily, Int32)
  case mark(Int32)
  case priority(Int32)
  case congestion(String)
  case bindDevice(String)
  /// Binds an address that the host does not have yet (IP_FREEBIND, IPV6_FREEBIND).
  case freeBind(IPFamily)
  case transparent(IPFamily)
  case broadcast(Bool)
  /// Joins a group on an interface (index, 0: the routing table's choice).
  case joinGroup(IPAddress, interface: UInt32)
  /// The kernel wakes us only when data has arrived, or after so many seconds (TCP_DEFER_ACCEPT).
  case deferAccept(Int32)
  /// Length of the TCP Fast Open queue (RFC 7413).
  case fastOpen(Int32)
  /// Each datagram reports the address it was sent to.
  case packetInformation(IPFamily, Bool)
  /// Each unix message can report who sent it (SO_PASSCRED).
  case passCredentials(Bool)
  /// Bytes that must have arrived before the socket counts as readable (SO_RCVLOWAT).
  case receiveLowWater(Int32)
  /// An urgent byte is one like all others (SO_OOBINLINE; RFC 6093 5).
  case urgentInline(Bool)
}

extension SocketOption {
  /// The key an administrator knows the option by.
  package var name: String {
    switch self {
    case .reuseAddress: "SO_REUSEADDR"
    case .reusePort: "reuse_port"
    case .v6Only: "v6only"
    case .sendBuffer: "send_buffer"
    case .receiveBuffer: "receive_buffer"
    case .keepalive, .keepaliveIdle, .keepaliveInterval, .keepaliveCount: "keepalive"
    case .noDelay: "NODELAY"
    case .trafficClass: "tos"
    case .hopLimit: "ttl"
    case .mark: "mark"
    case .priority: "priority"
    case .congestion: "congestion"
    case .bindDevice: "bind_device"
    case .freeBind: "freebind"
    case .transparent: "transparent"
    case .broadcast: "broadcast"
    case .joinGroup: "multicast_group"
    case .deferAccept: "defer_accept"
    case .fastOpen: "fast_open"
    case .packetInformation: "IP_PKTINFO"
    case .passCredentials: "SO_PASSCRED"
    case .receiveLowWater: "SO_RCVLOWAT"
    case .urgentInline: "SO_OOBINLINE"
    }
  }

  private static let tcp = Int32(IPPROTO_TCP)
  private static let ip = Int32(IPPROTO_IP)
  private static let ip6 = Int32(IPPROTO_IPV6)

  private static func level(_ family: IPFamily) -> Int32 { family == .ipv4 ? ip : ip6 }

  /// Level, number and value of the options whose value is an int.
  private var integer: (level: Int32, number: Int32, value: Int32)? {
    switch self {
    case .reuseAddress(let on): (SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0)
    case .reusePort(let on): (SOL_SOCKET, SO_REUSEPORT, on ? 1 : 0)
    case .v6Only(let on): (SocketOption.ip6, IPV6_V6ONLY, on ? 1 : 0)
    case .sendBuffer(let size): (SOL_SOCKET, SO_SNDBUF, size)
    case .receiveBuffer(let size): (SOL_SOCKET, SO_RCVBUF, size)
    case .keepalive(let on): (SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0)
    case .keepaliveIdle(let seconds): (SocketOption.tcp, TCP_KEEPIDLE, seconds)
    case .keepaliveInterval(let seconds): (SocketOption.tcp, TCP_KEEPINTVL, seconds)
    case .keepaliveCount(let count): (SocketOption.tcp, TCP_KEEPCNT, count)
    case .noDelay(let on): (SocketOption.tcp, TCP_NODELAY, on ? 1 : 0)
    case .trafficClass(let family, let value):
      (SocketOption.level(family), family == .ipv4 ? IP_TOS : IPV6_TCLASS, value)
    case .hopLimit(let family, let value):
      (SocketOption.level(family), family == .ipv4 ? IP_TTL : IPV6_UNICAST_HOPS, value)
    case .mark(let value): (SOL_SOCKET, SO_MARK, value)
    case .priority(let value): (SOL_SOCKET, SO_PRIORITY, value)
    case .freeBind(let family): (SocketOption.level(family), family == .ipv4 ? IP_FREEBIND : IPV6_FREEBIND, 1)
    case .transparent(let family): (SocketOption.level(family), family == .ipv4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, 1)
    case .broadcast(let on): (SOL_SOCKET, SO_BROADCAST, on ? 1 : 0)
    case .deferAccept(let seconds): (SocketOption.tcp, TCP_DEFER_ACCEPT, seconds)
    case .fastOpen(let length): (SocketOption.tcp, TCP_FASTOPEN, length)
    case .packetInformation(let family, let on):
      (SocketOption.level(family), family == .ipv4 ? IP_PKTINFO : IPV6_RECVPKTINFO, on ? 1 : 0)
    case .passCredentials(let on): (SOL_SOCKET, SO_PASSCRED, on ? 1 : 0)
    case .receiveLowWater(let count): (SOL_SOCKET, SO_RCVLOWAT, count)
    case .urgentInline(let on): (SOL_SOCKET, SO_OOBINLINE, on ? 1 : 0)
    case .congestion, .bindDevice, .joinGroup: nil
    }
  }

  /// setsockopt(2): 0, or -1 with errno.
  fileprivate func apply(to raw: Int32) -> Int32 {
    if let option = integer {
      var value = option.value
      return setsockopt(raw, option.level, option.number, &value, socklen_t(MemoryLayout<Int32>.size))
    }
    switch self {
    case .congestion(let name):
      return name.withCString { setsockopt(raw, SocketOption.tcp, TCP_CONGESTION, $0, socklen_t(strlen($0))) }
    case .bindDevice(let name):
      return name.withCString { setsockopt(raw, SOL_SOCKET, SO_BINDTODEVICE, $0, socklen_t(strlen($0))) }
    case .joinGroup(let group, let interface):
      // Protocol-independent membership (RFC 3678): one structure for both families.
      var request = group_req()
      request.gr_interface = interface
      request.gr_group = SocketAddress(group, port: 0).storage
      return setsockopt(
        raw, SocketOption.level(group.family), MCAST_JOIN_GROUP, &request, socklen_t(MemoryLayout<group_req>.size))
    default: return 0
    }
  }
}

/// Who is at the other end of a unix connection, as of the time it connected.
package struct PeerCredentials: Equatable, Sendable {
  package let pid: Int32
  package let uid: UInt32
  package let gid: UInt32

  package init(pid: Int32, uid: UInt32, gid: UInt32) {
    self.pid = pid
    self.uid = uid
    self.gid = gid
  }
}

extension BorrowedDescriptor {
  /// setsockopt(2). The error's operation names the option by its configuration key.
  package func set(_ option: SocketOption) throws(SystemError) {
    try checked("set socket option", option.name) { option.apply(to: raw) }
  }

  /// The error that a connection attempt in the background ended with, 0 for none; asking clears it (SO_ERROR).
  package func pendingError() -> Int32 {
    integerOption(SOL_SOCKET, SO_ERROR) ?? clinux_errno()
  }

  /// Whether the socket listens (SO_ACCEPTCONN).
  package var isListening: Bool { integerOption(SOL_SOCKET, SO_ACCEPTCONN) == 1 }

  /// The kind of the socket (SO_TYPE); nil when it is no socket.
  package var socketKind: SocketKind? { integerOption(SOL_SOCKET, SO_TYPE).flatMap { SocketKind(rawValue: $0) } }

  /// The protocol number of the socket (SO_PROTOCOL): IPPROTO_TCP, IPPROTO_UDP ...
  package var socketProtocol: Int32? { integerOption(SOL_SOCKET, SO_PROTOCOL) }

  /// The domain of the socket (SO_DOMAIN).
  package var socketDomain: SocketDomain? {
    integerOption(SOL_SOCKET, SO_DOMAIN).flatMap { SocketDomain(rawValue: $0) }
  }

  /// Whether an IPv6 socket refuses IPv4 (IPV6_V6ONLY).
  package var isV6Only: Bool { integerOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY) == 1 }

  /// SO_PEERCRED of a unix connection.
  package func peerCredentials() throws(SystemError) -> PeerCredentials {
    var credentials = ucred()
    var length = socklen_t(MemoryLayout<ucred>.size)
    try checked("get peer credentials of descriptor", "\(raw)") {
      getsockopt(raw, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
    }
    return PeerCredentials(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid)
  }

  private func integerOption(_ level: Int32, _ number: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(raw, level, number, &value, &length) == 0 ? value : nil
  }
}
