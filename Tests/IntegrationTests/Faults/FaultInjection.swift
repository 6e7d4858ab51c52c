import Foundation

/// System calls of a running process, and of what it starts, made to fail by strace from outside: the binary under test
/// is the one that is shipped. Ends with `end`, after which the kernel answers again.
final class FaultInjection {
  private let strace: ChildProcess
  private let pid: pid_t

  /// strace's own words for what fails how: `accept4:error=EMFILE`, `when=1..5` for the first five times.
  init(_ words: [String], in pid: pid_t, alone: Bool = false) throws {
    self.pid = pid
    let calls = Set(words.map { String($0.prefix { $0 != ":" }) }).sorted().joined(separator: ",")
    strace = try ChildProcess(
      ["strace"] + (alone ? [] : ["-f"]) + [
        "-p", "\(pid)", "-o", "/dev/null", "-e", "trace=\(calls)", "-e", "signal=none",
      ]
        + words.flatMap { ["-e", "inject=\($0)"] })
    try Deadline.poll("strace attached: \(strace.errors.text)") { [strace] in
      // What is injected may have ended the process already.
      if !ProcessFacts.exists(pid) { return true }
      guard strace.isRunning else { throw Failure("strace ended: \(strace.errors.text)") }
      // Seized, it runs on for a moment; strace says so when it has been interrupted, too.
      return Self.tracer(of: pid) == strace.pid && strace.errors.text.contains("Process \(pid) attached")
    }
  }

  deinit { end() }

  /// Lets go of the process, which runs on.
  func end() {
    guard strace.isRunning else { return }
    strace.send(SIGTERM)
    if (try? strace.wait(seconds: 10)) == nil { strace.end() }
  }

  private static func tracer(of pid: pid_t) -> pid_t? {
    let line = ProcessFacts.read("/proc/\(pid)/status")?.split(separator: "\n").first { $0.hasPrefix("TracerPid:") }
    return line.flatMap { pid_t($0.dropFirst(10).trimmingCharacters(in: .whitespaces)) }
  }

  /// Why no fault can be injected here; nil when it can.
  static let reasonUnavailable: String? = {
    guard let result = try? ChildProcess.run("strace", "-o", "/dev/null", "-e", "inject=getppid:error=EPERM", "true")
    else { return "strace is not installed" }
    return result.succeeded ? nil : "strace may not trace here: \(result.errors)"
  }()
}
