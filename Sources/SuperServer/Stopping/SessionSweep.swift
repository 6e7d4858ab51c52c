import CLinux
import EventLoop
import LinuxSystem

/// Ends what is left of servers' sessions: processes that have left their server's process group, as job control makes
/// them, and that no control group or process namespace holds.
///
/// One look through /proc serves all servers that end at a time, and there is at most one look a second.
final class SessionSweep: LoopTimer {
  private static let interval = TimeSpan.seconds(1)

  private let loop: EventLoop
  /// The sessions by the number of their first process, with the time (since boot) at which the number surely was
  /// theirs: what began later in a session of that number may be somebody else's.
  private var waiting: [Int32: Int64] = [:]
  private var lastSweep: MonotonicTime?

  init(_ loop: EventLoop) {
    self.loop = loop
    super.init()
  }

  /// Ends all processes of the session that `leader` began.
  func end(_ leader: Int32) {
    waiting[leader] = ProcessStatus.now
    schedule()
  }

  private func schedule() {
    if isScheduled { return }
    let earliest = lastSweep.map { $0 + SessionSweep.interval } ?? loop.now
    loop.schedule(self, at: max(earliest, loop.now))
  }

  override func fire() {
    lastSweep = loop.now
    let sessions = waiting
    let now = ProcessStatus.now
    waiting = [:]
    guard let names = try? FileSystem.names(in: "/proc") else { return }
    for name in names {
      guard let pid = Int32(name), let status = ProcessStatus.of(pid), status.group > 1,
        let end = sessions[status.session], status.started <= end
      else { continue }
      // The whole group at a time: the kernel lets none of its processes fork past the signal.
      ChildProcess.killRemains(ofGroup: status.group)
      waiting[status.session] = now
    }
    // Looked for again until there is nobody left.
    if !waiting.isEmpty { schedule() }
  }
}
