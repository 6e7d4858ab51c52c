import CLinux
import CSystemd
import LinuxSystem

/// Tells the service manager how the daemon is (sd_notify(3)). Does nothing when no manager asked (NOTIFY_SOCKET
/// unset).
///
/// The variable stays set: servers never see it, since their environment is built from nothing.
package struct ServiceManagerNotifier {
  /// Whether a manager listens.
  package let isActive: Bool

  package init() { isActive = CurrentProcess.environmentValue("NOTIFY_SOCKET") != nil }

  /// Every listener that can be bound is: whoever waits for the start may go on.
  @discardableResult
  package func ready(status: String? = nil) -> Delivery { send("READY=1", status: status) }

  /// A reload has begun; `ready` ends it. The time stamp is required by `Type=notify-reload` and ignored elsewhere.
  @discardableResult
  package func reloading(at time: MonotonicTime) -> Delivery {
    send("RELOADING=1\nMONOTONIC_USEC=\(time.nanoseconds / 1000)", status: nil)
  }

  @discardableResult
  package func stopping(status: String? = nil) -> Delivery { send("STOPPING=1", status: status) }

  /// One line for people, shown by `systemctl status`.
  @discardableResult
  package func status(_ text: String) -> Delivery { send(nil, status: text) }

  /// The loop still turns (`WatchdogSec=`).
  @discardableResult
  package func watchdog() -> Delivery { send("WATCHDOG=1", status: nil) }

  /// How often the manager wants to hear `watchdog` at the least; nil = never. Read once, at the start.
  package static var watchdogInterval: TimeSpan? {
    var microseconds: UInt64 = 0
    guard csystemd_watchdog_enabled(&microseconds) > 0, microseconds > 0, microseconds < 1 << 50 else { return nil }
    return .microseconds(Int64(microseconds))
  }

  /// What is going on (a start, a reload) may take so much longer from now on.
  @discardableResult
  package func extendTimeout(_ span: TimeSpan) -> Delivery {
    send("EXTEND_TIMEOUT_USEC=\(span.nanoseconds / 1000)", status: nil)
  }

  /// What became of a message. None of these stops the daemon.
  package enum Delivery: Equatable {
    case sent
    /// No manager asked for messages.
    case notWanted
    case failed(SystemError)
  }

  private func send(_ state: String?, status: String?) -> Delivery {
    guard isActive else { return .notWanted }
    var message = state ?? ""
    if let status {
      if !message.isEmpty { message += "\n" }
      message += "STATUS=" + ServiceManagerNotifier.line(status)
    }
    return outcome(csystemd_notify(message))
  }

  /// Asks the manager to keep a descriptor for the next run (`FileDescriptorStoreMax=`). A manager that keeps none drops
  /// it without a word. FDPOLL=0: the manager is not to judge by poll(2) whether a socket is still of use.
  @discardableResult
  package func store(_ descriptor: BorrowedDescriptor, name: String) -> Delivery {
    guard isActive else { return .notWanted }
    var raw = descriptor.raw
    return outcome(csystemd_notify_with_fds("FDSTORE=1\nFDPOLL=0\nFDNAME=" + name, &raw, 1))
  }

  /// Makes the manager forget what it keeps under a name.
  @discardableResult
  package func removeFromStore(name: String) -> Delivery { send("FDSTOREREMOVE=1\nFDNAME=" + name, status: nil) }

  private func outcome(_ result: Int32) -> Delivery {
    if result > 0 { return .sent }
    return result == 0 ? .notWanted : .failed(SystemError("notify the service manager", errno: -result))
  }

  /// A newline would begin another assignment: one in the text becomes a space.
  private static func line(_ text: String) -> String {
    String(decoding: text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
  }
}
