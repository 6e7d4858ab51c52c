import CLinux
import LinuxSystem
import NetworkAddresses

/// A listening socket that was open before this process began.
package struct InheritedSocket: Equatable {
  package enum Origin: Equatable {
    /// A socket unit's, or another parent's: its owner keeps it, we only listen.
    case unit
    /// One that an earlier run of the daemon opened, kept by the service manager or over a re-execution.
    case kept
  }

  package let raw: Int32
  /// The service id for a unit's socket; the name in the store for a kept one.
  package let name: String
  package let origin: Origin
  package let domain: SocketDomain
  package let kind: SocketKind
  /// IPPROTO_TCP ...; 0 for unix sockets.
  package let protocolNumber: Int32
  package let endpoint: SocketEndpoint
  /// An IPv6 socket that also takes IPv4.
  package let isDualStack: Bool
  /// Tells sockets apart over restarts.
  package let inode: UInt64
  /// The service that had a kept socket, as its name in the store writes it; empty when nobody knows.
  package var owner = ""

  /// Looks at a descriptor; nil when it is no socket that could be listened on.
  package init?(_ raw: Int32, name: String, origin: Origin) {
    let descriptor = BorrowedDescriptor(raw: raw)
    guard let kind = descriptor.socketKind, let domain = descriptor.socketDomain,
      let status = try? descriptor.status(subject: name), let endpoint = (try? descriptor.localAddress())?.endpoint
    else { return nil }
    self.init(
      raw: raw, name: name, origin: origin, domain: domain, kind: kind,
      protocolNumber: descriptor.socketProtocol ?? 0, endpoint: endpoint,
      isDualStack: domain == .ipv6 && !descriptor.isV6Only, inode: status.inode)
  }

  package init(
    raw: Int32, name: String, origin: Origin, domain: SocketDomain, kind: SocketKind, protocolNumber: Int32,
    endpoint: SocketEndpoint, isDualStack: Bool, inode: UInt64
  ) {
    self.raw = raw
    self.name = name
    self.origin = origin
    self.domain = domain
    self.kind = kind
    self.protocolNumber = protocolNumber
    self.endpoint = endpoint
    self.isDualStack = isDualStack
    self.inode = inode
  }
}

/// What a service wants to listen on.
package struct WantedSocket: Equatable {
  package let endpoint: SocketEndpoint
  package let kind: SocketKind
  /// IPPROTO_TCP ...; 0 where the kernel's usual one for the kind is meant.
  package let protocolNumber: Int32
  package let isDualStack: Bool
  /// The service also wants the other family's wildcard at this port: one dual-stack socket can be both.
  package let hasOtherFamily: Bool

  package init(
    _ endpoint: SocketEndpoint, _ kind: SocketKind, protocolNumber: Int32, isDualStack: Bool, hasOtherFamily: Bool
  ) {
    self.endpoint = endpoint
    self.kind = kind
    self.protocolNumber = protocolNumber
    self.isDualStack = isDualStack
    self.hasOtherFamily = hasOtherFamily
  }

  private func hasKind(of socket: InheritedSocket) -> Bool {
    guard kind == socket.kind else { return false }
    let usual = kind == .stream ? Int32(IPPROTO_TCP) : kind == .datagram ? Int32(IPPROTO_UDP) : 0
    guard endpoint.ip != nil else { return true }
    return socket.protocolNumber == (protocolNumber == 0 ? usual : protocolNumber)
  }

  /// The same address, type and protocol.
  package func isExactly(_ socket: InheritedSocket) -> Bool {
    hasKind(of: socket) && endpoint == socket.endpoint
      && (endpoint.ip?.family != .ipv6 || isDualStack == socket.isDualStack)
  }

  /// A port that the kernel was to choose, and once has chosen.
  package func isAssigned(_ socket: InheritedSocket) -> Bool {
    guard case .ip(let address, 0, let scope) = endpoint, let port = socket.endpoint.port else { return false }
    return WantedSocket(
      .ip(address, port: port, scope: scope), kind, protocolNumber: protocolNumber, isDualStack: isDualStack,
      hasOtherFamily: hasOtherFamily
    ).isExactly(socket)
  }

  /// A dual-stack wildcard where the service wants both families' wildcards at the same port: no peer more or less.
  package func isEquivalent(to socket: InheritedSocket) -> Bool {
    hasKind(of: socket) && hasOtherFamily && socket.isDualStack && endpoint == socket.endpoint
  }

  /// A socket that an administrator named after the service may have another address, but no other nature.
  package func couldBe(_ socket: InheritedSocket) -> Bool {
    guard hasKind(of: socket) else { return false }
    switch (endpoint, socket.endpoint) {
    case (.ip(let wanted, _, _), .ip(let given, _, _)):
      return wanted.family == given.family || (socket.isDualStack && wanted == .any(.ipv4))
    case (.unix, .unix), (.abstract, .abstract), (.unix, .abstract), (.abstract, .unix), (.vsock, .vsock): return true
    default: return false
    }
  }
}
