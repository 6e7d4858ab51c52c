// Servers started: a static child for each connection.
extension Benchmark {
  static let clientCounts = [1, 8, 64]

  mutating func measureSpawn(_ order: [Contender]) throws {
    for clients in Self.clientCounts {
      for contender in order {
        guard let server = start(contender, .spawn) else { continue }
        defer { server.end() }
        try measure(server, contender, "spawn, \(clients) clients", mode: "close", clients: clients)
      }
    }
  }

  /// The same in cells: each bundle of walls beside the bare server.
  mutating func measureCells() throws {
    let bare = Contender.inetd(options)
    for contender in [bare] + Contender.bundles.map({ Contender.celledInetd($0, options) }) {
      guard let server = start(contender, .spawn) else { continue }
      defer { server.end() }
      try measure(server, contender, "spawn in a cell, 8 clients", mode: "close", clients: 8)
    }
  }

  mutating func measureEcho(_ order: [Contender]) throws {
    for contender in order {
      guard let server = start(contender, .echo) else { continue }
      defer { server.end() }
      try measure(server, contender, "echo, short connections, 8 clients", mode: "echo", clients: 8)
    }
  }

  private mutating func measure(
    _ server: RunningServer, _ contender: Contender, _ name: String, mode: String, clients: Int
  ) throws {
    _ = try load.connections(mode, server.place, clients: clients, seconds: min(0.3, options.seconds / 4))
    let (result, used) = try Disturbance.undisturbed(server) {
      let before = server.processorTime
      let result = try load.connections(mode, server.place, clients: clients, seconds: options.seconds)
      return (result, server.processorTime - before)
    }
    results.add(result.rate, name, unit: "connections/s", contender.name)
    results.addFailures(result.failures, name, contender.name)
    guard let exchanges = result.exchanges, exchanges > 0 else { return }
    results.add(used / exchanges * 1e6, "\(name): CPU of the server itself", unit: "us/connection", contender.name)
  }
}
