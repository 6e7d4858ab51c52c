import CLinux
import LinuxSystem

/// A signal as the kernel reports it.
package struct SignalEvent: Equatable, Sendable {
  package let number: Int32
  /// Who sent it, 0 when the kernel did.
  package let sender: Int32
  package let senderUser: UInt32
}

/// Signals as events of the loop, instead of interruptions.
///
/// The signals must be blocked (`SignalSet.all.block()` at start): the daemon blocks all, so that a server's child starts
/// with all blocked until its own dispositions are in place.
package final class SignalSource: EventSource {
  private let signals: FileDescriptor
  private let handler: (SignalEvent) -> Void

  package init(_ set: SignalSet, handler: @escaping (SignalEvent) -> Void) throws(SystemError) {
    signals = try FileDescriptor.signals(set)
    self.handler = handler
    super.init()
  }

  /// Starts watching.
  package func register(with loop: EventLoop) throws(SystemError) {
    try loop.add(self, signals.borrowed, .readable)
  }

  override package func handle(_ events: EventSet) {
    var record = signalfd_siginfo()
    while true {
      let result = withUnsafeMutableBytes(of: &record) { signals.borrowed.read(into: $0) }
      guard case .transferred(let count) = result, count == MemoryLayout<signalfd_siginfo>.size else { return }
      handler(
        SignalEvent(number: Int32(record.ssi_signo), sender: Int32(record.ssi_pid), senderUser: record.ssi_uid))
    }
  }
}
