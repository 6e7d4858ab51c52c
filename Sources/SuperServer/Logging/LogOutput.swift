import LinuxSystem
import NetworkAddresses
import ServiceModel
import SystemdIntegration

/// Where the daemon's own lines go, and in which form.
package final class LogOutput {
  /// How lines on standard error look.
  package enum Format: UInt8, Sendable { case text, json }

  private enum Target {
    case standardError(Format, StandardErrorLog)
    case syslog(SyslogSocket)
    case journal(JournalSocket)
  }

  private let target: Target

  private init(_ target: Target) { self.target = target }

  /// Lines on standard error: for the foreground, for containers, and for the start before the background.
  @export(interface) package static func standardError(_ format: Format) -> LogOutput {
    LogOutput(.standardError(format, StandardErrorLog()))
  }

  /// Lines to the system's log.
  @export(interface) package static func syslog() -> LogOutput { LogOutput(.syslog(SyslogSocket())) }

  /// Entries with fields to the journal, where it is ours to write to: standard error ends in it, or the service manager
  /// runs us as a unit; and somebody reads it. Nil elsewhere.
  @export(interface) package static func journal() -> LogOutput? {
    guard JournalSocket.isStandardError || JournalSocket.weAreAUnit else { return nil }
    let socket = JournalSocket()
    return socket.isReachable ? LogOutput(.journal(socket)) : nil
  }

  /// Whether a syslog daemon listens on this machine.
  package static var syslogIsReachable: Bool { SyslogSocket().isConnected }

  /// Writes one line. A log that cannot be written must not stop the service: such a line is lost.
  @export(interface) package func write(_ record: LogRecord, facility: SyslogFacility = .daemon) {
    switch target {
    case .standardError(let format, let errors):
      errors.write(LogOutput.line(record, format)) { count in
        LogOutput.line(
          LogRecord(.warning, "\(count) \(count == 1 ? "line" : "lines") of this log are lost: nobody read it"), format)
      }
    case .syslog(let socket): socket.send(record, facility: facility)
    case .journal(let socket):
      socket.send(record.journalEntry(facility: facility)) { lost in
        LogRecord(.warning, "\(lost) lines were lost: the journal had no room for them").journalEntry(
          facility: facility)
      }
    }
  }
}

extension LogOutput {
  private static func line(_ record: LogRecord, _ format: Format) -> String {
    switch format {
    case .text:
      let level = record.level <= .warning ? record.level.word + ": " : ""
      return "inetd[\(CurrentProcess.pid)]: " + level + record.text + "\n"
    case .json: return record.json(time: WallClock.now.local.rfc3339) + "\n"
    }
  }
}

extension SyslogLevel: Comparable {
  /// More urgent levels come first, as their numbers do (RFC 5424 6.2.1).
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A datagram connection to /dev/log that never waits: a syslog daemon that does not read loses lines, not us time.
final class SyslogSocket {
  private static let path = "/dev/log"
  private var socket: FileDescriptor?

  /// Whether somebody listens at /dev/log.
  var isConnected: Bool { connect() }

  func send(_ record: LogRecord, facility: SyslogFacility) {
    // RFC 3164 4.1: <PRI>TIMESTAMP TAG[PID]: TEXT; the local daemon adds the host name.
    let priority = Int(facility.rawValue) << 3 | Int(record.level.rawValue)
    let line = Array(
      "<\(priority)>\(WallClock.now.local.syslog) inetd[\(CurrentProcess.pid)]: \(record.text)".utf8)
    // The second attempt is for a syslog daemon that was restarted.
    for _ in 0..<2 {
      guard connect() else { return }
      let result = line.withUnsafeBytes { socket?.borrowed.send($0) }
      if case .failed = result { socket = nil } else { return }
    }
  }

  private func connect() -> Bool {
    if socket != nil { return true }
    do throws(SystemError) {
      let opened = try FileDescriptor.socket(.unix, .datagram)
      _ = try opened.borrowed.connect(to: .unix(path: SyslogSocket.path))
      socket = consume opened
      return true
    } catch {
      return false
    }
  }
}
