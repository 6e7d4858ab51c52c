// Bytes: datagram replies, the built-ins that only swallow or only talk, and connections passed on.
extension Benchmark {
  mutating func measureDatagrams(_ order: [Contender]) throws {
    for (scenario, mode) in [(Scenario.datagramEcho, "echo"), (.datagramDiscard, "discard")] {
      for contender in order {
        guard let server = start(contender, scenario) else { continue }
        defer { server.end() }
        let words = [mode, server.place.address, "\(server.place.port)"]
        _ = try load.run("datagram-load", words + ["0.2"])
        let (result, used) = try Disturbance.undisturbed(server) {
          let before = server.processorTime
          let result = try load.run("datagram-load", words + ["\(options.seconds)"])
          return (result, server.processorTime - before)
        }
        let name = "UDP \(mode)"
        guard let exchanges = result.exchanges, exchanges > 0 else {
          results.addFailures(1, "\(name): no answer", contender.name)
          continue
        }
        results.add(result.rate, name, unit: "datagrams/s", contender.name)
        results.add(used / exchanges * 1e6, "\(name): CPU of the server", unit: "us/datagram", contender.name)
        results.addFailures(result.failures, name, contender.name)
      }
    }
  }

  mutating func measureStreams(_ order: [Contender]) throws {
    for (scenario, name, mode) in [(Scenario.discard, "TCP discard", "send"), (.chargen, "TCP chargen", "receive")] {
      for contender in order {
        guard let server = start(contender, scenario) else { continue }
        defer { server.end() }
        // xinetd's ring has 94 characters, without the space: not RFC 864's, and not compared.
        let mode = mode == "receive" && contender.name == "xinetd" ? "take" : mode
        try measure(server, contender, name, [mode, server.place.address, "\(server.place.port)", "4"])
      }
    }
  }

  mutating func measureRelay(_ order: [Contender]) throws {
    for contender in order {
      let target = takePort()
      guard let server = start(contender, .relay(target)) else { continue }
      defer { server.end() }
      let words = ["relay", server.place.address, "\(server.place.port)", "4"]
      try measure(server, contender, "redirect, 4 connections", words, target: target)
    }
  }

  /// `words` come before the seconds, the target's port behind. The first moments belong to the connections' growing.
  private mutating func measure(
    _ server: RunningServer, _ contender: Contender, _ name: String, _ words: [String], target: UInt16? = nil
  ) throws {
    let rest = target.map { ["\($0)"] } ?? []
    let running = try load.begin("stream-load", words + ["\(options.seconds + 0.2)"] + rest)
    // Those who fork do their work in children, which are gone when the load is.
    var used = 0.0
    while running.program.isRunning {
      used = max(used, server.familyProcessorTime)
      pause(0.005)
    }
    let result = try load.finish(running)
    results.add(result.gigabytes / result.seconds, name, unit: "GB/s", contender.name)
    results.addFailures(result.failures, name, contender.name)
    guard result.gigabytes > 0 else { return }
    results.add(used / result.gigabytes, "\(name): CPU of the server and its children", unit: "s/GB", contender.name)
  }
}
