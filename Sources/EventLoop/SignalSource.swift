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
/// The signals must be blocked (`SignalSet.daemon.block()` at start): the daemon blocks them, so that a server's child
/// starts with all blocked until its own dispositions are in place.
package final class SignalSource: EventSource {
  private static let batchSize = 16

  private let signals: FileDescriptor
  private let handler: (SignalEvent) -> Void
  private let records: UnsafeMutableBufferPointer<signalfd_siginfo>

  package init(_ set: SignalSet, handler: @escaping (SignalEvent) -> Void) throws(SystemError) {
    signals = try FileDescriptor.signals(set)
    self.handler = handler
    records = .allocate(capacity: SignalSource.batchSize)
    records.initialize(repeating: signalfd_siginfo())
    super.init()
  }

  deinit { records.deallocate() }

  /// Starts watching.
  package func register(with loop: EventLoop) throws(SystemError) {
    try loop.add(self, signals.borrowed, .readable)
  }

  override package func handle(_ events: EventSet) {
    // A full batch leaves the rest to the next wake-up.
    guard case .transferred(let count) = signals.borrowed.read(into: UnsafeMutableRawBufferPointer(records)) else {
      return
    }
    for index in 0..<count / MemoryLayout<signalfd_siginfo>.size {
      let record = records[index]
      handler(
        SignalEvent(number: Int32(record.ssi_signo), sender: Int32(record.ssi_pid), senderUser: record.ssi_uid))
    }
  }
}
