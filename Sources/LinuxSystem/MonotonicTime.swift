import CLinux

/// A length of time in nanoseconds.
package struct TimeSpan: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static let zero = TimeSpan(nanoseconds: 0)
  package static func microseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1000) }
  package static func milliseconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000) }
  package static func seconds(_ count: Int64) -> TimeSpan { TimeSpan(nanoseconds: count * 1_000_000_000) }

  /// Whole seconds, rounded towards zero.
  package var wholeSeconds: Int64 { nanoseconds / 1_000_000_000 }

  package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }
  package static func + (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &+ right.nanoseconds)
  }
  package static func - (left: TimeSpan, right: TimeSpan) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &- right.nanoseconds)
  }
  package static func * (left: TimeSpan, right: Int64) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &* right)
  }
}

/// A moment on the clock that nobody can set (CLOCK_MONOTONIC): nanoseconds since boot, without time asleep.
package struct MonotonicTime: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Now.
  package static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }

  package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }
  package static func + (time: MonotonicTime, span: TimeSpan) -> MonotonicTime {
    MonotonicTime(nanoseconds: time.nanoseconds &+ span.nanoseconds)
  }
  package static func - (time: MonotonicTime, span: TimeSpan) -> MonotonicTime {
    MonotonicTime(nanoseconds: time.nanoseconds &- span.nanoseconds)
  }
  package static func - (left: MonotonicTime, right: MonotonicTime) -> TimeSpan {
    TimeSpan(nanoseconds: left.nanoseconds &- right.nanoseconds)
  }
}
