import CLinux
import LinuxSystem
import Testing

@Suite struct TimeTests {
  @Test func theMonotonicClockOnlyGoesForward() {
    let first = MonotonicTime.now
    let second = MonotonicTime.now
    #expect(second >= first)
    #expect(first + .seconds(1) - first == .milliseconds(1000))
    #expect((first + .seconds(2)) - .microseconds(2_000_000) == first)
    #expect(TimeSpan.milliseconds(1999).wholeSeconds == 1)
    #expect(TimeSpan.seconds(2) * 3 == .seconds(6))
  }

  @Test func timeIsWrittenAsItsReadersWriteIt() async {
    await #expect(processExitsWith: .success) {
      setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
      WallClock.reloadTimeZone()
      defer {
        unsetenv("TZ")
        WallClock.reloadTimeZone()
      }
      // 2026-11-03 09:05:07 UTC: a day and an hour of one digit.
      let time = WallClock(seconds: 1_793_696_707).local
      #expect(time.ctime == "Tue Nov  3 10:05:07 2026")
      #expect(time.syslog == "Nov  3 10:05:07")
      #expect(time.rfc3339 == "2026-11-03T10:05:07+01:00")
      #expect((time.year, time.month, time.day, time.hour, time.minute, time.second) == (2026, 11, 3, 10, 5, 7))
      #expect(time.offset == 3600)
      #expect(WallClock(seconds: 1_782_000_000).local.rfc3339 == "2026-06-21T02:00:00+02:00")
    }
  }
}
