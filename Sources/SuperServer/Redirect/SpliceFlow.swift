import LinuxSystem

/// One direction of a redirected connection.
///
/// Small pieces are copied through a buffer that all flows share: that is cheaper than a pipe, and most connections
/// never send more. From the first large piece on, bytes go through a pipe of the flow's own, inside the kernel
/// (splice(2)); this process never sees them. A pipe that keeps filling up is made wide.
final class SpliceFlow {
  /// A piece of this size makes a flow a stream.
  private static let smallPiece = 16 << 10
  /// Bytes a pipe holds by default (pipe(7)).
  private static let narrow = 64 << 10
  /// What an unprivileged process may ask for (/proc/sys/fs/pipe-max-size). A third less processor time a byte.
  private static let wide = 1 << 20
  /// Full reads in a row after which a pipe is made wide.
  private static let readsUntilWide = 2
  /// Rounds of one turn: then other connections get theirs.
  private static let rounds = 16

  private let widePipes: WidePipes
  private var pipe: Pipe?
  private var capacity = SpliceFlow.narrow
  private var isWide = false
  private var fullReads = 0
  /// Bytes in the pipe.
  private var inPipe = 0
  /// What the sink has not taken of a small piece.
  private var unsent: [UInt8] = []
  private var sourceHasEnded = false
  /// The end has been passed on, or the sink is gone: nothing will move any more.
  private(set) var isFinished = false
  /// Bytes passed on.
  private(set) var transferred: UInt64 = 0

  init(_ widePipes: WidePipes) { self.widePipes = widePipes }

  deinit { if isWide { widePipes.giveBack() } }

  /// Whether more can be taken from the source: only when all has been passed on. Whether a pipe that holds something has
  /// room for more depends on how the bytes lie in it, so that asking could go on for ever.
  var wantsInput: Bool { !sourceHasEnded && !isFinished && !wantsOutput }
  /// Whether something waits for the sink.
  var wantsOutput: Bool { inPipe > 0 || !unsent.isEmpty }

  /// The sink takes nothing any more; what waits for it is lost.
  func abandon() {
    isFinished = true
    unsent = []
    inPipe = 0
    pipe = nil
  }

  /// Moves what can be moved now, a bounded amount. `buffer` is anybody's between two calls.
  func pump(
    from source: BorrowedDescriptor, to sink: BorrowedDescriptor, through buffer: UnsafeMutableRawBufferPointer
  ) {
    for round in 0..<SpliceFlow.rounds where !isFinished {
      let isDry = wantsInput && !take(from: source, to: sink, through: buffer, isFirst: round == 0)
      if wantsOutput && !give(to: sink) { return }
      if isFinished { return }
      if sourceHasEnded && !wantsOutput { return finish(sink) }
      if isDry { return }
    }
  }

  /// Takes one piece from the source; false when no more is to be expected there now.
  private func take(
    from source: BorrowedDescriptor, to sink: BorrowedDescriptor, through buffer: UnsafeMutableRawBufferPointer,
    isFirst: Bool
  ) -> Bool {
    guard let writer = pipe?.writer.borrowed else { return copy(from: source, to: sink, through: buffer) }
    switch source.splice(to: writer, count: capacity) {
    case .wouldBlock:
      // splice stops for ever at an urgent byte (tcp_read_sock), of which the socket says that it can be read.
      return isFirst ? copy(from: source, to: sink, through: buffer) : false
    case .transferred(0), .failed:
      sourceHasEnded = true
      return false
    case .transferred(let count):
      inPipe += count
      if count == capacity { widen() } else { fullReads = 0 }
      return true
    }
  }

  private func copy(
    from source: BorrowedDescriptor, to sink: BorrowedDescriptor, through buffer: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, SpliceFlow.smallPiece)])
    switch source.receive(into: room) {
    case .wouldBlock: return false
    case .transferred(0), .failed:
      sourceHasEnded = true
      return false
    case .transferred(let count):
      pass(UnsafeRawBufferPointer(rebasing: room[..<count]), to: sink)
      // A short piece was the last for now. Without a pipe the flow goes on as it began.
      guard count == room.count, !isFinished else { return false }
      if pipe == nil { pipe = try? FileDescriptor.pipe(nonblocking: true) }
      return true
    }
  }

  /// Sends one small piece and keeps what does not find room.
  private func pass(_ bytes: UnsafeRawBufferPointer, to sink: BorrowedDescriptor) {
    switch sink.send(bytes) {
    case .transferred(let count):
      transferred += UInt64(count)
      if count < bytes.count { unsent = Array(bytes[count...]) }
    case .wouldBlock: unsent = Array(bytes)
    case .failed: abandon()
    }
  }

  /// Gives the sink what waits; false when it has no room for all of it.
  private func give(to sink: BorrowedDescriptor) -> Bool {
    if !unsent.isEmpty {
      let waiting = unsent
      unsent = []
      waiting.withUnsafeBytes { pass($0, to: sink) }
      return unsent.isEmpty
    }
    guard let reader = pipe?.reader.borrowed else { return true }
    switch reader.splice(to: sink, count: inPipe) {
    case .transferred(let count):
      inPipe -= count
      transferred += UInt64(count)
      return inPipe == 0
    case .wouldBlock: return false
    case .failed:
      abandon()
      return true
    }
  }

  private func widen() {
    fullReads += 1
    guard fullReads == SpliceFlow.readsUntilWide, !isWide, widePipes.take() else { return }
    isWide = true
    // Refused to a user whose pipes hold enough already (/proc/sys/fs/pipe-user-pages-soft): a narrow one serves, too.
    if let size = pipe?.writer.borrowed.setPipeCapacity(SpliceFlow.wide) { capacity = size }
  }

  /// Passes the end on: the sink sees a half-close, and the other direction lives on.
  private func finish(_ sink: BorrowedDescriptor) {
    abandon()
    try? sink.shutDown(reading: false, writing: true)
  }
}

/// How many pipes may be wide at one time: they are made of memory that nobody else can have.
final class WidePipes {
  private var left = 64

  func take() -> Bool {
    guard left > 0 else { return false }
    left -= 1
    return true
  }

  func giveBack() { left += 1 }
}
