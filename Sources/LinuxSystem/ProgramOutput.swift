import CLinux

/// What a program wrote that was run to its end. For the time of loading: the caller waits.
package struct ProgramOutput {
  package let status: ExitStatus
  package let bytes: [UInt8]
  package let errors: [UInt8]

  /// Runs `path` with an empty environment and /dev/null as its input. Fails with EFBIG when it writes more than `limit`
  /// bytes, with ETIMEDOUT when it takes longer than `patience`; then it has been killed.
  package static func of(
    _ path: String, arguments: [String], limit: Int, patience: TimeSpan
  ) throws(SystemError) -> ProgramOutput {
    let output = try FileDescriptor.pipe()
    let errors = try FileDescriptor.pipe()
    let null = try FileDescriptor.open("/dev/null")
    let vector = arguments.map { strdup($0) } + [nil]
    defer { for argument in vector { free(argument) } }
    let pid = try checked("fork") { fork() }
    if pid == 0 {
      // Where the signal below is forbidden (SELinux), it ends by itself.
      clinux_end_in(Int32(patience.wholeSeconds) + 1)
      dup2(null.raw, 0)
      dup2(output.writer.raw, 1)
      dup2(errors.writer.raw, 2)
      var none: UnsafeMutablePointer<CChar>?
      execve(path, vector, &none)
      _exit(127)
    }
    let outputEnd = output.takeReader()
    let errorsEnd = errors.takeReader()
    let deadline = MonotonicTime.now + patience
    do throws(SystemError) {
      let bytes = try read(outputEnd.borrowed, limit, deadline)
      // Errors fit a pipe: they are there when the output has ended.
      let text = try read(errorsEnd.borrowed, 4096, deadline)
      return ProgramOutput(status: try ChildProcess.wait(for: pid), bytes: bytes, errors: text)
    } catch {
      try? ChildProcess.signal(pid, SIGKILL)
      _ = try? ChildProcess.wait(for: pid)
      throw error
    }
  }

  private static func read(
    _ end: BorrowedDescriptor, _ limit: Int, _ deadline: MonotonicTime
  ) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let rest = (deadline - .now).nanoseconds / 1_000_000
      var entry = pollfd(fd: end.raw, events: Int16(POLLIN), revents: 0)
      let ready = try checked("wait for a program") { poll(&entry, 1, Int32(clamping: max(rest, 0))) }
      if ready == 0 { throw SystemError("wait for a program", errno: ETIMEDOUT) }
      let count = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Int in
        guard case .transferred(let count) = end.read(into: buffer), count > 0 else { return 0 }
        bytes += buffer[..<count]
        return count
      }
      if count == 0 { return bytes }
      if bytes.count > limit { throw SystemError("read from a program", errno: EFBIG) }
    }
  }
}
