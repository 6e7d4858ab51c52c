/// A histogram of durations with fixed buckets, made when the first value comes.
package struct Histogram: Equatable, Sendable {
  /// Upper bounds of the buckets in microseconds; one more bucket takes the rest.
  package let bounds: [Int64]
  /// Values at or below each bound, but above the one before.
  package private(set) var counts: [UInt64] = []
  /// All values added up, in microseconds.
  package private(set) var sum: UInt64 = 0

  package init(bounds: [Int64]) { self.bounds = bounds }

  package var total: UInt64 { counts.reduce(0, +) }

  package mutating func add(microseconds: Int64) {
    if counts.isEmpty { counts = Array(repeating: 0, count: bounds.count + 1) }
    counts[bounds.firstIndex { microseconds <= $0 } ?? bounds.count] += 1
    sum &+= UInt64(max(microseconds, 0))
  }

  /// From accepting a connection to having a process for it: 10 us to 100 ms.
  package static var startLatency: Histogram {
    Histogram(bounds: [10, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 100_000])
  }

  /// How long the loop is busy with one batch of events: 10 us to 1 s.
  package static var loopLag: Histogram {
    Histogram(bounds: [10, 100, 500, 1000, 5000, 10_000, 50_000, 100_000, 1_000_000])
  }

  /// How long servers and conversations last: 1 ms to 1 day.
  package static var duration: Histogram {
    Histogram(bounds: [
      1000, 10_000, 100_000, 1_000_000, 10_000_000, 60_000_000, 600_000_000, 3_600_000_000, 86_400_000_000,
    ])
  }
}
