import CLinux

/// A moment as people read it: the clock that can be set. Never used for limits or timers.
package struct WallClock: Equatable, Sendable {
  /// Seconds since 1970-01-01 00:00:00 UTC.
  package let seconds: Int64
  /// 0 ..< 1,000,000,000.
  package let nanoseconds: Int32

  package init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Now.
  package static var now: WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallClock(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }

  /// The moment `span` later.
  package static func + (clock: WallClock, span: TimeSpan) -> WallClock {
    let sum = Int64(clock.nanoseconds) + span.nanoseconds % 1_000_000_000
    let carry: Int64 = sum < 0 ? -1 : sum >= 1_000_000_000 ? 1 : 0
    return WallClock(
      seconds: clock.seconds + span.wholeSeconds + carry, nanoseconds: Int32(sum - carry * 1_000_000_000))
  }

  /// The moment in the local time zone.
  package var local: LocalTime {
    var seconds = time_t(seconds)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return LocalTime(parts: parts)
  }

  /// Reads TZ and /etc/localtime again; localtime_r does so only once.
  package static func reloadTimeZone() { tzset() }
}

/// Broken-down local time.
package struct LocalTime {
  let parts: tm

  package var year: Int { Int(parts.tm_year) + 1900 }
  /// 1 ... 12.
  package var month: Int { Int(parts.tm_mon) + 1 }
  /// 1 ... 31.
  package var day: Int { Int(parts.tm_mday) }
  package var hour: Int { Int(parts.tm_hour) }
  package var minute: Int { Int(parts.tm_min) }
  /// 0 ... 60.
  package var second: Int { Int(parts.tm_sec) }
  /// Seconds east of UTC.
  package var offset: Int { Int(parts.tm_gmtoff) }

  /// `Mon Nov 23 10:59:36 2026`: ctime(3) without its newline, as RFC 867 servers of BSD answer.
  package var ctime: String { formatted("%a %b %e %H:%M:%S %Y") }

  /// `Nov 23 10:59:36`: the time stamp of syslog (RFC 3164).
  package var syslog: String { formatted("%b %e %H:%M:%S") }

  /// `2026-11-23T10:59:36+01:00` (RFC 3339).
  package var rfc3339: String {
    let base = formatted("%Y-%m-%dT%H:%M:%S%z")
    var bytes = Array(base.utf8)
    bytes.insert(UInt8(ascii: ":"), at: bytes.count - 2)
    return String(decoding: bytes, as: UTF8.self)
  }

  // The daemon never calls setlocale, so that names of days and months are those of the C locale.
  private func formatted(_ format: String) -> String {
    var parts = parts
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      let count = clinux_format_time(buffer.baseAddress!, 64, format, &parts)
      return String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
  }
}
