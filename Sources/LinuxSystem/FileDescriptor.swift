import CLinux

/// An open file, socket or kernel object that this value owns: it is closed when the value ends.
///
/// Every function that creates one sets CLOEXEC in the same system call, so that no server ever inherits it by
/// accident. Public and frozen rather than package: Embedded Swift must see the deinit of a noncopyable type from other
/// modules.
@frozen
public struct FileDescriptor: ~Copyable {
  /// The kernel's number. It is not an identity: the kernel reuses numbers at once.
  public let raw: Int32

  /// Takes ownership of an open descriptor.
  public init(owning raw: Int32) { self.raw = raw }

  // close(2): on Linux the descriptor is gone whatever close returns, so that repeating it could close a stranger's.
  deinit { _ = CLinux.close(raw) }

  /// Gives ownership up: the caller closes the number, or lives with it.
  public consuming func release() -> Int32 {
    let raw = raw
    discard self
    return raw
  }

  /// The operations, without ownership. Valid while this value lives: keep it in a variable or property meanwhile, for
  /// a temporary is closed before the operation begins.
  package var borrowed: BorrowedDescriptor { BorrowedDescriptor(raw: raw) }
}

/// A descriptor that someone else owns and keeps open; carries the operations.
package struct BorrowedDescriptor: Equatable, Sendable {
  package let raw: Int32

  package init(raw: Int32) { self.raw = raw }

  package static let standardInput = BorrowedDescriptor(raw: 0)
  package static let standardOutput = BorrowedDescriptor(raw: 1)
  package static let standardError = BorrowedDescriptor(raw: 2)
}

extension BorrowedDescriptor {
  /// A second descriptor for the same open file, numbered `minimum` or above.
  package func duplicate(atLeast minimum: Int32 = 3) throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try checked("duplicate descriptor", "\(raw)") { clinux_fcntl(raw, F_DUPFD_CLOEXEC, minimum) })
  }

  /// Sets or clears O_NONBLOCK. The flag belongs to the open file, which all duplicates and children share.
  package func setNonblocking(_ on: Bool) throws(SystemError) {
    var value: Int32 = on ? 1 : 0
    try checked("change blocking mode of descriptor", "\(raw)") { clinux_ioctl_int(raw, UInt(FIONBIO), &value) }
  }

  /// Sets or clears FD_CLOEXEC.
  package func setCloseOnExec(_ on: Bool) throws(SystemError) {
    try checked("change close-on-exec of descriptor", "\(raw)") { clinux_fcntl(raw, F_SETFD, on ? FD_CLOEXEC : 0) }
  }

  /// Bytes that can be read without waiting (FIONREAD; for a datagram socket the size of the first datagram).
  package func readableByteCount() throws(SystemError) -> Int {
    var count: Int32 = 0
    try checked("count readable bytes of descriptor", "\(raw)") { clinux_ioctl_int(raw, UInt(FIONREAD), &count) }
    return Int(count)
  }
}

extension BorrowedDescriptor {
  /// Whether there is something to read, or there is within `limit` (poll(2)). Also true at the end and on errors.
  package func isReadable(within limit: TimeSpan) -> Bool { isReady(POLLIN, within: limit) }

  /// Whether nobody is at the other end any more, or is no longer within `limit` (POLLHUP).
  package func isHungUp(within limit: TimeSpan) -> Bool { isReady(0, within: limit) }

  /// Whether a write would go ahead at once, or does so within `limit` (poll(2)). Also true when it would fail.
  package func isWritable(within limit: TimeSpan) -> Bool { isReady(POLLOUT, within: limit) }

  private func isReady(_ events: Int32, within limit: TimeSpan) -> Bool {
    var state = pollfd(fd: raw, events: Int16(events), revents: 0)
    return retryingInterrupted { Int(poll(&state, 1, Int32(clamping: limit.nanoseconds / 1_000_000))) } != 0
  }
}

/// What one attempt to read or write came to; the fast path of the loop, which neither throws nor allocates.
package enum TransferResult: Equatable, Sendable {
  /// So many bytes; 0 from a read is the end of the stream (or an empty datagram).
  case transferred(Int)
  /// Nothing now: wait for readiness.
  case wouldBlock
  /// The error number; the descriptor is of no more use.
  case failed(Int32)

  @inline(__always)
  package static func of(_ call: () -> Int) -> TransferResult {
    let count = retryingInterrupted(call)
    if count >= 0 { return .transferred(count) }
    let number = clinux_errno()
    return number == EAGAIN ? .wouldBlock : .failed(number)
  }
}

extension BorrowedDescriptor {
  /// read(2).
  package func read(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
    .of { CLinux.read(raw, buffer.baseAddress, buffer.count) }
  }

  /// pread(2): from a place in a file, which others may share and read at theirs.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> TransferResult {
    .of { CLinux.pread(raw, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  /// write(2): may take fewer bytes than offered. SIGPIPE must be ignored or blocked.
  package func write(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
    .of { CLinux.write(raw, bytes.baseAddress, bytes.count) }
  }

  /// Writes everything to a blocking descriptor (a log, a file, a pipe).
  package func writeAll(_ bytes: UnsafeRawBufferPointer, to subject: String = "") throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let pointer = rest
      let count = try checked("write", subject) { CLinux.write(raw, pointer.baseAddress, pointer.count) }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Writes the UTF-8 of a text to a blocking descriptor.
  package func writeAll(_ text: String, to subject: String = "") throws(SystemError) {
    try writeAll(Array(text.utf8), to: subject)
  }

  /// Writes a line as one piece: what others append to the same file does not come between.
  package func writeLine(_ beginning: [UInt8], _ text: String, to subject: String = "") throws(SystemError) {
    var text = text
    let length = beginning.count + text.utf8.count + 1
    let count = try checked("write", subject) {
      text.withUTF8 { clinux_write_line(raw, beginning, beginning.count, $0.baseAddress, $0.count) }
    }
    // A disk that has just become full has taken a part: the rest says why.
    if count < length { try writeAll(Array((beginning + (text + "\n").utf8).dropFirst(count)), to: subject) }
  }

  /// Writes all bytes to a blocking descriptor.
  package func writeAll(_ bytes: [UInt8], to subject: String = "") throws(SystemError) {
    let error = bytes.withUnsafeBytes { buffer -> SystemError? in
      do throws(SystemError) {
        try writeAll(buffer, to: subject)
        return nil
      } catch {
        return error
      }
    }
    if let error { throw error }
  }

  /// Changes how many bytes a pipe holds (F_SETPIPE_SZ); returns what it holds now, nil where the kernel refuses.
  package func setPipeCapacity(_ bytes: Int) -> Int? {
    let size = clinux_fcntl(raw, F_SETPIPE_SZ, Int32(clamping: bytes))
    return size > 0 ? Int(size) : nil
  }

  /// Moves bytes between two descriptors inside the kernel; one of them must be a pipe (splice(2)).
  package func splice(to target: BorrowedDescriptor, count: Int, more: Bool = false) -> TransferResult {
    let flags = UInt32(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0))
    return .of { CLinux.splice(raw, nil, target.raw, nil, count, flags) }
  }

  /// Sends bytes of a file to a non-blocking socket inside the kernel, without copying them (sendfile(2)). A peer that
  /// is gone raises SIGPIPE, which the daemon ignores.
  package func sendFile(to socket: BorrowedDescriptor, from offset: Int, count: Int) -> TransferResult {
    var place = off_t(offset)
    return .of { CLinux.sendfile(socket.raw, raw, &place, count) }
  }
}
