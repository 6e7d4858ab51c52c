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
    let result = sd_notify(0, message)
    if result > 0 { return .sent }
    return result == 0 ? .notWanted : .failed(SystemError("notify the service manager", errno: -result))
  }

  /// A newline would begin another assignment: one in the text becomes a space.
  private static func line(_ text: String) -> String {
    String(decoding: text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
  }
}
