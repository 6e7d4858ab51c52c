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
  }

  package let path: String
  private let soft: UInt64?
  private let hard: UInt64?
  private var file: FileDescriptor?
  private var size: UInt64 = 0
  private var isSilenced = false
  private var isPastSoftLimit = false

  /// The file is opened by the first line, so that a wrong path costs the log and not the service.
  package init(path: String, soft: UInt64?, hard: UInt64?) {
    self.path = path
    self.soft = soft
    self.hard = hard
  }

  /// Forgets the open file: the next line opens it anew (after rotation, at reload).
  package func reopen() {
    file = nil
    isSilenced = false
    isPastSoftLimit = false
  }

  /// Appends one line, stamped as xinetd stamps it: `YY/M/D@HH:MM:SS: `, month and day unpadded.
  package func append(_ text: String, at time: LocalTime) -> Outcome { append(text, stamp: LogFile.stamp(time)) }

  /// The same with a stamp that is made once for all lines of a second.
  func append(_ text: String, stamp: String) -> Outcome {
    if isSilenced { return .silent }
    let line = stamp + text + "\n"
    do throws(SystemError) {
      if file == nil { try open() }
      if let hard, size + UInt64(line.utf8.count) > hard {
        isSilenced = true
        return .reachedHardLimit
      }
      try file?.borrowed.writeAll(line, to: path)
      size += UInt64(line.utf8.count)
    } catch {
      file = nil
      isSilenced = true
      return .failed(error)
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

  static func stamp(_ time: LocalTime) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return
      "\(two(time.year % 100))/\(time.month)/\(time.day)@\(two(time.hour)):\(two(time.minute)):\(two(time.second)): "
  }
}
