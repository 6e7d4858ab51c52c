/// Bytes as they come out of a pipe, cut into lines of bounded length: the rest of a longer one is left out.
package struct ComplaintLines {
  package init() {}

  /// Bytes of one line that are kept.
  package static let limit = 1024

  private var partial: [UInt8] = []
  /// The beginning of the present line was left out, and so is its rest.
  private var isInsideSkippedLine = false

  /// Calls `take` with each line that `bytes` complete, without its end. Empty lines are nobody's loss.
  package mutating func add(_ bytes: some Sequence<UInt8>, _ take: ([UInt8]) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        finish(take)
      } else if !isInsideSkippedLine, partial.count < ComplaintLines.limit {
        partial.append(byte)
      }
    }
  }

  /// Leaves bytes out; `endsInside` when they end in the middle of a line.
  mutating func skip(endsInside: Bool) {
    partial.removeAll(keepingCapacity: true)
    isInsideSkippedLine = endsInside
  }

  /// Whoever wrote is gone: what is left is a line.
  package mutating func finish(_ take: ([UInt8]) -> Void) {
    if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
    if !partial.isEmpty { take(partial) }
    partial.removeAll(keepingCapacity: true)
    isInsideSkippedLine = false
  }
}
