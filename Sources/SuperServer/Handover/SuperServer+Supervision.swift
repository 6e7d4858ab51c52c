import EventLoop
import LinuxSystem
import SystemdIntegration

// What the service manager hears while the daemon runs.
extension SuperServer {
  /// The watchdog's pulse comes from the loop itself: a loop that no longer turns falls silent.
  func startWatchdog() {
    guard let interval = ServiceManagerNotifier.watchdogInterval else { return }
    let timer = ActionTimer { [unowned(unsafe) self] in pulse(interval) }
    watchdogTimer = timer
    pulse(interval)
  }

  private func pulse(_ interval: TimeSpan) {
    told(notifier.watchdog())
    // Twice as often as asked, as sd_watchdog_enabled(3) recommends.
    if let watchdogTimer { loop.schedule(watchdogTimer, after: TimeSpan(nanoseconds: interval.nanoseconds / 2)) }
  }

  /// A number in the status line may have changed: it is told at most once a second, and nothing wakes while nothing
  /// changes.
  func statusChanged() {
    guard notifier.isActive else { return }
    let timer = statusTimer ?? ActionTimer { [unowned(unsafe) self] in tellStatus() }
    statusTimer = timer
    if !timer.isScheduled { loop.schedule(timer, after: .seconds(1)) }
  }

  private func tellStatus() {
    let line = statusLine
    if line == lastStatus { return }
    lastStatus = line
    told(notifier.status(line))
  }

  /// A start, a reload or a stop is under way and may take its time: the service manager is to wait for it
  /// (`TimeoutStartSec=`, `TimeoutStopSec=`). Asked for as the work goes on, at most once a second; `again` begins anew.
  @export(interface) package func askForTime(again: Bool = false) {
    let now = MonotonicTime.now
    if !again, let timeAskedAt, now - timeAskedAt < .seconds(1) { return }
    timeAskedAt = now
    told(notifier.extendTimeout(.seconds(60)))
  }

  /// Whether a service manager started us, which can keep descriptors for the next run.
  static func keepsDescriptors(_ notifier: ServiceManagerNotifier) -> Bool {
    notifier.isActive
      && (CurrentProcess.environmentValue("FDSTORE") != nil || CurrentProcess.environmentValue("INVOCATION_ID") != nil)
  }
}

// Messages reach the service manager, or the administrator learns that they do not; serving goes on either way.
extension SuperServer {
  /// How long the service manager may leave messages unread before the log says so.
  private static let patience = TimeSpan.seconds(10)

  /// Whether a message has reached the service manager, or will. The first failure is logged.
  @discardableResult
  func told(_ delivery: ServiceManagerNotifier.Delivery) -> Bool {
    switch delivery {
    case .sent, .queued: return true
    case .notWanted: return false
    case .failed(let error):
      if !notifierHasFailed {
        notifierHasFailed = true
        log.systemFailure(error, consequence: "the service manager may not know how the daemon is; it serves on")
      }
      return false
    }
  }

  /// Has messages that find no room follow as soon as there is some.
  func awaitManagersRoom() {
    guard let socket = notifier.socket else { return }
    let complaint = ActionTimer { [unowned(unsafe) self] in
      if socket.hasWaiting { log.managerDoesNotRead() }
    }
    let room = ManagersRoom(socket, in: loop) { [unowned(unsafe) self] error in
      if let error { told(.failed(error)) }
      if !socket.hasWaiting { loop.cancel(complaint) }
    }
    socket.becameCongested = { [unowned(unsafe) self] in
      room.await()
      loop.schedule(complaint, after: SuperServer.patience)
    }
  }
}

/// Waits for room at the service manager's socket while messages wait.
private final class ManagersRoom: EventSource {
  private let socket: NotifySocket
  private unowned(unsafe) let loop: EventLoop
  private let flushed: (SystemError?) -> Void

  init(_ socket: NotifySocket, in loop: EventLoop, flushed: @escaping (SystemError?) -> Void) {
    self.socket = socket
    self.loop = loop
    self.flushed = flushed
    super.init()
  }

  func await() {
    guard socket.hasWaiting, let descriptor = socket.descriptor else { return }
    do throws(SystemError) {
      try loop.add(self, descriptor, .writable)
    } catch {
      flushed(error)
    }
  }

  override func handle(_ events: EventSet) {
    // Sending may open the socket anew.
    loop.remove(self)
    flushed(socket.flush())
    self.await()
  }
}
