import LinuxSystem
import ServiceModel

/// The daemon's log: its vocabulary is the functions of this type's extensions, one for each thing worth saying.
///
/// Lines about the daemon go to one output; lines about a service go where its log_type says.
package final class ServerLog {
  /// Daemon lines less urgent than this are dropped. Service lines are asked for by their service and always written.
  package var threshold: SyslogLevel
  private var output: LogOutput
  private var files: [String: LogFile] = [:]
  /// The present second as log files write it: asking the time zone's rules costs more than a line.
  private var stamp = (second: Int64.min, text: LogFile.Stamp())

  @export(interface) package init(output: LogOutput, threshold: SyslogLevel = .info) {
    self.output = output
    self.threshold = threshold
  }

  /// Sends all further lines elsewhere: from the terminal of the start to the log of the background.
  @export(interface) package func redirect(to output: LogOutput) { self.output = output }

  /// Opens log files anew, and forgets those that no service names any more.
  @export(interface) package func reopenFiles(keeping paths: Set<String>) {
    files = files.filter { paths.contains($0.key) }
    for file in files.values { file.reopen() }
  }

  /// Writes a line about the daemon.
  @export(interface) package func write(_ record: LogRecord) {
    if record.level <= threshold { output.write(record) }
  }

  /// Writes a line about a service to where the service wants it.
  func write(_ record: LogRecord, to destination: LogDestination) {
    switch destination {
    case .daemon: output.write(record)
    case .syslog(let facility, let level):
      var record = record
      record.level = level
      output.write(record, facility: facility)
    case .file(let path, let soft, let hard): append(record, to: file(path, soft: soft, hard: hard))
    }
  }

  private func file(_ path: String, soft: UInt64?, hard: UInt64?) -> LogFile {
    if let known = files[path] { return known }
    let file = LogFile(path: path, soft: soft, hard: hard)
    files[path] = file
    return file
  }

  private func append(_ record: LogRecord, to file: LogFile) {
    let now = WallClock.now
    if stamp.second != now.seconds { stamp = (now.seconds, LogFile.stamp(now.local)) }
    switch file.append(record.text, stamp: stamp.text, now: .now) {
    case .written, .silent: break
    case .reachedSoftLimit:
      write(LogRecord(.warning, "log file \(file.path) has grown beyond its soft limit; logging goes on"))
    case .reachedHardLimit:
      write(LogRecord(.err, "log file \(file.path) has reached its hard limit; no more lines until the next reload"))
    case .failed(let error):
      write(LogRecord(.err, "\(error); lines for this log are lost until it can be written again"))
    case .recovered(let lost):
      write(LogRecord(.notice, "log file \(file.path) can be written again; \(lost) lines were lost"))
    }
  }
}
