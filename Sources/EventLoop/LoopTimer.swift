import LinuxSystem

/// Something that happens once at a time. The loop keeps it alive while it is scheduled. Open, hence public: Swift has
/// no package-wide subclassing.
open class LoopTimer {
  /// The place in the heap, -1 when not scheduled.
  final var index = -1
  final var deadline = MonotonicTime(nanoseconds: 0)

  /// A timer that is not scheduled.
  public init() {}

  /// Whether the timer waits for its time.
  public final var isScheduled: Bool { index >= 0 }

  /// The time has come. The timer is no longer scheduled and may be scheduled again.
  open func fire() {}
}

/// A timer that calls a closure.
package final class ActionTimer: LoopTimer {
  private let action: () -> Void

  package init(_ action: @escaping () -> Void) { self.action = action }

  override package func fire() { action() }
}

/// Timers ordered by deadline: a binary heap in which each timer knows its place, so that cancelling costs no search.
struct TimerHeap {
  private var timers: [LoopTimer] = []

  var count: Int { timers.count }
  var earliest: MonotonicTime? { timers.first?.deadline }

  /// Adds a timer, or moves it when it is there already. O(log n).
  mutating func insert(_ timer: LoopTimer, at deadline: MonotonicTime) {
    timer.deadline = deadline
    if timer.index < 0 {
      timer.index = timers.count
      timers.append(timer)
    }
    siftUp(timer.index)
    siftDown(timer.index)
  }

  /// Takes a timer out. O(log n).
  mutating func remove(_ timer: LoopTimer) {
    let index = timer.index
    guard index >= 0 else { return }
    precondition(index < timers.count && timers[index] === timer, "the timer belongs to another loop")
    let last = timers.removeLast()
    timer.index = -1
    if last === timer { return }
    timers[index] = last
    last.index = index
    siftUp(index)
    siftDown(last.index)
  }

  /// Takes all timers out.
  mutating func removeAll() {
    for timer in timers { timer.index = -1 }
    timers = []
  }

  /// Takes out the earliest timer if it is due.
  mutating func popDue(_ now: MonotonicTime) -> LoopTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      if timers[parent].deadline <= timers[index].deadline { return }
      swap(index, parent)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var child = 2 * index + 1
      if child >= timers.count { return }
      if child + 1 < timers.count && timers[child + 1].deadline < timers[child].deadline { child += 1 }
      if timers[index].deadline <= timers[child].deadline { return }
      swap(index, child)
      index = child
    }
  }

  private mutating func swap(_ left: Int, _ right: Int) {
    timers.swapAt(left, right)
    timers[left].index = left
    timers[right].index = right
  }
}
