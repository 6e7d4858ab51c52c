import Foundation

/// Reads a pipe to its end on a thread of its own and hands out its lines to whoever waits for one.
final class LineLog: @unchecked Sendable {
  private let condition = NSCondition()
  /// The last one may still grow: a prompt has no line end.
  private var collected = [""]
  private var ended = false

  /// Takes over `descriptor`.
  init(reading descriptor: Int32) {
    Thread.detachNewThread { [self] in
      var partial: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65536)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { break }
        partial += buffer[..<count]
        let lines = partial.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        replaceLast(by: lines.map { String(decoding: $0, as: UTF8.self) })
        partial = Array(lines[lines.count - 1])
      }
      close(descriptor)
      condition.withLock {
        ended = true
        condition.broadcast()
      }
    }
  }

  private func replaceLast(by lines: [String]) {
    condition.withLock {
      collected.removeLast()
      collected += lines
      condition.broadcast()
    }
  }

  /// The lines so far; the last one may be unfinished.
  var lines: [String] { condition.withLock { collected.last == "" ? collected.dropLast() : collected } }
  var text: String { lines.joined(separator: "\n") }

  /// Waits until all writers have closed the pipe and returns everything.
  func untilEnd(seconds: Double = Deadline.usual) throws -> String {
    try wait(seconds: seconds) { _ in
      ended ? () : nil
    } orFail: {
      "the output has no end"
    }
    return condition.withLock { collected.joined(separator: "\n") }
  }

  /// Waits for `count` lines that satisfy `matches` and returns them.
  @discardableResult
  func wait(
    for what: String, count: Int = 1, after start: Int = 0, seconds: Double = Deadline.usual,
    where matches: (String) -> Bool
  ) throws -> [String] {
    try wait(seconds: seconds) { lines -> [String]? in
      let found = lines.dropFirst(start).filter(matches)
      return found.count >= count ? found : nil
    } orFail: {
      "no \(what) in the log:\n\(collected.joined(separator: "\n"))"
    }
  }

  /// Waits for a line that contains `text`.
  @discardableResult
  func wait(containing text: String, after start: Int = 0, seconds: Double = Deadline.usual) throws -> String {
    try wait(for: "'\(text)'", after: start, seconds: seconds) { $0.contains(text) }[0]
  }

  private func wait<Value>(
    seconds: Double, _ value: ([String]) -> Value?, orFail reason: () -> String
  ) throws -> Value {
    condition.lock()
    defer { condition.unlock() }
    let limit = Date(timeIntervalSinceNow: seconds)
    while true {
      if let value = value(collected) { return value }
      // Nothing more can come once the writers are gone.
      guard !ended, condition.wait(until: limit) else { throw Failure(reason()) }
    }
  }
}
