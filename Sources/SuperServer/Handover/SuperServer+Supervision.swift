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
    notifier.watchdog()
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
    notifier.status(line)
  }

  /// Whether a service manager started us, which can keep descriptors for the next run.
  static func keepsDescriptors(_ notifier: ServiceManagerNotifier) -> Bool {
    notifier.isActive
      && (CurrentProcess.environmentValue("FDSTORE") != nil || CurrentProcess.environmentValue("INVOCATION_ID") != nil)
  }
}
