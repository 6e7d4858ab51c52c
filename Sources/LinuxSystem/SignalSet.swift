import CLinux

/// A set of signals.
package struct SignalSet {
  package private(set) var mask = sigset_t()

  /// The empty set.
  package init() { sigemptyset(&mask) }

  package init(_ signals: [Int32]) {
    sigemptyset(&mask)
    for signal in signals { sigaddset(&mask, signal) }
  }

  /// All signals that can be blocked.
  package static var all: SignalSet {
    var set = SignalSet()
    sigfillset(&set.mask)
    return set
  }

  /// What the daemon blocks: all but SIGABRT, by which systemd's watchdog ends a daemon that hangs. Blocked, it would stay
  /// pending, and the hang go on until systemd loses patience.
  package static var daemon: SignalSet {
    var set = all
    sigdelset(&set.mask, SIGABRT)
    return set
  }

  package mutating func insert(_ signal: Int32) { sigaddset(&mask, signal) }

  package func contains(_ signal: Int32) -> Bool {
    withUnsafePointer(to: mask) { sigismember($0, signal) == 1 }
  }

  /// Makes this the thread's signal mask.
  package func block() {
    var mask = mask
    sigprocmask(SIG_SETMASK, &mask, nil)
  }

  /// The thread's signal mask.
  package static var blocked: SignalSet {
    var set = SignalSet()
    sigprocmask(SIG_SETMASK, nil, &set.mask)
    return set
  }
}
