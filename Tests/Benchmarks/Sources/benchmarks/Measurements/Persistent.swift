import Foundation

// Many echo connections that stay open.
extension Benchmark {
  static let persistentConnections = 10_000

  /// Only those who serve them in one process: ten thousand processes would measure the machine's memory.
  mutating func measurePersistent(_ order: [Contender]) throws {
    let name = "echo, 10,000 connections ping-pong"
    for contender in order where [Contender.ours, Contender.floorName].contains(contender.name) {
      guard let server = start(contender, .echo) else { continue }
      defer { server.end() }
      _ = try load.connections("ping", server.place, clients: 10, seconds: 0.1)
      let before = server.memory("Pss") ?? 0
      let seconds = max(options.seconds, 2)
      let running = try load.begin(
        "load", ["ping", server.place.address, "\(server.place.port)", "\(Self.persistentConnections)", "\(seconds)"])
      var most = before
      while running.program.isRunning {
        most = max(most, server.memory("Pss") ?? 0)
        usleep(100_000)
      }
      let result = try load.finish(running)
      results.add(result.rate, name, unit: "exchanges/s", contender.name)
      results.addFailures(result.failures, name, contender.name)
      let bytes = (most - before) * 1024 / Double(Self.persistentConnections)
      results.add(bytes, "echo, 10,000 connections: memory", unit: "bytes/connection", contender.name)
    }
  }
}
