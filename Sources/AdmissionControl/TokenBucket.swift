/// A token bucket on a monotonic clock: `capacity` starts at once, one more every `interval`.
///
/// It holds one number, the time at which it would be full again (the virtual scheduling form of the generic cell rate
/// algorithm, ITU-T I.371), so that thousands of sources cost eight bytes each and need no timer to refill.
package struct TokenBucket: Equatable, Sendable {
  /// The shape shared by all buckets of a limit.
  package struct Shape: Equatable, Sendable {
    /// Starts that a full bucket allows at once; at least 1.
    package let capacity: UInt64
    /// Nanoseconds in which one token comes back; at least 1.
    package let interval: UInt64

    /// `count` starts in `seconds`. Counts and times below 1 are taken as 1.
    package init(count: Int, seconds: Int) {
      capacity = UInt64(max(count, 1))
      interval = max(UInt64(max(seconds, 1)) &* 1_000_000_000 / capacity, 1)
    }
  }

  /// When the bucket is full again, in nanoseconds of the caller's clock.
  private(set) var fullAt: UInt64 = 0

  package init() {}

  /// The moment from which one token is there: at or before `now` if it already is.
  package func nextToken(_ shape: Shape) -> UInt64 {
    let span = (shape.capacity - 1) * shape.interval
    return fullAt > span ? fullAt - span : 0
  }

  package func hasToken(_ shape: Shape, now: UInt64) -> Bool { nextToken(shape) <= now }

  /// Takes a token if there is one.
  package mutating func take(_ shape: Shape, now: UInt64) -> Bool {
    guard hasToken(shape, now: now) else { return false }
    fullAt = max(fullAt, now) + shape.interval
    return true
  }

  /// Gives back a token whose start did not happen.
  package mutating func giveBack(_ shape: Shape) {
    fullAt = fullAt > shape.interval ? fullAt - shape.interval : 0
  }

  /// Whether nothing is left to remember: a full bucket needs no entry in a table.
  package func isFull(now: UInt64) -> Bool { fullAt <= now }
}
