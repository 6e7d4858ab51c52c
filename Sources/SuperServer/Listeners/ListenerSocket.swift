import CLinux
import LinuxSystem
import NetworkAddresses
import ServiceModel
import ServiceResolution

/// Opening the socket that a plan describes, with every option in place before anyone can reach it.
enum ListenerSocket {
  /// A bound socket, listening where its type listens, non-blocking. `learnsDestinations`: the kernel notes where each
  /// datagram was sent to.
  static func open(
    _ plan: ListenPlan, _ definition: SocketDefinition, ownership: UnixSocketOwnership, learnsDestinations: Bool
  ) throws(SystemError) -> FileDescriptor {
    let socket = try FileDescriptor.socket(plan.endpoint.domain, plan.kind, protocol: plan.protocolNumber)
    for option in options(plan, definition) { try socket.borrowed.set(option) }
    try bind(socket.borrowed, plan, definition, ownership)
    if plan.listens {
      // The kernel caps the length at net.core.somaxconn, which is also our default.
      let backlog = Int32(clamping: definition.options.backlog ?? Int(Int32.max))
      try socket.borrowed.listen(backlog: backlog, subject: plan.endpoint.description)
    }
    if learnsDestinations { try learnDestinations(socket.borrowed, plan) }
    for option in try optionsWhenListening(plan, definition) { try socket.borrowed.set(option) }
    return socket
  }

  /// Brings a socket that is already in use to what a new definition wants of it.
  static func adjust(
    _ socket: BorrowedDescriptor, _ plan: ListenPlan, _ definition: SocketDefinition, ownership: UnixSocketOwnership,
    learnsDestinations: Bool
  ) throws(SystemError) {
    for option in changeableOptions(plan, definition.options) { try socket.set(option) }
    if learnsDestinations { try learnDestinations(socket, plan) }
    if plan.listens {
      // Listening again changes the length of the queue and keeps who waits in it.
      let backlog = Int32(clamping: definition.options.backlog ?? Int(Int32.max))
      try socket.listen(backlog: backlog, subject: plan.endpoint.description)
    }
    if case .unix(let path) = plan.endpoint {
      try UnixSocketFile.setAccess(path: path, user: ownership.uid, group: ownership.gid, mode: ownership.mode)
    }
  }

  private static func bind(
    _ socket: BorrowedDescriptor, _ plan: ListenPlan, _ definition: SocketDefinition, _ ownership: UnixSocketOwnership
  ) throws(SystemError) {
    if case .unix(let path) = plan.endpoint {
      try UnixSocketFile.removeStale(path: path, kind: plan.kind)
      try UnixSocketFile.bind(socket, path: path, user: ownership.uid, group: ownership.gid, mode: ownership.mode)
      return
    }
    do throws(SystemError) {
      try socket.bind(to: plan.endpoint)
    } catch {
      // An address that the host does not have yet (a VPN, DHCP): the kernel lets us wait on it.
      guard error.errno == EADDRNOTAVAIL, let ip = plan.endpoint.ip, definition.options.freebind != false else {
        throw error
      }
      try socket.set(.freeBind(ip.family))
      try socket.bind(to: plan.endpoint)
    }
  }

  /// Whether this is one address of this host and no group's. A socket bound to it gets nothing that was sent elsewhere,
  /// and its replies come from it.
  static func isPlainAddress(_ endpoint: SocketEndpoint) -> Bool {
    guard let ip = endpoint.ip, !ip.isUnspecified, !ip.isMulticast else { return false }
    // ip(7): only with SO_BROADCAST may a socket connect to a broadcast address. Nothing is sent.
    guard let probe = try? FileDescriptor.socket(endpoint.domain, .datagram) else { return false }
    return (try? probe.borrowed.connect(to: endpoint)) ?? false
  }

  /// From now on each datagram tells where it was sent to. Does nothing to other sockets.
  private static func learnDestinations(_ socket: BorrowedDescriptor, _ plan: ListenPlan) throws(SystemError) {
    guard plan.type == .dgram, let family = plan.endpoint.ip?.family else { return }
    try socket.set(.packetInformation(family, true))
  }

