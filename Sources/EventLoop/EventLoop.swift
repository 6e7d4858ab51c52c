import CLinux
import LinuxSystem

/// One thread that sleeps until a descriptor is ready or a timer is due.
///
/// Identity of a registration is its place in a table plus that place's generation, never the descriptor's number: the
/// kernel reuses numbers at once, so that an event fetched before a close could reach the wrong connection.
public final class EventLoop {
  private struct Slot {
    var source: EventSource?
    var generation: UInt32 = 0
  }

  /// Events fetched with one call; more wait for the next.
  private static let batchSize = 128

  private var poll: FileDescriptor
  private let events: UnsafeMutablePointer<epoll_event>
  private var slots: [Slot] = []
  private var free: [Int32] = []
  private var timers = TimerHeap()
  private var isRunning = false
  private var deferred: [() -> Void] = []
  private var sleepAction: (() -> Void)?

  /// The time of the last wake-up: good enough for everything that happens in one batch, and free.
  package private(set) var now: MonotonicTime

  /// Called after each batch of events and timers: the place to flush what was gathered. Costs one branch when unset.
  package var batchEnded: (() -> Void)?

  @export(interface) package init() throws(SystemError) {
    poll = try FileDescriptor.epoll()
    events = .allocate(capacity: EventLoop.batchSize)
    events.initialize(repeating: epoll_event(), count: EventLoop.batchSize)
    now = .now
  }

  deinit { events.deallocate() }

  /// The epoll instance, for asking what it watches.
  package var descriptor: BorrowedDescriptor { poll.borrowed }

  /// Sources being watched.
  package var sourceCount: Int { slots.count - free.count }

  /// Places for sources, those that are empty now among them: `source(at:)` takes 0 to one less.
  package var placeCount: Int { slots.count }

  /// The source that is being watched at a place.
  @export(interface) package func source(at place: Int) -> EventSource? { slots[place].source }
}

// Registration.
extension EventLoop {
  /// Watches `descriptor` for `interest` and tells `source`. The descriptor stays the caller's, who removes the source
  /// before closing it.
  @export(interface) package func add(
    _ source: EventSource, _ descriptor: BorrowedDescriptor, _ interest: EventSet
  ) throws(SystemError) {
    precondition(!source.isRegistered, "a source watches one descriptor")
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
    } else {
      slot = Int32(slots.count)
      slots.append(Slot())
    }
    do throws(SystemError) {
      try control(EPOLL_CTL_ADD, descriptor.raw, slot, interest)
    } catch {
      free.append(slot)
      throw error
    }
    slots[Int(slot)].source = source
    source.slot = slot
    source.descriptor = descriptor.raw
    source.interest = interest
  }

  /// Changes what a registered source is watched for; an empty set keeps it registered but quiet (except for errors and
  /// hang-ups, which the kernel always reports).
  @export(interface) package func modify(_ source: EventSource, _ interest: EventSet) throws(SystemError) {
    precondition(source.isRegistered, "only a registered source can change its interest")
    if source.interest == interest { return }
    try control(EPOLL_CTL_MOD, source.descriptor, source.slot, interest)
    source.interest = interest
  }

  /// Stops watching. Events of this batch that were already fetched for the source are dropped. Harmless when it is not
  /// registered.
  @export(interface) package func remove(_ source: EventSource) {
    guard source.isRegistered else { return }
    var event = epoll_event()
    // Fails only when the descriptor has been closed too early; then the kernel has forgotten it already.
    _ = epoll_ctl(poll.raw, EPOLL_CTL_DEL, source.descriptor, &event)
    let slot = source.slot
    source.slot = -1
    source.descriptor = -1
    source.interest = []
    slots[Int(slot)].source = nil
    slots[Int(slot)].generation &+= 1
    free.append(slot)
  }

  private func control(
    _ operation: Int32, _ descriptor: Int32, _ slot: Int32, _ interest: EventSet
  ) throws(SystemError) {
    var event = epoll_event()
    event.events = interest.rawValue
    event.data.u64 = UInt64(slots[Int(slot)].generation) << 32 | UInt64(UInt32(bitPattern: slot))
    try checked("watch descriptor", "\(descriptor)") { epoll_ctl(poll.raw, operation, descriptor, &event) }
  }
}

