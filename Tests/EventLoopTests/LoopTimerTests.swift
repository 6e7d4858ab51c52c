import EventLoop
import LinuxSystem
import Testing

@Suite struct LoopTimerTests {
  @Test func timersFireInTheOrderOfTheirDeadlines() throws {
    let loop = try EventLoop()
    let start = loop.now
    var random = SystemRandomNumberGenerator()
    var timers: [Numbered] = []
    var fired: [Int64] = []
    for _ in 0..<1000 {
      let timer = Numbered(Int64.random(in: 0..<1_000_000, using: &random)) { fired.append($0) }
      loop.schedule(timer, at: start + TimeSpan(nanoseconds: timer.delay))
      timers.append(timer)
    }
    // A third is cancelled and a third moved, back and forth.
    for (index, timer) in timers.enumerated() {
      if index % 3 == 0 { loop.cancel(timer) }
      if index % 3 == 1 {
        timer.delay = Int64.random(in: 0..<1_000_000, using: &random)
        loop.schedule(timer, at: start + TimeSpan(nanoseconds: timer.delay))
      }
    }
    let expected = timers.enumerated().filter { $0.offset % 3 != 0 }.map(\.element.delay).sorted()
    #expect(loop.timerCount == expected.count)
    while loop.timerCount > 0 { try loop.runBatch() }
    #expect(fired == expected)
    #expect(timers.allSatisfy { !$0.isScheduled })
  }

  @Test func aTimerIsNeverEarly() throws {
    let loop = try EventLoop()
    let deadline = MonotonicTime.now + .microseconds(700)
    var seen: MonotonicTime?
    loop.schedule(ActionTimer { seen = .now }, at: deadline)
    while seen == nil { try loop.runBatch() }
    #expect(try #require(seen) >= deadline)
    #expect(loop.now >= deadline)
  }

  @Test func aTimerMaySetItselfAgainWithoutHoldingUpTheLoop() throws {
    let loop = try EventLoop()
    var count = 0
    var timer: ActionTimer?
    timer = ActionTimer {
      count += 1
      // Due at once, for ever.
      if let timer { loop.schedule(timer, at: loop.now) }
    }
    loop.schedule(timer!, at: loop.now)
    for batch in 1...5 {
      try loop.runBatch()
      #expect(count == batch)
    }
    loop.cancel(timer!)
    timer = nil
    #expect(loop.timerCount == 0)
  }

  @Test func oneTimerMayCancelAnotherThatIsDue() throws {
    let loop = try EventLoop()
    var fired: [String] = []
    let second = ActionTimer { fired.append("second") }
    let first = ActionTimer {
      fired.append("first")
      loop.cancel(second)
    }
    let now = loop.now
    loop.schedule(first, at: now)
    loop.schedule(second, at: now + TimeSpan(nanoseconds: 1))
    try loop.runBatch()
    try loop.runBatch(limit: .zero)
    #expect(fired == ["first"])
  }

  @Test func aScheduledTimerIsKeptAndAFiredOneLetGo() throws {
    let loop = try EventLoop()
    weak var observed: ActionTimer?
    do {
      let timer = ActionTimer {}
      observed = timer
      loop.schedule(timer, after: .zero)
    }
    #expect(observed?.isScheduled == true)
    try loop.runBatch()
    #expect(observed == nil)
  }

  @Test func withoutTimersTheLoopSleepsForTheLimit() throws {
    let loop = try EventLoop()
    let start = MonotonicTime.now
    try loop.runBatch(limit: .milliseconds(3))
    #expect(MonotonicTime.now - start >= .milliseconds(3))
  }
}

private final class Numbered: LoopTimer {
  var delay: Int64
  private let report: (Int64) -> Void

  init(_ delay: Int64, _ report: @escaping (Int64) -> Void) {
    self.delay = delay
    self.report = report
    super.init()
  }

  override func fire() { report(delay) }
}
