import LinuxSystem

/// Standard error as a log that never holds up the loop for long.
///
/// Its reader may stall: a pager, a stuck container runtime, a terminal that was stopped with Control-S. Making the
/// descriptor non-blocking would change it for all who share it, so poll(2) is asked first, and no more is written at
/// once than a pipe takes without waiting (PIPE_BUF, pipe(7)). What nobody reads is lost, and counted.
final class StandardErrorLog {
  /// What a reader that is only slow is given; none that has not read since is given it again.
  private static let patience = TimeSpan.milliseconds(50)
  private static let piece = 4096

  private let descriptor: BorrowedDescriptor
  private var lost = 0
  /// The last piece written did not end its line.
  private var isInLine = false

  init(_ descriptor: BorrowedDescriptor = .standardError) { self.descriptor = descriptor }

  /// Writes a line; `report` words the loss of earlier ones.
  func write(_ line: String, report: (Int) -> String) {
    if lost > 0 {
      guard descriptor.isWritable(within: .zero) else {
        lost += 1
        return
      }
      let count = lost
      lost = 0
      put(report(count))
    }
    put(line)
  }

  private func put(_ line: String) {
    var bytes = Array(line.utf8)
    if isInLine { bytes.insert(UInt8(ascii: "\n"), at: 0) }
    let isWhole = bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        guard descriptor.isWritable(within: lost == 0 ? StandardErrorLog.patience : .zero) else { return false }
        switch descriptor.write(UnsafeRawBufferPointer(rebasing: rest.prefix(StandardErrorLog.piece))) {
        case .transferred(let count):
          rest = rest.dropFirst(count)
          isInLine = !rest.isEmpty
        case .wouldBlock: return false
        // Nobody will read this any more, whatever is done.
        case .failed: return true
        }
      }
      return true
    }
    if !isWhole { lost += 1 }
  }
}
