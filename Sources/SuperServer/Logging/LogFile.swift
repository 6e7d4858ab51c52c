import CLinux
import LinuxSystem

/// A service's own log file (`log_type = FILE path [soft [hard]]`).
package final class LogFile {
  /// What happened to a line, so that the caller can say in the daemon's log, once, what an administrator must know.
  package enum Outcome: Equatable {
    case written
    /// Written, and the file has just grown beyond its soft limit.
    case reachedSoftLimit
    /// Not written: the file has just reached its hard limit.
    case reachedHardLimit
    /// Not written, as already told.
    case silent
    /// Not written for this reason, which is new.
    case failed(SystemError)
    /// Written, after so many lines were lost.
    case recovered(lost: Int)
  }

  /// A file that could not be written is tried again after this time, since disks get room again.
  private static let retryInterval = TimeSpan.seconds(10)
  /// What xinetd grants beyond a soft limit without a hard one: a hundredth, at least 5K, at most 20K (xinetd.conf(5)).
  private static let extraBytes: ClosedRange<UInt64> = 5 << 10...20 << 10

  package let path: String
  private let soft: UInt64?
  private let hard: UInt64?
  private var file: FileDescriptor?
  private var size: UInt64 = 0
  private var isFull = false
  private var isPastSoftLimit = false
  /// Set while the file cannot be written.
  private var retryAt: MonotonicTime?
  private var lost = 0

  /// The file is opened by the first line, so that a wrong path costs the log and not the service.
  package init(path: String, soft: UInt64?, hard: UInt64?) {
    self.path = path
    self.soft = soft
    self.hard =
      hard ?? soft.map { $0 + min(max($0 / 100, LogFile.extraBytes.lowerBound), LogFile.extraBytes.upperBound) }
  }

  /// Forgets the open file: the next line opens it anew (after rotation, at reload).
  package func reopen() {
    file = nil
    isFull = false
    isPastSoftLimit = false
    retryAt = nil
  }

  /// A time as the lines of a second begin with it.
  typealias Stamp = [UInt8]

  /// Appends one line, stamped as xinetd stamps it: `YY/M/D@HH:MM:SS: `, month and day unpadded.
  package func append(_ text: String, at time: LocalTime, now: MonotonicTime) -> Outcome {
    append(text, stamp: LogFile.stamp(time), now: now)
  }

  /// The same with a stamp that is made once for all lines of a second.
  func append(_ text: String, stamp: Stamp, now: MonotonicTime) -> Outcome {
    if isFull { return .silent }
    if let retryAt, now < retryAt {
      lost += 1
      return .silent
    }
    let length = UInt64(stamp.count + text.utf8.count + 1)
    do throws(SystemError) {
      if file == nil { try open() }
      if let hard, size + length > hard {
        isFull = true
        return .reachedHardLimit
      }
      try file?.borrowed.writeLine(stamp, text, to: path)
      size += length
    } catch {
      return failed(error, now: now)
    }
    return written()
  }

  private func failed(_ error: SystemError, now: MonotonicTime) -> Outcome {
    let isNew = retryAt == nil
    file = nil
    retryAt = now + LogFile.retryInterval
    lost = isNew ? 1 : lost + 1
    return isNew ? .failed(error) : .silent
  }

  private func written() -> Outcome {
    if retryAt != nil {
      retryAt = nil
      return .recovered(lost: lost)
    }
    if let soft, size > soft, !isPastSoftLimit {
      isPastSoftLimit = true
      return .reachedSoftLimit
    }
    return .written
  }

  private func open() throws(SystemError) {
    // O_NONBLOCK: a FIFO without a reader must not hold up the loop; it has no effect on regular files.
    let opened = try FileDescriptor.open(path, flags: O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, mode: 0o640)
    let status = try opened.borrowed.status(subject: path)
    size = status.kind == .regular ? UInt64(max(status.size, 0)) : 0
    file = consume opened
  }

  static func stamp(_ time: LocalTime) -> Stamp {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let date = "\(two(time.year % 100))/\(time.month)/\(time.day)"
    return Array("\(date)@\(two(time.hour)):\(two(time.minute)):\(two(time.second)): ".utf8)
  }
}
