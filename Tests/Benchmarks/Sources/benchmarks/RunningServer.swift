import Foundation

/// A contender at work; gone with `end`.
final class RunningServer {
  private var process: ChildProgram
  let place: Place
  private let directory: String
  /// The children we had before: whoever is new at the end belongs to a server that went its own way.
  private var others: Set<pid_t>?

  /// Starts `contender` and returns when it listens, untouched so far; nil if it does not take part.
  init?(_ contender: Contender, _ scenario: Scenario, _ place: Place) throws {
    self.place = place
    directory = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    guard let launch = try contender.launch(scenario, place, directory) else {
      try? FileManager.default.removeItem(atPath: directory)
      return nil
    }
    let errors = "\(directory)/errors"
    let before = Set(ChildProgram.children(of: getpid()))
    let program = try ChildProgram(launch.words, errors: errors, libraries: launch.libraries)
    process = program
    do throws(Trouble) {
      if launch.detaches {
        others = before
        program.wait()
      }
      let limit = ContinuousClock.now + .seconds(5)
      while !Self.listens(place, scenario.isDatagram ? "udp" : "tcp") {
        guard launch.detaches || program.isRunning, ContinuousClock.now < limit else {
          throw Trouble("does not listen")
        }
        usleep(1000)
      }
      guard launch.detaches else { return }
      guard let left = ChildProgram.children(of: getpid()).last(where: { !before.contains($0) && Self.lives($0) })
      else { throw Trouble("leaves no process behind") }
      process = ChildProgram(adopted: left)
    } catch {
      let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
      end()
      throw Trouble("\(contender.name), \(scenario): \(error) \(said)")
    }
  }

  /// Not one of those who only wait to be collected.
  private static func lives(_ pid: pid_t) -> Bool {
    read("/proc/\(pid)/stat").split(separator: ")").last?.hasPrefix(" Z") == false
  }

  var pid: pid_t { process.pid }

  func end() {
    let children = ChildProgram.children(of: process.pid)
    process.end()
    for child in children { kill(child, SIGKILL) }
    if let others {
      for left in ChildProgram.children(of: getpid()) where !others.contains(left) {
        ChildProgram(adopted: left).end()
      }
    }
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// CPU time of the server itself, without its children, in seconds.
  var processorTime: Double { Self.processorTime(process.pid) }

  /// CPU time of the server and of the children it has at this moment, for those who work in children.
  var familyProcessorTime: Double {
    ([process.pid] + ChildProgram.children(of: process.pid)).reduce(0) { $0 + Self.processorTime($1) }
  }

  /// The scheduler's own account, in nanoseconds; stat(5) counts in ticks of 10 ms.
  private static func processorTime(_ pid: pid_t) -> Double {
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
    return threads.reduce(0) { sum, thread in
      sum + (read("/proc/\(pid)/task/\(thread)/schedstat").split(separator: " ").first.flatMap { Double($0) } ?? 0)
        / 1e9
    }
  }

  /// Kilobytes of one line of smaps_rollup(5).
  func memory(_ line: String) -> Double? {
    for entry in Self.read("/proc/\(process.pid)/smaps_rollup").split(separator: "\n")
    where entry.hasPrefix("\(line):") {
      return entry.split(separator: " ").dropFirst().first.flatMap { Double($0) }
    }
    return nil
  }

  /// Times the server has gone to sleep.
  var sleeps: Double {
    for entry in Self.read("/proc/\(process.pid)/status").split(separator: "\n")
    where entry.hasPrefix("voluntary_ctxt_switches") {
      return entry.split(separator: "\t").last.flatMap { Double($0) } ?? 0
    }
    return 0
  }

  private static func read(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Whether somebody listens there, as /proc/net has it: hexadecimal address and port, state 0A for TCP, 07 for UDP.
  static func listens(_ place: Place, _ protocolName: String) -> Bool {
    var address = in_addr()
    inet_pton(AF_INET, place.address, &address)
    let name = String(format: "%08X:%04X", address.s_addr, Int(place.port))
    let state = protocolName == "tcp" ? "0A" : "07"
    return read("/proc/net/\(protocolName)").split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      return fields.count > 3 && fields[3] == state
        && (fields[1] == name || fields[1] == String(format: "00000000:%04X", Int(place.port)))
    }
  }

  /// Whether somebody accepts connections there.
  static func answers(_ place: Place) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = place.port.bigEndian
    inet_pton(AF_INET, place.address, &name.sin_addr)
    return withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