  /// What must be set before bind.
  private static func options(_ plan: ListenPlan, _ definition: SocketDefinition) -> [SocketOption] {
    let wanted = definition.options
    var options: [SocketOption] = []
    if plan.isInternet {
      // TCP only: for datagrams the option would let a second super-server share the port and take half the traffic.
      if plan.listens { options.append(.reuseAddress(true)) }
      if plan.endpoint.ip?.family == .ipv6 { options.append(.v6Only(!plan.isDualStack)) }
      if let family = plan.endpoint.ip?.family {
        if wanted.freebind == true { options.append(.freeBind(family)) }
        if wanted.transparent { options.append(.transparent(family)) }
      }
    }
    if wanted.reusePort { options.append(.reusePort(true)) }
    if let device = wanted.bindDevice { options.append(.bindDevice(device)) }
    // Buffer sizes before listen: they decide the window scale of accepted connections (tcp(7)).
    if let size = wanted.sendBuffer { options.append(.sendBuffer(Int32(clamping: size))) }
    if let size = wanted.receiveBuffer { options.append(.receiveBuffer(Int32(clamping: size))) }
    return options + changeableOptions(plan, wanted)
  }

  /// What can also be set on a socket that is already in use; accepted connections inherit it.
  private static func changeableOptions(_ plan: ListenPlan, _ wanted: SocketOptions) -> [SocketOption] {
    var options: [SocketOption] = []
    if let mark = wanted.mark { options.append(.mark(Int32(bitPattern: mark))) }
    if wanted.broadcast { options.append(.broadcast(true)) }
    if let family = plan.endpoint.ip?.family {
      if let tos = wanted.tos { options.append(.trafficClass(family, Int32(tos))) }
      if let ttl = wanted.ttl { options.append(.hopLimit(family, Int32(ttl))) }
    }
    // Behind the type of service, which sets a priority of its own (ip(7)).
    if let priority = wanted.priority { options.append(.priority(Int32(clamping: priority))) }
    if plan.transport == .tcp || plan.transport == .mptcp {
      if let name = wanted.congestion { options.append(.congestion(name)) }
      if wanted.noDelay { options.append(.noDelay(true)) }
      if let keepalive = wanted.keepalive {
        options.append(.keepalive(true))
        if let idle = keepalive.idle { options.append(.keepaliveIdle(Int32(clamping: idle))) }
        if let interval = keepalive.interval { options.append(.keepaliveInterval(Int32(clamping: interval))) }
        if let count = keepalive.count { options.append(.keepaliveCount(Int32(clamping: count))) }
      }
      if let seconds = wanted.deferAccept { options.append(.deferAccept(Int32(clamping: seconds))) }
    }
    return options
  }

  /// What needs a bound or listening socket.
  private static func optionsWhenListening(
    _ plan: ListenPlan, _ definition: SocketDefinition
  ) throws(SystemError) -> [SocketOption] {
    var options: [SocketOption] = []
    if plan.listens, let length = definition.options.fastOpen { options.append(.fastOpen(Int32(clamping: length))) }
    if plan.type == .dgram, let family = plan.endpoint.ip?.family {
      for text in definition.options.multicastGroups {
        let parts = text.split(separator: "%", maxSplits: 1)
        guard let group = IPAddress(String(parts[0])), group.family == family else { continue }
        var interface: UInt32 = 0
        if parts.count == 2 {
          // One that is not there (yet) is waited for, like an address.
          guard let index = NetworkInterfaces.index(of: String(parts[1])) else {
            throw SystemError("join multicast group", text, errno: ENODEV)
          }
          interface = index
        }
        options.append(.joinGroup(group, interface: interface))
      }
    }
    return options
  }
}

extension ListenPlan {
  var kind: SocketKind {
    switch type {
    case .stream: .stream
    case .dgram: .datagram
    case .seqpacket: .seqpacket
    case .raw: .raw
    }
  }

  /// Whether the socket accepts connections; datagram and raw sockets are ready once bound.
  var listens: Bool { type == .stream || type == .seqpacket }

  var isInternet: Bool { endpoint.ip != nil }

  /// The IPPROTO_* number; 0 lets the kernel take the domain's usual one.
  var protocolNumber: Int32 {
    switch transport {
    case .tcp, .udp, .unix: 0
    case .mptcp: 262
    case .sctp: Int32(IPPROTO_SCTP)
    case .udplite: Int32(IPPROTO_UDPLITE)
    }
  }
}
