import ServiceModel

extension LookupDoubts {
  /// What hangs on a key whose value could not be read.
  init(unreadable key: String) {
    switch key {
    case "id", "service", "type", "socket_type", "protocol", "listen", "port", "bind", "interface", "v6only",
      "rpc_version", "rpc_number":
      self = .socket
    // NAMEINARGS: with tcpd the first argument is the program.
    case "flags": self = [.socket, .program]
    case "server_args", "root_directory": self = .program
    default: self = []
    }
  }
}

extension ServiceBuilder {
  /// What can still be said about a service in error, once it is built; nil if nothing.
  func faulty(_ entry: ServiceEntry, _ doubts: LookupDoubts, hasUnknownKey: Bool) -> FaultyService? {
    var doubts = doubts
    // Where a line or a key could not be understood, it may have been anything.
    if raw.isBroken { doubts = [.socket, .program] }
    if hasFailed || (hasUnknownKey && draft.listen == nil && draft.port == nil) { doubts.insert(.socket) }
    if case .program(let program) = entry.definition.handler, !program.path.isEmpty {
      return FaultyService(entry, doubts: doubts)
    }
    return doubts.contains(.socket) ? nil : FaultyService(entry, doubts: doubts)
  }
}
