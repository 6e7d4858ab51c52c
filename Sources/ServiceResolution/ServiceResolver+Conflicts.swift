import NetworkAddresses
import ServiceModel

extension ServiceResolver {
  /// Takes away addresses that a host or interface name has led to, where another service holds them already.
  ///
  /// The normaliser has settled everything that is written alike; what a name means shows only here. Returns the places
  /// in `services` that are left without any address.
  mutating func settleNamedAddresses(_ services: inout [ResolvedService]) -> [Int] {
    let named = services.indices.filter { ServiceResolver.usesNames(services[$0].definition.socket) }
    findings = []
    if named.isEmpty { return [] }
    var holders: [ListenPlan: Int] = [:]
    let isNamed = Set(named)
    for index in services.indices where !isNamed.contains(index) {
      for plan in services[index].listeners { holders[plan.place] = index }
    }
    var empty: [Int] = []
    for index in named where !services[index].listeners.isEmpty {
      var kept: [ListenPlan] = []
      for plan in services[index].listeners {
        if let holder = holders[plan.place] {
          findings.append(.addressTaken(plan.endpoint, by: services[holder].entry, of: services[index].entry))
        } else {
          holders[plan.place] = index
          kept.append(plan)
        }
      }
      services[index].listeners = kept
      if kept.isEmpty { empty.append(index) }
    }
    return empty
  }

  static func usesNames(_ socket: SocketDefinition) -> Bool {
    socket.addresses.contains { if case .ip(.name, _) = $0 { true } else { false } }
  }
}

extension ListenPlan {
  /// The plan without what two sockets at one place may differ in.
  fileprivate var place: ListenPlan { ListenPlan(endpoint: endpoint, type: type, transport: transport) }
}