// Timers.
extension EventLoop {
  /// Fires `timer` once at or soon after `time`. A scheduled timer is moved.
  @export(interface) package func schedule(_ timer: LoopTimer, at time: MonotonicTime) {
    timers.insert(timer, at: time)
  }

  /// Fires `timer` once, `span` after the loop's present time.
  @export(interface) package func schedule(_ timer: LoopTimer, after span: TimeSpan) {
    timers.insert(timer, at: now + span)
  }

  /// Harmless when the timer is not scheduled.
  @export(interface) package func cancel(_ timer: LoopTimer) { timers.remove(timer) }

  /// Timers that are waiting.
  package var timerCount: Int { timers.count }

  /// Runs `action` once when the present batch is done, before the loop sleeps.
  @export(interface) package func afterBatch(_ action: @escaping () -> Void) { deferred.append(action) }

  /// Runs `action` once, as the very last thing before the loop next sleeps: for giving up memory that any work in
  /// between would take again. The last action given counts.
  package func beforeSleep(_ action: @escaping () -> Void) { sleepAction = action }
}

// Running.
extension EventLoop {
  /// Runs until `stop`. Throws only when epoll itself fails, which no remote can cause.
  @export(interface) package func run() throws(SystemError) {
    isRunning = true
    while isRunning { try runBatch() }
  }

  /// Ends `run` when the present batch is done.
  @export(interface) package func stop() { isRunning = false }

  /// Waits for one batch of events or timers and handles it; at most until `limit` has passed.
  @export(interface) package func runBatch(limit: TimeSpan? = nil) throws(SystemError) {
    let nanoseconds = timeout(limit)
    var count: Int32 = 0
    if nanoseconds != 0, let action = sleepAction {
      // What waits already comes first: it would take again what is given up.
      count = clinux_epoll_wait(poll.raw, events, Int32(EventLoop.batchSize), 0)
      if count == 0 {
        sleepAction = nil
        action()
      }
    }
    if count == 0 { count = clinux_epoll_wait(poll.raw, events, Int32(EventLoop.batchSize), nanoseconds) }
    now = .now
    if count < 0 {
      if clinux_errno() == EINTR { return }
      throw SystemError.last("wait for events")
    }
    for index in 0..<Int(count) {
      let token = events[index].data.u64
      let slot = Int(token & 0xffff_ffff)
      guard slots[slot].generation == UInt32(token >> 32), let source = slots[slot].source else { continue }
      source.handle(EventSet(rawValue: events[index].events))
    }
    fireTimers()
    while !deferred.isEmpty {
      let actions = deferred
      deferred.removeAll(keepingCapacity: true)
      for action in actions { action() }
    }
    batchEnded?()
  }

  /// Nanoseconds to sleep: 0 when something is due or waits, negative for ever.
  private func timeout(_ limit: TimeSpan?) -> Int64 {
    if !deferred.isEmpty { return 0 }
    guard let next = timers.earliest else { return limit?.nanoseconds ?? -1 }
    let rest = max(0, (next - MonotonicTime.now).nanoseconds)
    return limit.map { min($0.nanoseconds, rest) } ?? rest
  }

  /// Fires what was due when the batch began. A timer that schedules itself for now again waits for the next batch, so
  /// that it cannot keep the loop from its events.
  private func fireTimers() {
    var rest = timers.count
    while rest > 0, let timer = timers.popDue(now) {
      rest -= 1
      timer.fire()
    }
  }
}

// In a copy of the process.
extension EventLoop {
  /// Whether any conversation is being watched.
  package var hasConversations: Bool { slots.contains { $0.source?.isConversation == true } }

  /// After fork(2), in the child: watches the conversations with an epoll instance of its own, and nothing else. The
  /// parent's instance, which the two share, is left alone; so are timers, which are the parent's.
  @export(interface) package func keepConversations() throws(SystemError) {
    poll = try FileDescriptor.epoll()
    timers.removeAll()
    deferred = []
    sleepAction = nil
    batchEnded = nil
    for slot in slots.indices {
      guard let source = slots[slot].source else { continue }
      if source.isConversation {
        try control(EPOLL_CTL_ADD, source.descriptor, Int32(slot), source.interest)
      } else {
        source.slot = -1
        source.descriptor = -1
        slots[slot].source = nil
        slots[slot].generation &+= 1
        free.append(Int32(slot))
      }
    }
  }
}
