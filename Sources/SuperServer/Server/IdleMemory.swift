import EventLoop
import LinuxSystem

/// Gives memory back when nothing has happened for a while, so that an idle daemon costs what an idle daemon needs: the
/// code of a start or of a burst need not stay mapped (`CurrentProcess.releaseMemory`).
///
/// A quiet second is what counts. While there is work the timer fires once a second; an idle daemon has no timer.
final class IdleMemory {
  private static let quiet = TimeSpan.seconds(1)

  private let loop: EventLoop
  private var hasWorked = false
  private var timer: ActionTimer?

  init(_ loop: EventLoop) { self.loop = loop }

  /// To be called for every piece of work; costs a comparison while work goes on.
  func noteWork() {
    if hasWorked { return }
    hasWorked = true
    let timer = timer ?? ActionTimer { [unowned(unsafe) self] in look() }
    self.timer = timer
    if !timer.isScheduled { loop.schedule(timer, after: IdleMemory.quiet) }
  }

  private func look() {
    guard hasWorked else { return loop.beforeSleep { CurrentProcess.releaseMemory() } }
    hasWorked = false
    if let timer { loop.schedule(timer, after: IdleMemory.quiet) }
  }
}
