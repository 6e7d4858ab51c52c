import ServiceModel

extension ServiceResolver {
  /// The sockets of a service as far as files alone tell, for a time when there is no network and no name service yet.
  /// Nil where a name would have to be looked up or an interface be there, and for sockets that the kernel or another
  /// service chooses.
  package static func plansKnownAtBoot(of entry: ServiceEntry) -> [ListenPlan]? {
    let definition = entry.definition
    guard definition.rpc == nil, definition.tcpmux == nil else { return nil }
    for address in definition.socket.addresses {
      guard case .ip(let host, let port) = address else { continue }
      if case .assigned = port { return nil }
      switch host {
      case .any, .address(_, interface: nil): break
      case .address, .name: return nil
      }
    }
    var resolver = ServiceResolver(lookup: NameLookup(), runsAsRoot: true)
    let plans = resolver.listenPlans(of: definition.socket, entry)
    return resolver.isInError ? nil : plans
  }
}
