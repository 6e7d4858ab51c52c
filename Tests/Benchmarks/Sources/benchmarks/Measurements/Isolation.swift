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

  /// Serving while `inetctl top` is open and the metrics are read every second.
  mutating func measureScrape() throws {
    guard let inetctl = options.inetctl else { return }
    let name = "spawn, 8 clients, metrics read every second and top open"
    let contender = Contender.inetd(options)
    let control = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    let watched = Contender(name: "inetd, watched") { scenario, place, directory in
      var launch = try contender.launch(scenario, place, directory)
      if let index = launch?.words.firstIndex(of: "none") { launch?.words[index] = control }
      return launch
    }
    for (number, who) in [contender, watched].enumerated() {
      guard let server = start(who, .spawn) else { continue }
      defer { server.end() }
      _ = try load.connections("close", server.place, clients: 8, seconds: 0.3)
      let seconds = max(options.seconds, 3)
      let running = try load.begin(
        "load", ["close", server.place.address, "\(server.place.port)", "8", "\(seconds)"])
      let before = server.processorTime
      var onlookers: [ChildProgram] = []
      if number == 1 {
        onlookers.append(try ChildProgram([inetctl, "top", "--control", control]))
        while running.program.isRunning {
          try ChildProgram([inetctl, "metrics", "--control", control]).wait()
          pause(1)
        }
      }
      let result = try load.finish(running)
      let used = server.processorTime - before
      onlookers.forEach { $0.end() }
      results.add(result.rate, name, unit: "connections/s", who.name)
      results.add(used / max(1, result.exchanges ?? 1) * 1e6, "\(name): CPU of inetd", unit: "us/connection", who.name)
      results.addFailures(result.failures, name, who.name)
    }
  }
}
