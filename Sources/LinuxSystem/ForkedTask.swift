import CLinux

/// Work that would block the loop, done in a copy of this process: the result comes back as bytes through a pipe.
package enum ForkedTask {
  /// Forks and runs `work` in the child, which writes what it returns and ends. The parent reads the pipe until its end
  /// and reaps the child, known by its pid.
  ///
  /// Only for a process with one thread: then all of libc is usable in the child (fork(2)). The child has nothing of the
  /// parent's but its standard streams: a connection that the parent closes meanwhile, or a lock, must not live on here.
  package static func start(_ work: () -> [UInt8]) throws(SystemError) -> (reader: Int32, pid: Int32) {
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    let pid = try checked("fork") { fork() }
    if pid == 0 {
      let writer = BorrowedDescriptor(raw: 3)
      _ = dup2(pipe.writer.raw, writer.raw)
      _ = clinux_close_range(4, .max, 0)
      let bytes = work()
      // A result is smaller than a pipe, so that a non-blocking write takes it whole.
      bytes.withUnsafeBytes { _ = writer.write($0) }
      _exit(0)
    }
    return (pipe.takeReader().release(), pid)
  }
}
