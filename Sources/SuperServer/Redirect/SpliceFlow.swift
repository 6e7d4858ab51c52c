import LinuxSystem

/// One direction of a redirected connection: bytes go from one socket to the other through a pipe, inside the kernel
/// (splice(2)); this process never sees them.
final class SpliceFlow {
  /// What a step came to.
  enum Step {
    case goOn
    /// The source has ended, all bytes have been passed on, and so has the end.
    case finished
    case failed
  }

  /// Bytes a pipe holds by default (pipe(7)), and so the most that can wait here for a slow reader.
  private static let pipeCapacity = 65_536

  private let pipe: Pipe
  private var waiting = 0
  private var sourceHasEnded = false
  private(set) var isFinished = false
  /// Bytes passed on.
  private(set) var transferred: UInt64 = 0

  init() throws(SystemError) { pipe = try FileDescriptor.pipe(nonblocking: true) }

  /// Whether more can be taken from the source.
  var wantsInput: Bool { !sourceHasEnded && waiting < SpliceFlow.pipeCapacity }
  /// Whether something waits for the sink.
  var wantsOutput: Bool { waiting > 0 }

  /// Moves what can be moved now, a bounded amount: then other connections get their turn.
  func pump(from source: BorrowedDescriptor, to sink: BorrowedDescriptor) -> Step {
    if isFinished { return .finished }
    for _ in 0..<16 {
      let before = waiting
      if wantsInput {
        switch source.splice(to: pipe.writer.borrowed, count: SpliceFlow.pipeCapacity) {
        case .transferred(0): sourceHasEnded = true
        case .transferred(let count): waiting += count
        case .wouldBlock: break
        case .failed: return .failed
        }
      }
      if waiting > 0 {
        switch pipe.reader.borrowed.splice(to: sink, count: waiting) {
        case .transferred(let count):
          waiting -= count
          transferred += UInt64(count)
        case .wouldBlock: return .goOn
        case .failed: return .failed
        }
      }
      if sourceHasEnded && waiting == 0 { return finish(sink) }
      if waiting == before { return .goOn }
    }
    return .goOn
  }

  /// Passes the end on: the sink sees a half-close, and the other direction lives on.
  private func finish(_ sink: BorrowedDescriptor) -> Step {
    isFinished = true
    try? sink.shutDown(reading: false, writing: true)
    return .finished
  }
}
