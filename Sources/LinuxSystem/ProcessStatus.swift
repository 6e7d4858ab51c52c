import CLinux

/// What the kernel says of a process (/proc/PID/stat): enough to know whether a pid still means the same process.
package struct ProcessStatus: Equatable, Sendable {
  package let parent: Int32
  /// Its process group and its session.
  package let group: Int32
  package let session: Int32
  /// When it began, in nanoseconds since boot, in steps of a clock tick (10 ms).
  package let started: Int64

  package init(parent: Int32, group: Int32 = 0, session: Int32 = 0, started: Int64) {
    self.parent = parent
    self.group = group
    self.session = session
    self.started = started
  }

  /// Nil when there is no such process.
  @export(interface) package static func of(_ pid: Int32) -> ProcessStatus? {
    guard let contents = try? FileSystem.contents(of: "/proc/\(pid)/stat", limit: 4096) else { return nil }
    return ProcessStatus(stat: contents.bytes, ticksPerSecond: Int64(sysconf(Int32(_SC_CLK_TCK))))
  }

  /// Reads a line of proc(5). The name in parentheses may hold anything, parentheses too: the last one ends it.
  package init?(stat bytes: [UInt8], ticksPerSecond: Int64) {
    guard let end = bytes.lastIndex(of: UInt8(ascii: ")")), ticksPerSecond > 0 else { return nil }
    let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
    // Behind the name come fields 3 (state), 4 (parent), 5 (group), 6 (session) and so on; 22 is the start time.
    guard fields.count > 19, let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
      let group = Int32(String(decoding: fields[2], as: UTF8.self)),
      let session = Int32(String(decoding: fields[3], as: UTF8.self)),
      let ticks = Int64(String(decoding: fields[19], as: UTF8.self)), ticks >= 0, ticks < 1 << 40
    else { return nil }
    self.init(parent: parent, group: group, session: session, started: ticks * (1_000_000_000 / ticksPerSecond))
  }

  /// The process that a pidfd stands for (/proc/self/fdinfo; pidfd_open(2)). Nil when it has ended, or the descriptor is no
  /// pidfd.
  @export(interface) package static func pid(of process: BorrowedDescriptor) -> Int32? {
    guard let contents = try? FileSystem.contents(of: "/proc/self/fdinfo/\(process.raw)", limit: 4096) else {
      return nil
    }
    for line in contents.bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "Pid:".utf8) {
      let digits = line.dropFirst(4).drop { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
      return Int32(String(decoding: digits, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
    }
    return nil
  }

  /// Now, on the clock that `started` is on: nanoseconds since boot with the time asleep.
  package static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
