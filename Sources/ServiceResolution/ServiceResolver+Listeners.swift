import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel

extension ServiceResolver {
  /// More sockets than any service needs, and few enough that a slip in a port range does not take every descriptor.
  static let maximumListeners = 4096
  /// sun_path without its final NUL (unix(7)).
  static let maximumPathLength = 107
  /// VMADDR_CID_ANY (vsock(7)).
  private static let anyContext: UInt32 = .max

  /// The sockets of a service, each once.
  mutating func listenPlans(of socket: SocketDefinition, _ entry: ServiceEntry) -> [ListenPlan] {
    var plans: [ListenPlan] = []
    for address in socket.addresses {
      switch address {
      case .ip(let host, let port): addPlans(host, port, socket, entry, &plans)
      case .unix(let path): addPlan(.unix(path: path), length: path.utf8.count, socket, entry, &plans)
      case .abstract(let name): addPlan(.abstract(name: name), length: name.utf8.count, socket, entry, &plans)
      case .vsock(let cid, let port):
        addPlan(.vsock(cid: cid ?? ServiceResolver.anyContext, port: port), length: 0, socket, entry, &plans)
      }
      if plans.count > ServiceResolver.maximumListeners {
        fail(.tooManySockets(ServiceResolver.maximumListeners, at: listenRange(of: entry)))
        return []
      }
    }
    return plans
  }

  /// Where the host of a place to listen on was written.
  private func hostRange(of entry: ServiceEntry) -> SourceRange {
    let range = entry.range(of: "bind")
    return range == entry.location ? listenRange(of: entry) : range
  }

  private func listenRange(of entry: ServiceEntry) -> SourceRange {
    for key in ["listen", "port", "bind", "service"] {
      let range = entry.range(of: key)
      if range != entry.location { return range }
    }
    return entry.location
  }

  private mutating func addPlan(
    _ endpoint: SocketEndpoint, length: Int, _ socket: SocketDefinition, _ entry: ServiceEntry,
    _ plans: inout [ListenPlan]
  ) {
    if length > ServiceResolver.maximumPathLength {
      return fail(.socketPathTooLong(ServiceResolver.maximumPathLength, at: listenRange(of: entry)))
    }
    plans.append(ListenPlan(endpoint: endpoint, type: socket.type, transport: socket.transport))
  }

  private mutating func addPlans(
    _ host: ListenHost, _ port: ListenPort, _ socket: SocketDefinition, _ entry: ServiceEntry,
    _ plans: inout [ListenPlan]
  ) {
    let bases = hostPlans(host, socket, entry)
    guard !bases.isEmpty, let ports = ports(port, socket.transport, entry) else { return }
    if ports.count * bases.count > ServiceResolver.maximumListeners {
      return fail(.tooManySockets(ServiceResolver.maximumListeners, at: listenRange(of: entry)))
    }
    for port in ports {
      for base in bases {
        guard case .ip(let address, _, let scope) = base.endpoint else { continue }
        var plan = base
        plan.endpoint = .ip(address, port: port, scope: scope)
        if plans.count > 16 || !plans.contains(plan) { plans.append(plan) }
      }
    }
  }

  // MARK: Hosts

  private mutating func hostPlans(
    _ host: ListenHost, _ socket: SocketDefinition, _ entry: ServiceEntry
  ) -> [ListenPlan] {
    switch host {
    case .any: return wildcardPlans(socket)
    case .address(let address, let interface): return literalPlan(address, interface, socket, entry)
    case .name(let name): return namedPlans(name, socket, entry)
    }
  }

  private func plan(_ address: IPAddress, scope: UInt32 = 0, _ socket: SocketDefinition) -> ListenPlan {
    ListenPlan(endpoint: .ip(address, port: 0, scope: scope), type: socket.type, transport: socket.transport)
  }

