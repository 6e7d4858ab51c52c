import CLinux

/// How a process ended.
package enum ExitStatus: Equatable, Sendable {
  case exited(Int32)
  case killed(signal: Int32, dumpedCore: Bool)

  package var isSuccess: Bool { self == .exited(0) }

  /// The signal's name without SIG (`TERM`), for people.
  package static func signalName(_ signal: Int32) -> String {
    guard let name = sigabbrev_np(signal) else { return "\(signal)" }
    return String(cString: name)
  }
}

/// A child that has been collected.
package struct ReapedChild: Equatable, Sendable {
  package let pid: Int32
  package let status: ExitStatus
}

/// Other processes: ending and collecting them.
package enum ChildProcess {
  /// Collects one child that has ended, without waiting. Nil when there is none. Call until nil after each SIGCHLD:
  /// the kernel merges signals.
  package static func reap() -> ReapedChild? {
    var code: Int32 = 0
    var status: Int32 = 0
    let pid = retryingInterrupted { clinux_reap(&code, &status) }
    guard pid > 0 else { return nil }
    if code == Int32(CLD_EXITED) { return ReapedChild(pid: pid, status: .exited(status)) }
    return ReapedChild(pid: pid, status: .killed(signal: status, dumpedCore: code == Int32(CLD_DUMPED)))
  }

  /// Waits for one child to end. Only for the launcher in the foreground; the loop never waits.
  package static func wait(for pid: Int32) throws(SystemError) -> ExitStatus {
    var status: Int32 = 0
    try checked("wait for process", "\(pid)") { waitpid(pid, &status, 0) }
    // wait(2): the low 7 bits are the signal, the eighth the core flag, the next byte the exit status.
    let signal = status & 0x7f
    return signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: signal, dumpedCore: status & 0x80 != 0)
  }

  /// kill(2).
  package static func signal(_ pid: Int32, _ number: Int32) throws(SystemError) {
    try checked("signal process", "\(pid)") { kill(pid, number) }
  }

  /// Signals a server that has not been reaped, with all it has started: the process group it leads (killpg(3)).
  ///
  /// A server that has just been started may not have made its group yet: then it is signalled alone.
  package static func signalGroup(_ leader: Int32, _ number: Int32) throws(SystemError) {
    if killpg(leader, number) == 0 { return }
    if clinux_errno() != ESRCH { throw SystemError.last("signal process group", "\(leader)") }
    try checked("signal process", "\(leader)") { kill(leader, number) }
  }

  /// Kills what a server that has just been reaped left in its process group. The group keeps its number while it has
  /// members; nobody else is meant.
  package static func killRemains(ofGroup leader: Int32) { _ = killpg(leader, SIGKILL) }

  /// Whether a process exists, whoever owns it.
  package static func exists(_ pid: Int32) -> Bool {
    kill(pid, 0) == 0 || clinux_errno() == EPERM
  }
}
