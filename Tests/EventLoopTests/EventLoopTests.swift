import EventLoop
import LinuxSystem
import Testing

@Suite struct EventLoopTests {
  @Test func aTimerFires() throws {
    let loop = try EventLoop()
    var fired = 0
    let timer = ActionTimer {
      fired += 1
      loop.stop()
    }
    loop.schedule(timer, after: .milliseconds(1))
    try loop.run()
    #expect(fired == 1)
    #expect(!timer.isScheduled)
  }
}
