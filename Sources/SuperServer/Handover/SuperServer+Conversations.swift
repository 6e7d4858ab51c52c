import CLinux
import EventLoop
import LinuxSystem
import ServiceModel

// Built-ins and redirects live in the loop and would end with it: while the program executes itself anew, a copy of this
// process stays behind until the last of them is over.
extension SuperServer {
  /// Leaves the conversations to a copy; nil when there are none. When the returned descriptor closes, which execution
  /// does, the copy goes on with them; a byte written to it makes the copy vanish.
  func leaveConversations() throws(SystemError) -> FileDescriptor? {
    guard loop.hasConversations else { return nil }
    let verdict = try FileDescriptor.pipe()
    let readiness = try FileDescriptor.pipe()
    let pid = try checked("fork") { fork() }
    if pid == 0 { goOnInCopy(telling: readiness.takeWriter(), until: verdict.takeReader()) }
    let ready = readiness.takeReader()
    var byte: UInt8 = 0
    // A moment: the copy only lets go of what is the daemon's alone.
    guard case .transferred(1) = withUnsafeMutableBytes(of: &byte, { ready.borrowed.read(into: $0) }) else {
      throw SystemError("leave conversations to process", "\(pid)", errno: ECHILD)
    }
    return verdict.takeWriter()
  }

  /// The copy: neither listens nor starts servers, and ends with its last conversation.
  private func goOnInCopy(telling readiness: consuming FileDescriptor, until verdict: consuming FileDescriptor) -> Never
  {
    guard keepOnlyConversations() else { _exit(1) }
    let ready: UInt8 = 1
    let writer = readiness.borrowed
    _ = withUnsafeBytes(of: ready) { writer.write($0) }
    _ = consume readiness
    let parent = verdict.borrowed
    var byte: UInt8 = 0
    // Not executed after all: the conversations stay where they were.
    if case .transferred(1) = withUnsafeMutableBytes(of: &byte, { parent.read(into: $0) }) { _exit(0) }
    _ = consume verdict
    while loop.sourceCount > 0 {
      do throws(SystemError) {
        try loop.runBatch()
      } catch {
        _exit(1)
      }
    }
    _exit(0)
  }

  private func keepOnlyConversations() -> Bool {
    do throws(SystemError) {
      try loop.keepConversations()
    } catch {
      return false
    }
    letGoInCopy()
    for service in services.values { service.letGoInCopy() }
    // Nobody waits for children here, and an administrator's signals for the daemon are not for the copy.
    CurrentProcess.ignoreSignal(SIGCHLD)
    for signal in [SIGHUP, SIGUSR1, SIGUSR2] { CurrentProcess.ignoreSignal(signal) }
    SignalSet().block()
    return true
  }
}

extension ServiceRuntime {
  /// In a copy of the process: the sockets are the daemon's.
  fileprivate func letGoInCopy() {
    for listener in listeners { listener.letGo() }
    listeners = []
    activity?.postponed = []
  }
}
