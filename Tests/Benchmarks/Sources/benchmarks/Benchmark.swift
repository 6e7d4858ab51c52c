import Foundation

/// The run: every round measures every contender in every scenario, so that a disturbance meets all of them.
struct Benchmark {
  let options: Options
  let contenders: [Contender]
  let load: LoadGenerator
  var results: Results
  private var nextPort: UInt16 = 21000
  private let began = ContinuousClock.now
  private var nextHost = 0

  init(_ options: Options, _ results: Results) {
    self.options = options
    self.results = results
    contenders = Contender.all(options)
    load = LoadGenerator(options)
  }

  mutating func run() throws {
    ChildProgram.adoptOrphans()
    let reading = options.only.contains(.configuration) ? try ConfigurationReading(options) : nil
    let ofThousands: Set<Group> = [.start, .reload, .memory, .status]
    let thousands = options.only.isDisjoint(with: ofThousands) ? nil : try ManyServices(options)
    defer {
      reading?.end()
      thousands?.end()
    }
    for round in 0..<options.rounds where !isOver {
      FileHandle.standardError.write(Data("round \(round + 1) of \(options.rounds)\n".utf8))
      // Who comes first changes from round to round.
      let order = contenders.indices.map { contenders[($0 + round) % contenders.count] }
      for group in Group.allCases where options.only.contains(group) && !isOver {
        results.group = group.rawValue
        switch group {
        case .memory:
          for contender in order { measureIdle(contender) }
          if let thousands { try measureGrowth(thousands) }
        case .spawn: try measureSpawn(order)
        case .cells: try measureCells()
        case .echo: try measureEcho(order)
        case .persistent: try measurePersistent(order)
        case .datagrams: try measureDatagrams(order)
        case .streams: try measureStreams(order)
        case .relay: try measureRelay(order)
        case .start: if let thousands { try measureStart(thousands) }
        case .reload: if let thousands { try measureReload(thousands) }
        case .isolation: try measureIsolation(order)
        case .scrape: try measureScrape(startingWatched: round % 2 == 1)
        case .status: if let thousands { try measureStatus(thousands) }
        case .configuration: if let reading { try measureConfiguration(reading) }
        case .access: try measureAccess()
        }
      }
    }
  }

  /// A port of its own for each server, so that connections that linger in TIME_WAIT disturb nobody. Those whose
  /// built-ins know the well-known port only get an address of their own instead.
  mutating func place(_ contender: Contender, _ scenario: Scenario) -> Place {
    if Self.needsWellKnownPort.contains(contender.name), let port = scenario.wellKnownPort {
      nextHost += 1
      return Place(address: "127.11.\(nextHost / 250).\(nextHost % 250 + 1)", port: port)
    }
    return Place(address: "127.0.0.1", port: takePort())
  }

  private static let needsWellKnownPort: Set = ["openbsd-inetd", "inetutils-inetd", "busybox inetd"]

  /// Two ports in a row: some scenarios have a second service.
  mutating func takePort() -> UInt16 {
    nextPort += 2
    return nextPort
  }

  private var isOver: Bool { ContinuousClock.now - began > .seconds(options.limit) }

  /// Nil for who does not take part, or does not start, which is reported; for everybody when the time is over.
  mutating func start(_ contender: Contender, _ scenario: Scenario, _ place: Place? = nil) -> RunningServer? {
    if isOver { return nil }
    do {
      return try RunningServer(contender, scenario, place ?? self.place(contender, scenario))
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      results.addFailures(1, "start for \(scenario)", contender.name)
      return nil
    }
  }
}
