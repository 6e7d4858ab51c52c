import Foundation

/// A contender at work; gone with `end`.
final class RunningServer {
  private let process: ChildProgram
  let place: Place
  private let directory: String

  /// Starts `contender` and returns when it listens, untouched so far; nil if it does not take part.
  init?(_ contender: Contender, _ scenario: Scenario, _ place: Place) throws {
    self.place = place
    directory = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    guard let words = try contender.command(scenario, place, directory) else {
      try? FileManager.default.removeItem(atPath: directory)
      return nil
    }
    let errors = "\(directory)/errors"
    process = try ChildProgram(words, errors: errors)
    let limit = ContinuousClock.now + .seconds(10)
    while !Self.listens(place) {
      guard process.isRunning, ContinuousClock.now < limit else {
        let said = (try? String(contentsOfFile: errors, encoding: .utf8)) ?? ""
        end()
        throw Trouble("\(contender.name) does not listen: \(said)")
      }
      usleep(1000)
    }
  }

  func end() {
    process.end()
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// CPU time of the server itself, without its children, in seconds.
  var processorTime: Double {
    let fields = read("/proc/\(process.pid)/stat").split(separator: " ")
    guard fields.count > 14, let user = Double(fields[13]), let system = Double(fields[14]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Kilobytes of one line of smaps_rollup(5).
  func memory(_ line: String) -> Double? {
    for entry in read("/proc/\(process.pid)/smaps_rollup").split(separator: "\n")
    where entry.hasPrefix("\(line):") {
      return entry.split(separator: " ").dropFirst().first.flatMap { Double($0) }
    }
    return nil
  }

  private func read(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Whether somebody listens there, as /proc/net/tcp has it: hexadecimal address and port, state 0A.
  static func listens(_ place: Place) -> Bool {
    var address = in_addr()
    inet_pton(AF_INET, place.address, &address)
    let name = String(format: "%08X:%04X", address.s_addr, Int(place.port))
    let table = FileManager.default.contents(atPath: "/proc/net/tcp").map { String(decoding: $0, as: UTF8.self) } ?? ""
    return table.split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      return fields.count > 3 && fields[3] == "0A"
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
