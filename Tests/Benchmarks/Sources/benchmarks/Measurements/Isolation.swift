import Foundation

// What neighbours and onlookers cost.
extension Benchmark {
  /// A built-in echo asked 50 times a second, alone and beside a service that is flooded with connections, each of which
  /// starts a server that lives 200 ms.
  mutating func measureIsolation(_ order: [Contender]) throws {
    for contender in order where [Contender.ours, "openbsd-inetd", "xinetd"].contains(contender.name) {
      guard let server = start(contender, .slowSpawnBesideEcho) else { continue }
      defer { server.end() }
      let echo = Place(address: "127.0.0.1", port: contender.name == "openbsd-inetd" ? 7 : server.place.port + 1)
      let seconds = max(options.seconds, 2)
      let words = [echo.address, "\(echo.port)", "50", "\(seconds)"]
      let alone = try load.run("paced-load", words)
      let flood = try load.begin(
        "load", ["close", server.place.address, "\(server.place.port)", "100", "\(seconds + 1)"])
      pause(0.5)
      let beside = try load.run("paced-load", words)
      let flooded = try load.finish(flood)
      results.add((alone.p99 ?? 0) / 1000, "echo alone: p99", unit: "ms", contender.name)
      results.add((beside.p99 ?? 0) / 1000, "echo beside a flood: p99", unit: "ms", contender.name)
      results.add(flooded.rate, "the flood beside", unit: "servers/s", contender.name)
      results.addFailures(alone.failures + beside.failures, "isolation, echo", contender.name)
    }
  }
}
