import Foundation

/// The run: every round measures every contender in every scenario, so that a disturbance meets all of them.
struct Benchmark {
  let options: Options
  let contenders: [Contender]
  private let load: LoadGenerator
  var results = Results()
  private var nextPort: UInt16 = 21000

  static let clientCounts = [1, 8, 64]

  init(_ options: Options) {
    self.options = options
    contenders = Contender.all(options)
    load = LoadGenerator(program: options.program("load"))
  }

  mutating func run() throws {
    let reading = includes("configuration") ? try ConfigurationReading(options) : nil
    defer { reading?.end() }
    for round in 0..<options.rounds {
      FileHandle.standardError.write(Data("round \(round + 1) of \(options.rounds)\n".utf8))
      // Who comes first changes from round to round.
      let order = contenders.indices.map { contenders[($0 + round) % contenders.count] }
      for contender in order { try measureIdle(contender) }
      for clients in Self.clientCounts {
        for contender in order { try measureSpawn(contender, clients: clients) }
      }
      for contender in order { try measureEcho(contender) }
      if let reading { try measureConfiguration(reading) }
    }
  }

  private func includes(_ name: String) -> Bool { options.only.map { name.contains($0) } ?? true }

  /// A port of its own for each server, so that connections that linger in TIME_WAIT disturb nobody.
  private mutating func place(_ contender: Contender, _ scenario: Scenario) -> Place {
    if contender.name == "openbsd-inetd", scenario == .echo {
      return Place(address: "127.11.\(nextPort % 256).7", port: 7)
    }
    nextPort += 1
    return Place(address: "127.0.0.1", port: nextPort)
  }

  /// Nil for who does not take part, or does not start, which is reported.
  private mutating func start(_ contender: Contender, _ scenario: Scenario) -> RunningServer? {
    do {
      return try RunningServer(contender, scenario, place(contender, scenario))
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      results.addFailures(1, "start for \(scenario)", contender.name)
      return nil
    }
  }

  private mutating func measureIdle(_ contender: Contender) throws {
    guard includes("idle") else { return }
    guard let server = start(contender, .idle) else { return }
    defer { server.end() }
    // Whatever a start leaves to do is over by then.
    usleep(300_000)
    addMemory(of: server, contender, "idle, nobody has come yet")
    _ = try load.run("close", server.place, clients: 8, seconds: 0.5)
    usleep(300_000)
    addMemory(of: server, contender, "idle, after half a second of connections")
  }

  private mutating func addMemory(of server: RunningServer, _ contender: Contender, _ when: String) {
    for (line, name) in [("Pss", "Pss"), ("Private_Dirty", "private dirty")] {
      if let value = server.memory(line) { results.add(value, "\(when): \(name)", unit: "KB", contender.name) }
    }
  }

  private mutating func measureSpawn(_ contender: Contender, clients: Int) throws {
    let name = "spawn, \(clients) clients"
    guard includes(name) else { return }
    guard let server = start(contender, .spawn) else { return }
    defer { server.end() }
    try measure(server, contender, name, mode: "close", clients: clients)
  }

  private mutating func measureEcho(_ contender: Contender) throws {
    let name = "echo, short connections, 8 clients"
    guard includes(name) else { return }
    guard let server = start(contender, .echo) else { return }
    defer { server.end() }
    try measure(server, contender, name, mode: "echo", clients: 8)
  }

  private mutating func measure(
    _ server: RunningServer, _ contender: Contender, _ name: String, mode: String, clients: Int
  ) throws {
    _ = try load.run(mode, server.place, clients: clients, seconds: min(0.3, options.seconds / 4))
    let before = server.processorTime
    let result = try load.run(mode, server.place, clients: clients, seconds: options.seconds)
    let used = server.processorTime - before
    results.add(result.rate, name, unit: "connections/s", contender.name)
    results.addFailures(result.failures, name, contender.name)
    if result.exchanges > 0 {
      results.add(
        used / Double(result.exchanges) * 1e6, "\(name): CPU of the server itself", unit: "microseconds/connection",
        contender.name)
    }
  }
}
