import Foundation

extension Contender {
  /// The same daemon with somebody looking on.
  static let watched = "inetd, watched"
}

extension Benchmark {
  static let watchedSpawning = "spawn, 8 clients, metrics read every second and top open"
  static let statusOfThousands = "inetctl status of 5,000 services"

  /// The rate of starts of one daemon with nobody looking, and while its metrics are read every second over HTTP and
  /// `inetctl top` is open: by turns, so that what else happens on the machine meets both alike.
  mutating func measureScrape(startingWatched: Bool) throws {
    guard let inetctl = options.inetctl else { return }
    let control = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    let contender = Contender.inetd(options)
    let observable = Contender(name: contender.name) { scenario, place, directory in
      var launch = try contender.launch(scenario, place, directory)
      if let index = launch?.words.firstIndex(of: "none") { launch?.words[index] = control }
      let metrics = "service = metrics\ntype = INTERNAL\nprotocol = tcp4\nport = \(place.port + 1)\n"
      try Contender.write(metrics + "bind = \(place.address)\n", "\(directory)/inetd.d/metrics.conf")
      return launch
    }
    guard let server = start(observable, .spawn) else { return }
    defer { server.end() }
    let metrics = Place(address: server.place.address, port: server.place.port + 1)
    _ = try load.connections("close", server.place, clients: 8, seconds: 0.3)
    // Long enough for some scrapes each; there and back, so that a drift is nobody's.
    let seconds = max(options.seconds, 3)
    for isWatched in startingWatched ? [true, false, false, true] : [false, true, true, false] {
      let onlookers = isWatched ? try Onlookers(inetctl, control: control, metrics: metrics) : nil
      let before = server.processorTime
      let result = try load.connections("close", server.place, clients: 8, seconds: seconds)
      let used = server.processorTime - before
      if let scrapes = try onlookers?.end(), Double(scrapes) < seconds - 1 {
        results.addFailures(1, "\(Self.watchedSpawning): read \(scrapes) times only", Contender.watched)
      }
      let name = isWatched ? Contender.watched : Contender.ours
      results.add(result.rate, Self.watchedSpawning, unit: "connections/s", name)
      results.add(
        used / max(1, result.exchanges ?? 1) * 1e6, "\(Self.watchedSpawning): CPU of inetd", unit: "us/connection", name
      )
      results.addFailures(result.failures, Self.watchedSpawning, name)
    }
  }

  /// From the start of `inetctl status` to its end, with a daemon that has thousands of services.
  mutating func measureStatus(_ many: ManyServices) throws {
    guard let inetctl = options.inetctl, let ours = many.starters.first(where: { $0.isOurs }) else { return }
    let control = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    let observable = ManyServices.Starter(
      name: ours.name, isOurs: true, words: { file in ours.words(file) + ["--control", control] }, isXinetd: false)
    let server = try many.start(observable, ManyServices.count)
    defer { server.program.end() }
    // Its sockets answer before its control socket does.
    let limit = ContinuousClock.now + .seconds(5)
    while try ChildProgram([inetctl, "denied", "--control", control]).wait() != 0 {
      guard ContinuousClock.now < limit else { throw Trouble("nobody answers at \(control)") }
      usleep(1000)
    }
    let text = control + ".text"
    defer { try? FileManager.default.removeItem(atPath: text) }
    for attempt in 0..<6 {
      let begin = ContinuousClock.now
      let status = try ChildProgram([inetctl, "status", "--control", control], output: text).wait()
      let seconds = (ContinuousClock.now - begin) / .seconds(1)
      let lines = try String(contentsOfFile: text, encoding: .utf8).split(separator: "\n")
      let blocks = lines.count { $0.contains("accepted: ") }
      guard status == 0, blocks == ManyServices.count else {
        results.addFailures(1, Self.statusOfThousands, ours.name)
        continue
      }
      // The first one also reads the program from the disk.
      if attempt > 0 { results.add(seconds * 1000, Self.statusOfThousands, unit: "ms", ours.name) }
    }
  }
}
