import CLinux
import LinuxSystem

/// Tells the service manager how the daemon is (sd_notify(3)). Does nothing when no manager asked (NOTIFY_SOCKET
/// unset).
///
/// The variable stays set: servers never see it, since their environment is built from nothing.
package struct ServiceManagerNotifier {
  package typealias Delivery = NotifySocket.Delivery

  /// Nil when no manager asked.
  package let socket: NotifySocket?

  package init() {
    socket = CurrentProcess.environmentValue("NOTIFY_SOCKET").map { NotifySocket($0) }
  }

  /// Whether a manager listens.
  package var isActive: Bool { socket != nil }

  /// Every listener that can be bound is: whoever waits for the start may go on.
  @discardableResult
  package func ready(status: String? = nil) -> Delivery { send("READY=1", status: status) }

  /// A reload has begun; `ready` ends it. The time stamp is required by `Type=notify-reload` and ignored elsewhere.
  @discardableResult
  package func reloading(at time: MonotonicTime) -> Delivery {
    send("RELOADING=1\nMONOTONIC_USEC=\(time.nanoseconds / 1000)")
  }

  @discardableResult
  package func stopping(status: String? = nil) -> Delivery { send("STOPPING=1", status: status) }

  /// One line for people, shown by `systemctl status`.
  @discardableResult
  package func status(_ text: String) -> Delivery { send("", .status, status: text) }

  /// The loop still turns (`WatchdogSec=`).
  @discardableResult
  package func watchdog() -> Delivery { send("WATCHDOG=1", .pulse) }

  /// How often the manager wants to hear `watchdog` at the least; nil = never (sd_watchdog_enabled(3)). Read once, at
  /// the start.
  package static var watchdogInterval: TimeSpan? {
    guard let text = CurrentProcess.environmentValue("WATCHDOG_USEC"), let microseconds = Int64(text),
      microseconds > 0, microseconds < 1 << 50
    else { return nil }
    // Meant for another process, a parent of ours perhaps.
    if let pid = CurrentProcess.environmentValue("WATCHDOG_PID"), Int32(pid) != CurrentProcess.pid { return nil }
    return .microseconds(microseconds)
  }

  /// What is going on (a start, a reload) may take so much longer from now on.
  @discardableResult
  package func extendTimeout(_ span: TimeSpan) -> Delivery {
    send("EXTEND_TIMEOUT_USEC=\(span.nanoseconds / 1000)")
  }

  private func send(_ state: String, _ kind: NotifySocket.Kind = .event, status: String? = nil) -> Delivery {
    guard let socket else { return .notWanted }
    var message = state
    if let status {
      if !message.isEmpty { message += "\n" }
      message += "STATUS=" + ServiceManagerNotifier.line(status)
    }
    return socket.send(message, kind)
  }

  /// Asks the manager to keep a descriptor for the next run (`FileDescriptorStoreMax=`). A manager that keeps none drops
  /// it without a word. FDPOLL=0: the manager is not to judge by poll(2) whether a socket is still of use;
  /// `judgedByPoll` lets it, and it forgets what is broken.
  @discardableResult
  package func store(_ descriptor: BorrowedDescriptor, name: String, judgedByPoll: Bool = false) -> Delivery {
    let judgement = judgedByPoll ? "" : "FDPOLL=0\n"
    return socket?.send("FDSTORE=1\n\(judgement)FDNAME=\(name)", .event, passing: descriptor) ?? .notWanted
  }

  /// Sends a descriptor that the manager closes when it has dealt with all messages before (sd_notify_barrier(3)).
  package func barrier(_ descriptor: BorrowedDescriptor) -> Delivery {
    socket?.send("BARRIER=1", .event, passing: descriptor) ?? .notWanted
  }

  /// Makes the manager forget what it keeps under a name.
  @discardableResult
  package func removeFromStore(name: String) -> Delivery { send("FDSTOREREMOVE=1\nFDNAME=" + name) }

  /// A newline would begin another assignment: one in the text becomes a space.
  private static func line(_ text: String) -> String {
    String(decoding: text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
  }
}
