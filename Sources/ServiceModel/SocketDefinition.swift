import NetworkAddresses

/// How data travels over a service's socket.
package enum SocketType: UInt8, Hashable, Sendable {
  case stream, dgram, seqpacket, raw
}

/// What carries the data.
package enum TransportProtocol: UInt8, Hashable, Sendable {
  case tcp, udp, unix, mptcp, sctp, udplite
}

/// Which families a service without a literal address listens on.
package enum FamilySelection: UInt8, Hashable, Sendable {
  /// Two sockets, one per family; a host without IPv6 has only the first, without an error.
  case both
  case ipv4
  case ipv6
  /// One IPv6 socket that also takes IPv4 (`tcp46`).
  case dual
}

/// One place to listen, as configured: names are not looked up yet.
package enum ListenAddress: Hashable, Sendable {
  case ip(host: ListenHost, port: ListenPort)
  case unix(path: String)
  /// A name in the abstract namespace, without the `@`.
  case abstract(name: String)
  /// `cid` nil = any.
  case vsock(cid: UInt32?, port: UInt32)
}

/// The host part of a listen address.
package enum ListenHost: Hashable, Sendable {
  case any
  /// `interface` is the scope written behind `%`.
  case address(IPAddress, interface: String? = nil)
  /// A host name, or an interface whose addresses are meant.
  case name(String)
}

/// The port part of a listen address.
package enum ListenPort: Hashable, Sendable {
  case number(UInt16)
  case range(ClosedRange<UInt16>)
  /// A name of /etc/services.
  case service(String)
  /// The kernel chooses (RPC programs, registered afterwards).
  case assigned
}

/// All sockets of one service.
package struct SocketDefinition: Equatable, Sendable {
  package var type: SocketType = .stream
  package var transport: TransportProtocol = .tcp
  package var families: FamilySelection = .both
  package var addresses: [ListenAddress] = []
  private var optionsPart = Shared(wrappedValue: SocketOptions())

  package init() {}

  package var options: SocketOptions {
    _read { yield optionsPart.wrappedValue }
    _modify { yield &optionsPart.wrappedValue }
  }

  /// Owner of unix sockets; nil = the daemon's user.
  package var owner: UserReference? {
    get { options.owner }
    set { options.owner = newValue }
  }

  /// Group of unix sockets; nil = the daemon's group.
  package var group: GroupReference? {
    get { options.group }
    set { options.group = newValue }
  }

  /// Mode of unix sockets; nil = 0660.
  package var mode: UInt32? {
    get { options.mode }
    set { options.mode = newValue }
  }

  /// Equal options that are not one yet.
  func hasOptionsToShare(with other: SocketDefinition) -> Bool { optionsPart.canShare(with: other.optionsPart) }

  mutating func shareOptions(with other: SocketDefinition) { optionsPart.share(with: other.optionsPart) }
}

/// TCP keepalive: seconds idle before the first probe, seconds between probes, probes before giving up (tcp(7)).
package struct Keepalive: Equatable, Sendable {
  package var idle: Int?
  package var interval: Int?
  package var count: Int?
  package init(idle: Int? = nil, interval: Int? = nil, count: Int? = nil) {
    self.idle = idle
    self.interval = interval
    self.count = count
  }
}

/// Options set on listening sockets and so on the connections they accept. Nil = the kernel's default.
package struct SocketOptions: Equatable, Sendable {
  /// Length of the accept queue; nil = net.core.somaxconn.
  package var backlog: Int?
  /// Bytes.
  package var sendBuffer: Int?
  /// Bytes.
  package var receiveBuffer: Int?
  package var tos: UInt8?
  package var ttl: UInt8?
  package var mark: UInt32?
  package var priority: Int?
  package var congestion: String?
  package var bindDevice: String?
  package var freebind: Bool?
  package var transparent = false
  package var broadcast = false
  package var multicastGroups: [String] = []
  package var reusePort = false
  /// Seconds the kernel waits for the first byte before it wakes us.
  package var deferAccept: Int?
  /// Length of the queue of connections opened with data in the SYN.
  package var fastOpen: Int?
  package var keepalive: Keepalive?
  package var noDelay = false
  /// NetBSD's and FreeBSD's accept filter; Linux has none, `dataready` becomes `deferAccept`.
  package var acceptFilter: String?
  /// Of unix sockets, see SocketDefinition.
  var owner: UserReference?
  var group: GroupReference?
  var mode: UInt32?

  package init() {}
}
