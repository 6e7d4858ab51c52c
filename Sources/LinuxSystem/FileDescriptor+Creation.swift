import CLinux

extension FileDescriptor {
  /// open(2). `flags` are O_* without O_CLOEXEC, which is always added; so is O_NOCTTY.
  package static func open(
    _ path: String, flags: Int32 = O_RDONLY, mode: UInt32 = 0o666
  ) throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try checked("open", path) { clinux_open(path, flags | O_CLOEXEC | O_NOCTTY, mode_t(mode)) })
  }

  /// A pipe: what is written to `writer` comes out of `reader`.
  package static func pipe(nonblocking: Bool = false) throws(SystemError) -> Pipe {
    var ends: (Int32, Int32) = (-1, -1)
    try checked("create pipe") {
      withUnsafeMutableBytes(of: &ends) {
        CLinux.pipe2($0.baseAddress!.assumingMemoryBound(to: Int32.self), O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0))
      }
    }
    return Pipe(reader: FileDescriptor(owning: ends.0), writer: FileDescriptor(owning: ends.1))
  }

  /// Two unix sockets that are connected and keep messages apart (SOCK_SEQPACKET). Each reads what the other writes.
  package static func messagePair() throws(SystemError) -> Pipe {
    var ends: (Int32, Int32) = (-1, -1)
    try checked("create socket pair") { clinux_message_pair(&ends.0, &ends.1) }
    return Pipe(reader: FileDescriptor(owning: ends.0), writer: FileDescriptor(owning: ends.1))
  }

  /// An event counter (eventfd(2)), non-blocking.
  package static func eventCounter() throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try checked("create event counter") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
  }

  /// A file without a name, in memory (memfd_create(2)), that can be sealed.
  package static func memory(name: String) throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try checked("create memory file", name) { memfd_create(name, UInt32(MFD_CLOEXEC | MFD_ALLOW_SEALING)) })
  }

  /// The same with contents that nobody can change any more.
  package static func memory(name: String, holding bytes: [UInt8]) throws(SystemError) -> FileDescriptor {
    let file = try memory(name: name)
    try file.borrowed.writeAll(bytes, to: name)
    let seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL
    try checked("seal memory file", name) { clinux_fcntl(file.raw, F_ADD_SEALS, seals) }
    return file
  }

  /// An epoll instance.
  package static func epoll() throws(SystemError) -> FileDescriptor {
    FileDescriptor(owning: try checked("create epoll instance") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
  }

  /// A non-blocking descriptor that reads `signalfd_siginfo` records of the signals in `set`, which must be blocked.
  package static func signals(_ set: SignalSet) throws(SystemError) -> FileDescriptor {
    var mask = set.mask
    return FileDescriptor(
      owning: try checked("create signal descriptor") {
        signalfd(-1, &mask, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
      })
  }

  /// A non-blocking timer descriptor on the monotonic clock.
  package static func timer() throws(SystemError) -> FileDescriptor {
    FileDescriptor(
      owning: try checked("create timer descriptor") {
        timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
      })
  }

  /// A reference to a process that cannot come to mean another (pidfd_open(2)); readable when the process has ended.
  package static func process(_ pid: Int32) throws(SystemError) -> FileDescriptor {
    // The kernel makes every pidfd close-on-exec.
    FileDescriptor(owning: try checked("open process", "\(pid)") { clinux_pidfd_open(pid) })
  }
}

/// The two ends of a pipe. Public for the reason `FileDescriptor` is.
public struct Pipe: ~Copyable {
  package var reader: FileDescriptor
  package var writer: FileDescriptor

  package init(reader: consuming FileDescriptor, writer: consuming FileDescriptor) {
    self.reader = reader
    self.writer = writer
  }

  /// Keeps the reading end and closes the other.
  package consuming func takeReader() -> FileDescriptor { reader }

  /// Keeps the writing end and closes the other.
  package consuming func takeWriter() -> FileDescriptor { writer }
}
