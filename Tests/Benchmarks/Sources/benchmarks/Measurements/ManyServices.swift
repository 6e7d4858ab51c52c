import Foundation

/// Configurations of one service and of thousands, for start and reload.
struct ManyServices {
  static let count = 5000
  private static let firstPort = 22_000

  /// Who can serve them, and how it is started on a file.
  struct Starter {
    let name: String
    let isOurs: Bool
    let words: (_ file: String) -> [String]
    let isXinetd: Bool
  }

  let options: Options
  private let directory: String

  init(_ options: Options) throws {
    self.options = options
    directory = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for count in [1, Self.count] { try write(count, added: false) }
  }

  func end() { try? FileManager.default.removeItem(atPath: directory) }

  var starters: [Starter] {
    let debian = options.debian
    return [
      Starter(
        name: Contender.ours, isOurs: true,
        words: { [options.inetd, "--foreground", "--control", "none", "--config", $0, "--directory", "none"] },
        isXinetd: false),
      Starter(
        name: "openbsd-inetd", isOurs: false, words: { ["\(debian)/openbsd-inetd/usr/sbin/inetd", "-i", $0] },
        isXinetd: false),
      Starter(
        name: "xinetd", isOurs: false,
        words: {
          [
            "\(debian)/xinetd/usr/sbin/xinetd", "-dontfork", "-f", $0, "-filelog", "/dev/null", "-pidfile",
            "\(directory)/xinetd.pid",
          ]
        }, isXinetd: true),
    ]
  }

  func file(_ starter: Starter, _ count: Int) -> String {
    "\(directory)/\(count).\(starter.isXinetd ? "xinetd" : "conf")"
  }

  /// A server with its configuration just read, and the seconds it took until the last service could be reached.
  struct Started {
    let program: ChildProgram
    let seconds: Double
  }

  func start(_ starter: Starter, _ count: Int) throws -> Started {
    let last = place(count - 1)
    let begin = ContinuousClock.now
    let program = try ChildProgram(starter.words(file(starter, count)))
    do {
      try wait(for: last, program)
    } catch {
      program.end()
      throw Trouble("\(starter.name) does not serve \(count) services")
    }
    return Started(program: program, seconds: (ContinuousClock.now - begin) / .seconds(1))
  }

  func wait(for place: Place, _ program: ChildProgram) throws {
    let limit = ContinuousClock.now + .seconds(20)
    while !RunningServer.answers(place) {
      guard program.isRunning, ContinuousClock.now < limit else { throw Trouble("no answer at port \(place.port)") }
      usleep(50)
    }
  }

  func place(_ number: Int) -> Place { Place(address: "127.0.0.1", port: UInt16(Self.firstPort + number)) }

  /// Rewrites our file of thousands with one service more, or without it.
  func write(added: Bool) throws { try write(Self.count, added: added) }

  func memory(_ pid: pid_t) -> Double {
    let text = FileManager.default.contents(atPath: "/proc/\(pid)/smaps_rollup") ?? Data()
    let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("Pss:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
  }

  private func write(_ count: Int, added: Bool) throws {
    let child = options.program("static-child")
    var classic = ""
    var blocks = "defaults\n{\n instances = UNLIMITED\n cps = 1000000 1\n}\n"
    for number in 0..<count + (added ? 1 : 0) {
      let port = Self.firstPort + number
      classic += "127.0.0.1:\(port) stream tcp nowait root \(child) child\n"
      blocks += """
        service s\(number)
        {
          type = UNLISTED
          port = \(port)
          bind = 127.0.0.1
          socket_type = stream
          protocol = tcp
          wait = no
          user = root
          server = \(child)
        }

        """
    }
    try Data(classic.utf8).write(to: URL(filePath: "\(directory)/\(count).conf"))
    try Data(blocks.utf8).write(to: URL(filePath: "\(directory)/\(count).xinetd"))
  }
}

extension Benchmark {
  mutating func measureStart(_ many: ManyServices) throws {
    for count in [1, ManyServices.count] {
      let name = count == 1 ? "start with one service" : "start with 5,000 services"
      for starter in many.starters {
        do {
          // One start with one service is too short for one look.
          for _ in 0..<(count == 1 ? 5 : 1) {
            let server = try many.start(starter, count)
            server.program.end()
            results.add(server.seconds * 1000, name, unit: "ms until the last one answers", starter.name)
          }
        } catch {
          FileHandle.standardError.write(Data("\(error)\n".utf8))
          results.addFailures(1, name, starter.name)
        }
      }
    }
  }

  /// From SIGHUP until a service that was added to 5,000 others answers.
  mutating func measureReload(_ many: ManyServices) throws {
    let name = "reload of 5,000 services with one more"
    for starter in many.starters {
      try many.write(added: false)
      do {
        let server = try many.start(starter, ManyServices.count)
        defer { server.program.end() }
        pause(0.5)
        try many.write(added: true)
        let begin = ContinuousClock.now
        kill(server.program.pid, SIGHUP)
        try many.wait(for: many.place(ManyServices.count), server.program)
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        results.add(seconds * 1000, name, unit: "ms from SIGHUP to the answer", starter.name)
      } catch {
        FileHandle.standardError.write(Data("\(name), \(starter.name): \(error)\n".utf8))
        results.addFailures(1, name, starter.name)
      }
    }
    try many.write(added: false)
  }
}