  private func wildcardPlans(_ socket: SocketDefinition) -> [ListenPlan] {
    switch socket.families {
    case .ipv4: return [plan(.any(.ipv4), socket)]
    case .ipv6: return [plan(.any(.ipv6), socket)]
    case .dual:
      var dual = plan(.any(.ipv6), socket)
      dual.isDualStack = true
      return [dual]
    case .both:
      return [IPFamily.ipv4, .ipv6].map { family in
        var half = plan(.any(family), socket)
        half.isFamilyOptional = true
        return half
      }
    }
  }

  private mutating func literalPlan(
    _ address: IPAddress, _ interface: String?, _ socket: SocketDefinition, _ entry: ServiceEntry
  ) -> [ListenPlan] {
    guard ServiceResolver.admits(socket.families, address.family) else {
      fail(.wrongFamily(address, at: hostRange(of: entry)))
      return []
    }
    var plan = plan(address, socket)
    plan.isDualStack = socket.families == .dual && address == .any(.ipv6)
    if let interface {
      if let index = lookup.interfaceIndex(interface) {
        plan.endpoint = .ip(address, port: 0, scope: index)
      } else {
        plan.interface = interface
        findings.append(.missingInterface(interface, at: hostRange(of: entry)))
      }
    }
    return [plan]
  }

  /// An interface stands for its addresses; any other name is a host's.
  private mutating func namedPlans(
    _ name: String, _ socket: SocketDefinition, _ entry: ServiceEntry
  ) -> [ListenPlan] {
    var addresses: [IPAddress] = []
    var scope: UInt32 = 0
    if let index = lookup.interfaceIndex(name) {
      scope = index
      addresses = lookup.addresses(ofInterface: name)
      if addresses.isEmpty {
        fail(.interfaceWithoutAddress(name, at: hostRange(of: entry)))
        return []
      }
    } else {
      switch lookup.addresses(ofHost: name) {
      case .success(let found): addresses = found
      case .failure(let error):
        fail(.unknownListenHost(name, reason: error.reason, at: hostRange(of: entry)))
        return []
      }
    }
    let usable = addresses.filter { ServiceResolver.admits(socket.families, $0.family) }
    if usable.isEmpty { fail(.noAddressOfFamily(name, at: hostRange(of: entry))) }
    return usable.map { plan($0, scope: $0.isLinkLocal6 ? scope : 0, socket) }
  }

  private static func admits(_ families: FamilySelection, _ family: IPFamily) -> Bool {
    switch families {
    case .both, .dual: true
    case .ipv4: family == .ipv4
    case .ipv6: family == .ipv6
    }
  }

  // MARK: Ports

  private mutating func ports(
    _ port: ListenPort, _ transport: TransportProtocol, _ entry: ServiceEntry
  ) -> ClosedRange<UInt16>? {
    switch port {
    case .number(let number): return number...number
    case .range(let range): return range
    case .assigned: return 0...0
    case .service(let name):
      guard let number = servicePort(name, transport, entry) else { return nil }
      return number...number
    }
  }

  private mutating func servicePort(_ name: String, _ transport: TransportProtocol, _ entry: ServiceEntry) -> UInt16? {
    let (wanted, other) = ServiceResolver.databaseProtocols(transport)
    if let port = lookup.port(of: name, protocol: wanted) { return port }
    let range = listenRange(of: entry)
    if let port = lookup.port(of: name, protocol: other) {
      findings.append(.portOfOtherProtocol(name, port: port, wanted: wanted, other: other, at: range))
      return port
    }
    if let port = lookup.wellKnownPort(of: name) { return port }
    fail(.unknownService(name, protocol: wanted, near: lookup.serviceNear(name), at: range))
    return nil
  }

  /// The protocol that /etc/services lists a transport's ports under, and the one to try after it.
  static func databaseProtocols(_ transport: TransportProtocol) -> (String, String) {
    switch transport {
    case .tcp, .mptcp, .unix: ("tcp", "udp")
    case .udp, .udplite: ("udp", "tcp")
    case .sctp: ("sctp", "tcp")
    }
  }
}
