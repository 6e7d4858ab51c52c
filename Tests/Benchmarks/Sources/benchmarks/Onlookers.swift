import CBenchmarks
import Foundation

/// Those who watch a daemon at work: curl, which reads the metrics over HTTP every second, and `inetctl top` on a
/// terminal.
final class Onlookers {
  private static let curl = "/usr/bin/curl"

  private let terminal: Int32
  private let top: ChildProgram
  private let scraper: ChildProgram
  private let codes: String

  /// Begins to watch the daemon with the socket `control` and the built-in `metrics` at `place`.
  init(_ inetctl: String, control: String, metrics place: Place) throws {
    var name = [CChar](repeating: 0, count: 64)
    terminal = openTerminal(&name, name.count)
    guard terminal >= 0 else { throw Trouble("no terminal can be had") }
    // A terminal that nobody reads would hold up who writes to it. Ends with the terminal.
    Thread.detachNewThread { [terminal] in
      var buffer = [UInt8](repeating: 0, count: 4096)
      while read(terminal, &buffer, buffer.count) > 0 || errno == EINTR {}
    }
    top = try ChildProgram(
      [inetctl, "top", "--control", control],
      output: String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    codes = FileManager.default.temporaryDirectory.appending(path: "inetd-scrapes-\(UUID().uuidString)").path
    // One process for all of them, so that its starts are no part of what is measured.
    let address = "http://\(place.address):\(place.port)/metrics?[1-100000]"
    scraper = try ChildProgram(
      [Self.curl, "--silent", "--rate", "1/s", "--output", "/dev/null"]
        // On standard error, which is written at once: what a killed program has not written is lost.
        + ["--write-out", "%{stderr}%{http_code}\n", address],
      errors: codes)
  }

  /// Stops watching; returns how often the metrics were read.
  func end() throws -> Int {
    let wasOpen = top.isRunning
    top.end()
    scraper.end()
    close(terminal)
    defer { try? FileManager.default.removeItem(atPath: codes) }
    let answers = try String(contentsOfFile: codes, encoding: .utf8).split(separator: "\n")
    guard wasOpen, answers.allSatisfy({ $0 == "200" }) else { throw Trouble("not watched: \(answers)") }
    return answers.count
  }
}
