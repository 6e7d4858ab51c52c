import CLinux

/// Going into the background so that the command returns only when the daemon is ready, or with the reason why not.
///
/// The launcher waits at a pipe. The daemon sends one report: its exit status (0: ready) and the lines for stderr. A
/// daemon that dies without a report is reported with what killed it.
package enum BackgroundLaunch {
  package enum Role {
    /// In the process that was started: the daemon's report has come, print the text and exit with the status.
    case launcher(status: Int32, text: String)
    /// In the background process, which leads a new session. Its standard descriptors are still the launcher's.
    case daemon(ReadinessReport)
  }

  /// Forks. Must run before the event loop, threads or locks that a fork would split.
  @export(interface) package static func detach() throws(SystemError) -> Role {
    let pipe = try FileDescriptor.pipe()
    let pid = try checked("fork") { fork() }
    if pid == 0 {
      try CurrentProcess.startSession()
      return .daemon(ReadinessReport(descriptor: pipe.takeWriter()))
    }
    let text = report(pipe.takeReader())
    if let status = text.first {
      return .launcher(status: Int32(status), text: String(decoding: text.dropFirst(), as: UTF8.self))
    }
    switch try ChildProcess.wait(for: pid) {
    case .exited(let status): return .launcher(status: status == 0 ? 71 : status, text: "")
    case .killed(let signal, _):
      return .launcher(
        status: 71, text: "inetd: killed by SIG\(ExitStatus.signalName(signal)) before it was ready\n")
    }
  }

  /// Everything until the other end closes; bounded, since it is only for a person to read.
  private static func report(_ reader: consuming FileDescriptor) -> [UInt8] {
    var text: [UInt8] = []
    let raw = reader.raw
    while text.count < 1 << 16 {
      let count = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Int in
        let count = retryingInterrupted { CLinux.read(raw, buffer.baseAddress, 4096) }
        if count > 0 { text.append(contentsOf: UnsafeRawBufferPointer(buffer)[..<count]) }
        return count
      }
      if count <= 0 { break }
    }
    return text
  }
}

/// The daemon's end of the launch: to be used once.
package final class ReadinessReport {
  private var descriptor: FileDescriptor?

  init(descriptor: consuming FileDescriptor) { self.descriptor = consume descriptor }

  /// Lets the launcher go: status 0 means ready, any other is its exit status. The text goes to its stderr.
  @export(interface) package func send(status: UInt8, text: String = "") {
    guard let descriptor = descriptor.take() else { return }
    let message = [status] + Array(text.utf8)
    // A launcher that has gone needs no report.
    message.withUnsafeBytes { _ = try? descriptor.borrowed.writeAll($0) }
  }
}
