import Foundation

/// How long configurations take to read: ours alone in sizes the others were not made for, and a thousand services from
/// the start of the server until the last of them answers.
struct ConfigurationReading {
  static let dropIns = 10_000
  /// The same again, four times fewer: whether the time grows with their number and no faster.
  static let fewDropIns = 2500
  static let lines = 100_000
  static let services = 1000
  private static let firstPort = 22_000

  let options: Options
  private let directory: String

  init(_ options: Options) throws {
    self.options = options
    directory = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    for name in ["inetd.d", "few.d"] {
      try FileManager.default.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
    try writeOurs()
    try writeThousand()
  }

  func end() { try? FileManager.default.removeItem(atPath: directory) }

  /// What one reading took: seconds by the clock, seconds of CPU, peak memory in KB.
  struct Cost {
    let elapsed: Double
    let processor: Double
    let peak: Double
  }

  func readDropIns() throws -> Cost {
    try check(["--config", "none", "--directory", "\(directory)/inetd.d"])
  }

  func readFewDropIns() throws -> Cost { try check(["--config", "none", "--directory", "\(directory)/few.d"]) }

  func readLines() throws -> Cost { try check(["--config", "\(directory)/long.conf", "--directory", "none"]) }

  /// `inetd --check`: read, parse, normalise, validate, look up users, ports and programs.
  private func check(_ files: [String]) throws -> Cost {
    let output = "\(directory)/output"
    let start = ContinuousClock.now
    let program = try ChildProgram([options.inetd, "--check"] + files, output: output, errors: output)
    let usage = program.waitForUsage()
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    guard usage.status == 0 else {
      let said = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
      throw Trouble("inetd --check: \(said.prefix(500))")
    }
    return Cost(elapsed: elapsed, processor: usage.processor, peak: usage.peak)
  }

  // MARK: A thousand services

  /// The contenders that can serve them, each with the words that start it.
  var starts: [(name: String, words: [String])] {
    [
      (
        "inetd",
        [
          options.inetd, "--foreground", "--control", "none", "--config", "\(directory)/thousand.conf", "--directory",
          "none",
        ]
      ),
      ("openbsd-inetd", ["\(options.debian)/openbsd-inetd/usr/sbin/inetd", "-i", "\(directory)/thousand.conf"]),
      (
        "xinetd",
        [
          "\(options.debian)/xinetd/usr/sbin/xinetd", "-dontfork", "-f", "\(directory)/thousand.xinetd", "-filelog",
          "/dev/null", "-pidfile", "\(directory)/xinetd.pid",
        ]
      ),
    ]
  }

  /// Seconds until the service that is configured last answers.
  func start(_ words: [String]) throws -> Double {
    let last = Place(address: "127.0.0.1", port: UInt16(Self.firstPort + Self.services - 1))
    let start = ContinuousClock.now
    let program = try ChildProgram(words)
    defer { program.end() }
    while !RunningServer.answers(last) {
      guard program.isRunning, ContinuousClock.now - start < .seconds(20) else {
        throw Trouble("\(words[0]) does not serve a thousand services")
      }
      usleep(200)
    }
    return (ContinuousClock.now - start) / .seconds(1)
  }

  // MARK: Files

  private func writeOurs() throws {
    let child = options.program("static-child")
    for number in 0..<Self.dropIns {
      let text = """
        # /etc/inetd.d/s\(number).conf
        listen      = \(10_001 + number)
        protocol    = tcp
        user        = nobody
        server      = \(child)
        server_args = -l "two words"
        only_from   = 10.0.0.0/8 2001:db8::/32

        """
      for name in number < Self.fewDropIns ? ["inetd.d", "few.d"] : ["inetd.d"] {
        try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(name)/s\(number).conf"))
      }
    }
    var text = ""
    for number in 0..<Self.lines {
      // Every port twice, on two addresses.
      text += "127.0.0.\(1 + number / 50_000):\(1 + number % 50_000) stream tcp4 nowait.40 nobody \(child) child -l\n"
    }
    try Data(text.utf8).write(to: URL(filePath: "\(directory)/long.conf"))
  }

  private func writeThousand() throws {
    let child = options.program("static-child")
    var classic = ""
    var blocks = ""
    for number in 0..<Self.services {
      let port = Self.firstPort + number
      classic += "127.0.0.1:\(port) stream tcp nowait nobody \(child) child\n"
      blocks += """
        service s\(number)
        {
          type = UNLISTED
          port = \(port)
          bind = 127.0.0.1
          socket_type = stream
          protocol = tcp
          wait = no
          user = nobody
          server = \(child)
        }

        """
    }
    try Data(classic.utf8).write(to: URL(filePath: "\(directory)/thousand.conf"))
    try Data(blocks.utf8).write(to: URL(filePath: "\(directory)/thousand.xinetd"))
  }
}

extension Benchmark {
  /// One round of all readings.
  mutating func measureConfiguration(_ reading: ConfigurationReading) throws {
    try add(reading.readDropIns(), "10,000 drop-ins")
    try add(reading.readFewDropIns(), "2,500 drop-ins")
    try add(reading.readLines(), "100,000 lines of inetd.conf")
    for (name, words) in reading.starts {
      let figure = "start with 1,000 services"
      do {
        results.add(try reading.start(words) * 1000, figure, unit: "ms until the last one answers", name)
      } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        results.addFailures(1, figure, name)
      }
    }
  }

  private mutating func add(_ cost: ConfigurationReading.Cost, _ figure: String) {
    results.add(cost.elapsed * 1000, "\(figure): check", unit: "ms", "inetd")
    results.add(cost.processor * 1000, "\(figure): CPU", unit: "ms", "inetd")
    results.add(cost.peak, "\(figure): peak memory", unit: "KB", "inetd")
  }
}
