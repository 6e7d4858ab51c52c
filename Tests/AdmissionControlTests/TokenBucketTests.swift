import Testing

@testable import AdmissionControl

private let second: UInt64 = 1_000_000_000

@Suite struct TokenBucketTests {
  @Test func fullBucketAllowsItsCapacityAtOnce() {
    let shape = TokenBucket.Shape(count: 3, seconds: 60)
    var bucket = TokenBucket()
    let now = 1000 * second
    #expect((0..<4).map { _ in bucket.take(shape, now: now) } == [true, true, true, false])
  }

  @Test func tokensComeBackEvenly() {
    let shape = TokenBucket.Shape(count: 3, seconds: 60)
    var bucket = TokenBucket()
    let now = 1000 * second
    for _ in 0..<3 { _ = bucket.take(shape, now: now) }
    #expect(bucket.nextToken(shape) == now + 20 * second)
    #expect({ bucket.take(shape, now: now + 20 * second - 1) }() == false)
    #expect({ bucket.take(shape, now: now + 20 * second) }() == true)
    #expect({ bucket.take(shape, now: now + 20 * second) }() == false)
  }

  @Test func idleTimeDoesNotSaveUpMoreThanTheCapacity() {
    let shape = TokenBucket.Shape(count: 2, seconds: 1)
    var bucket = TokenBucket()
    _ = bucket.take(shape, now: second)
    let later = 10_000 * second
    #expect((0..<3).map { _ in bucket.take(shape, now: later) } == [true, true, false])
  }

  @Test func workedFromTimeZero() {
    let shape = TokenBucket.Shape(count: 1, seconds: 1)
    var bucket = TokenBucket()
    #expect({ bucket.take(shape, now: 0) }() == true)
    #expect({ bucket.take(shape, now: 0) }() == false)
    bucket.giveBack(shape)
    #expect({ bucket.take(shape, now: 0) }() == true)
  }

  @Test func nonsenseIsTakenAsOne() {
    let shape = TokenBucket.Shape(count: 0, seconds: -5)
    #expect(shape.capacity == 1)
    #expect(shape.interval == second)
  }
}
