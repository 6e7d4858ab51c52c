import LinuxSystem
import ServiceModel
import SystemdIntegration

extension LogRecord {
  /// The record as the journal takes it: its text, who says it, and every field.
  package func journalEntry(facility: SyslogFacility = .daemon) -> JournalEntry {
    var entry = JournalEntry()
    entry.add("MESSAGE", text)
    entry.add("PRIORITY", "\(level.rawValue)")
    entry.add("SYSLOG_IDENTIFIER", "inetd")
    entry.add("SYSLOG_FACILITY", "\(facility.rawValue)")
    entry.add("SYSLOG_PID", "\(CurrentProcess.pid)")
    if let word = fields.first(where: { $0.name == .event })?.value, let event = LogEvent(rawValue: word) {
      entry.add("MESSAGE_ID", event.messageID)
    }
    for field in fields { entry.add(field.name.journal, field.value) }
    return entry
  }
}
