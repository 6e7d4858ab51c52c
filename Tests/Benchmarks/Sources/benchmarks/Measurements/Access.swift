import Foundation

// What it costs to judge a peer by long access lists.
extension Benchmark {
  static let accessFamilies = ["IPv4", "IPv6"]

  static func accessFigure(_ family: String) -> String { "a decision of lists with 10,000 entries, \(family)" }

  /// `access-decisions` asks the daemon's own lists, built as the daemon is; it prints a family and nanoseconds a line.
  mutating func measureAccess() throws {
    let output = FileManager.default.temporaryDirectory.appending(path: "inetd-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: output) }
    guard try ChildProgram([options.program("access-decisions")], output: output).wait() == 0 else {
      throw Trouble("access-decisions: its lists do not tell peers apart")
    }
    let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
    for words in lines.map({ $0.split(separator: " ") }) where words.count == 2 {
      guard let nanoseconds = Double(words[1]) else { throw Trouble("access-decisions: '\(words[1])' is no number") }
      results.add(nanoseconds / 1000, Self.accessFigure(String(words[0])), unit: "us", Contender.ours)
    }
  }
}
