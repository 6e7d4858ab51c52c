import CLinux
import EventLoop
import LinuxSystem

/// What the servers of one service write to standard error where that goes to the log: one pipe for all of them, made
/// for the first. Whole lines of up to PIPE_BUF bytes do not mix in it (pipe(7)). It outlives its service until the last
/// server has let go, so that a reload breaks nobody's standard error.
final class ServerComplaints: EventSource {
  private let reader: FileDescriptor
  /// Nil once no further server is to get it.
  private var ownWriter: FileDescriptor?
  private let loop: EventLoop
  private let entry: ([UInt8]) -> Void
  /// Takes the number of lines that come in a flood, where there is one: whether they were taken.
  private let flood: (() -> Int) -> Bool
  private var lines = ComplaintLines()

  private init(
    _ reader: consuming FileDescriptor, _ writer: consuming FileDescriptor, _ loop: EventLoop,
    entry: @escaping ([UInt8]) -> Void, flood: @escaping (() -> Int) -> Bool
  ) {
    self.reader = consume reader
    ownWriter = consume writer
    self.loop = loop
    self.entry = entry
    self.flood = flood
    super.init()
  }

  /// Opens the pipe and reads it in the loop; `entry` gets each line. `flood` is asked before: where it returns true, it
  /// has counted the lines of a piece, which nobody looks at then.
  static func open(
    in loop: EventLoop, entry: @escaping ([UInt8]) -> Void, flood: @escaping (() -> Int) -> Bool
  ) throws(SystemError) -> ServerComplaints {
    let pipe = try FileDescriptor.pipe()
    let writer = try pipe.writer.borrowed.duplicate()
    let complaints = ServerComplaints(pipe.takeReader(), consume writer, loop, entry: entry, flood: flood)
    // Only our end: servers share the writing one, and are used to a standard error that waits.
    try complaints.reader.borrowed.setNonblocking(true)
    try loop.add(complaints, complaints.reader.borrowed, .readable)
    return complaints
  }

  /// What servers get as their standard error.
  var writer: BorrowedDescriptor? { ownWriter?.borrowed }

  /// No further server will get the pipe; it ends with those that have it.
  func close() { ownWriter = nil }

  override func handle(_ events: EventSet) {
    withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
      switch reader.borrowed.read(into: buffer) {
      case .transferred(let count) where count > 0:
        let newline = UInt8(ascii: "\n")
        if flood({ clinux_count_bytes(buffer.baseAddress, count, newline) }) {
          lines.skip(endsInside: buffer[count - 1] != newline)
        } else {
          lines.add(buffer[..<count], entry)
        }
      case .wouldBlock: break
      case .transferred, .failed:
        lines.finish(entry)
        loop.remove(self)
      }
    }
  }
}
