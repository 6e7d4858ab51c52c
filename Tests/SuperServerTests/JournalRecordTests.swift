import Foundation
import ServiceModel
import SuperServer
import SystemdIntegration
import Testing

/// What a record is in the journal.
@Suite struct JournalRecordTests {
  private func fields(_ record: LogRecord) -> [String: String] {
    let text = String(decoding: record.journalEntry().bytes, as: UTF8.self)
    return Dictionary(
      uniqueKeysWithValues: text.split(separator: "\n").map { line in
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), String(parts[1]))
      })
  }

  @Test func everyFieldIsThere() {
    let record = LogRecord(
      .info, "EXIT: finger status=0 pid=7 duration=1(sec)",
      [
        LogField(.service, "finger"), LogField(.event, "exit"), LogField(.pid, "7"),
        LogField(.remoteAddress, "192.0.2.1"), LogField(.remotePort, "4000"), LogField(.exitStatus, "0"),
        LogField(.durationMicroseconds, "1000000"), LogField(.configFile, "/etc/inetd.conf"),
        LogField(.configLine, "12"),
      ])
    #expect(
      fields(record) == [
        "MESSAGE": "EXIT: finger status=0 pid=7 duration=1(sec)", "PRIORITY": "6", "SYSLOG_IDENTIFIER": "inetd",
        "SYSLOG_FACILITY": "3", "SYSLOG_PID": "\(getpid())", "MESSAGE_ID": LogEvent.exit.messageID,
        "INETD_SERVICE": "finger", "INETD_EVENT": "exit", "INETD_PID": "7", "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_PORT": "4000", "EXIT_STATUS": "0", "DURATION_USEC": "1000000", "CONFIG_FILE": "/etc/inetd.conf",
        "CONFIG_LINE": "12",
      ])
  }

  @Test func messageIDsAreRandomAndDifferent() {
    let identifiers = LogEvent.allCases.map { $0.messageID }
    #expect(Set(identifiers).count == identifiers.count)
    for identifier in identifiers {
      #expect(identifier.wholeMatch(of: /[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}/) != nil, "\(identifier)")
    }
  }

  /// A word that a record calls its event by has a message id.
  @Test func everyEventThatIsLoggedIsKnown() throws {
    let known = Set(LogEvent.allCases.map { $0.rawValue })
    let logging = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/SuperServer/Logging")
    var used: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(at: logging, includingPropertiesForKeys: nil) {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /fields\(service, "([a-z-]+)"|LogField\(\.event, "([a-z-]+)"\)/) {
        if let word = match.output.1 ?? match.output.2 { used.insert(String(word)) }
      }
    }
    #expect(used.count > 10)
    #expect(used.subtracting(known).isEmpty)
  }
}
