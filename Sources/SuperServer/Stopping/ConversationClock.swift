import EventLoop
import LinuxSystem
import ServiceModel

/// The times of a connection that is served inside the loop; the same as a server's.
final class ConversationClock: LoopTimer {
  private let loop: EventLoop
  private let runtimeEnd: MonotonicTime?
  private let silence: TimeSpan?
  private var lastTraffic: MonotonicTime
  private let ended: (StopReason) -> Void

  private init(_ loop: EventLoop, _ times: TimeoutDefinition, ended: @escaping (StopReason) -> Void) {
    self.loop = loop
    runtimeEnd = times.maxRuntime.map { loop.now + .seconds(Int64($0)) }
    silence = times.idle.map { .seconds(Int64($0)) }
    lastTraffic = loop.now
    self.ended = ended
    super.init()
  }

  /// Starts a clock for a conversation that begins now; nil where the service has no such times. `ended` is called once,
  /// unless the clock is cancelled before.
  static func start(
    _ loop: EventLoop, _ times: TimeoutDefinition, ended: @escaping (StopReason) -> Void
  ) -> ConversationClock? {
    guard times.maxRuntime != nil || times.idle != nil else { return nil }
    let clock = ConversationClock(loop, times, ended: ended)
    clock.scheduleNext()
    return clock
  }

  /// A byte has passed.
  func noteTraffic() { lastTraffic = loop.now }

  func cancel() { loop.cancel(self) }

  private func scheduleNext() {
    let idleEnd = silence.map { lastTraffic + $0 }
    guard let next = runtimeEnd.map({ end in idleEnd.map { min($0, end) } ?? end }) ?? idleEnd else { return }
    loop.schedule(self, at: next)
  }

  override func fire() {
    if let runtimeEnd, runtimeEnd <= loop.now { return ended(.maxRuntime) }
    if let silence, lastTraffic + silence <= loop.now { return ended(.idleTimeout) }
    scheduleNext()
  }
}
