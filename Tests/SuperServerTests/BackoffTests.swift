import LinuxSystem
import Testing

@testable import SuperServer

@Suite struct BackoffTests {
  @Test func delaysDoubleUpToTheLimitAndStartAgain() {
    var backoff = Backoff(from: .seconds(1), to: .seconds(5))
    #expect(!backoff.isActive)
    let delays = (0..<5).map { _ in backoff.fail().wholeSeconds }
    #expect(delays == [1, 2, 4, 5, 5])
    #expect(backoff.isActive)
    backoff.succeed()
    let next = backoff.fail()
    #expect(next == .seconds(1))
  }
}

@Suite struct WaitServerRuntimeTests {
  private let head = QueueHead.datagram(port: 4000, size: 10, start: 1)

  @Test func aServerThatTakesNothingIsDelayed() {
    let server = WaitServerRuntime()
    var delays: [Int64?] = []
    for _ in 0..<3 {
      server.started(head)
      delays.append(server.ended(head, after: .milliseconds(5)).map { $0.nanoseconds / 1_000_000 })
    }
    #expect(delays == [100, 200, 400])
  }

  @Test func aServerThatWorkedIsNot() {
    let server = WaitServerRuntime()
    server.started(head)
    let other = server.ended(.datagram(port: 4001, size: 10, start: 1), after: .milliseconds(5))
    #expect(other == nil, "another datagram waits now")
    server.started(head)
    let empty = server.ended(nil, after: .milliseconds(5))
    #expect(empty == nil, "the queue is empty")
    server.started(head)
    let long = server.ended(head, after: .seconds(2))
    #expect(long == nil, "it lived long enough to be believed")
  }
}

@Suite struct RefusalLogTests {
  @Test func aFloodBecomesABurstAndASum() {
    var log = RefusalLog()
    let decisions = (0..<100).map { _ in log.decide(now: 1_000_000_000) }
    #expect(decisions.filter { $0 == .write }.count == 50)
    #expect(decisions.filter { $0 == .suppress }.count == 50)
    let later = log.decide(now: 2_000_000_000)
    #expect(later == .writeAfterSum(50))
    let sum = log.takeSum()
    #expect(sum == 0)
  }
}
