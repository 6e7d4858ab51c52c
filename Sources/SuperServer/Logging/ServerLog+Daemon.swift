import AdmissionControl
import LinuxSystem
import ServiceConfiguration
import ServiceModel

/// What happens to the daemon and to whole services.
extension ServerLog {
  func ready(services: Int, listeners: Int) {
    write(LogRecord(.info, "ready: \(services) services on \(listeners) sockets", event(.ready)))
  }

  func stopping(signal: String, live: Int) {
    write(
      LogRecord(
        .info, "stopping on \(signal)" + (live > 0 ? "; \(live) running servers are left to finish" : ""),
        event(.stopping)))
  }

  /// Asked a second time, the daemon waits for nobody any more.
  func stoppingAtOnce(signal: String, conversations: Int, registrations: Int) {
    var text = "\(signal) while stopping: ending at once"
    if conversations > 0 { text += "; conversations are cut off (\(conversations))" }
    if registrations > 0 { text += "; what is still in rpcbind's table stays there (\(registrations))" }
    write(LogRecord(.notice, text, event(.stopping)))
  }

  func reloaded(_ summary: ReloadSummary) {
    var text = "reloaded: \(summary.added) added, \(summary.changed) changed, \(summary.removed) removed, "
    text += "\(summary.unchanged) unchanged"
    if summary.stale > 0 { text += ", \(summary.stale) kept as they were because of errors" }
    write(LogRecord(.info, text, event(.reloaded)))
  }

  func waitingForWriter(of path: String) {
    write(LogRecord(.info, "\(path) is being written; the reload waits until it is whole"))
  }

  /// The whole daemon on one line.
  func state(_ line: String) { write(LogRecord(.info, "state: " + line, event(.state))) }

  /// One service: what it listens on, what it did, why it holds back.
  func state(_ service: ServiceRuntime, sockets: [String]) {
    let counters = service.counters
    var text = "state: \(service.definition.id): on \(sockets.joined(separator: ", ")): "
    text += "\(service.live) live, \(counters.accepted) accepted, \(counters.started) started, "
    text += "\(counters.refusedInAll) refused, \(counters.failedStarts) failed"
    text += "; " + service.conditionText
    write(LogRecord(.info, text, fields(service.definition, "state")))
  }

  /// One finding of a load, on one line; the caret form is for terminals.
  func diagnostic(_ diagnostic: Diagnostic, in sources: SourceMap) {
    let place = diagnostic.range.map { sources.describe($0) } ?? diagnostic.subject ?? "configuration"
    var text = "\(place): \(diagnostic.severity.word): \(diagnostic.fullMessage)"
    if let near = diagnostic.suggestion { text += "; did you mean '\(near)'?" }
    text += " [\(diagnostic.id)]"
    var fields = [LogField(.event, "configuration")]
    if let range = diagnostic.range {
      fields.append(LogField(.configFile, sources[range.file].path))
      fields.append(LogField(.configLine, "\(range.line)"))
    }
    write(LogRecord(diagnostic.severity.logLevel, text, fields))
    for note in diagnostic.notes {
      let place = note.range.map { sources.describe($0) + ": " } ?? ""
      write(LogRecord(diagnostic.severity.logLevel, "\(place)note: \(note.message)", fields))
    }
  }

  func cannotListen(
    _ service: ServiceDefinition, at place: String?, on address: String, _ error: SystemError, retryIn delay: TimeSpan
  ) {
    let place = place.map { $0 + ": " } ?? ""
    write(
      LogRecord(
        .err, "\(place)\(service.id): cannot listen on \(address): \(error); trying again in \(delay.wholeSeconds) s",
        fields(service, "unbound")))
  }

  func listening(_ service: ServiceDefinition, on address: String) {
    write(LogRecord(.info, "\(service.id): now listening on \(address)", fields(service, "listening")))
  }

  func listenerFailed(_ service: ServiceDefinition, on address: String, _ error: SystemError) {
    write(
      LogRecord(
        .err, "\(service.id): the socket on \(address) failed: \(error); opening it again",
        fields(service, "unbound")))
  }

  func limited(_ service: ServiceDefinition, by limit: String, for time: TimeSpan) {
    let milliseconds = max(time.nanoseconds / 1_000_000, 1)
    let duration = milliseconds < 1000 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s"
    write(
      LogRecord(
        .notice, "\(service.id): \(limit) reached; new connections wait in the queue for \(duration)",
        fields(service, "limited")))
  }

  func full(_ service: ServiceDefinition, instances: Int) {
    write(
      LogRecord(
        .notice, "\(service.id): \(instances) instances are running; new connections wait in the queue",
        fields(service, "full")))
  }

  func paused(_ service: ServiceDefinition) {
    write(
      LogRecord(
        .notice, "\(service.id): paused; new connections wait in the queue until it is resumed",
        fields(service, "paused")))
  }

  func resumed(_ service: ServiceDefinition) {
    write(LogRecord(.notice, "\(service.id): resumed", fields(service, "resumed")))
  }

  func backingOff(_ service: ServiceDefinition, delay: TimeSpan) {
    let milliseconds = delay.nanoseconds / 1_000_000
    write(
      LogRecord(
        .warning,
        "\(service.id): the server ended at once without reading from its socket; next start in \(milliseconds) ms",
        fields(service, "backing-off")))
  }

  func outOfResources(_ service: ServiceDefinition, _ error: SystemError, retryIn delay: TimeSpan) {
    let milliseconds = delay.nanoseconds / 1_000_000
    write(
      LogRecord(
        .err, "\(service.id): \(error); connections wait in the queue, trying again in \(milliseconds) ms",
        fields(service, "resources")))
  }

  func systemFailure(_ error: SystemError, consequence: String) {
    write(LogRecord(.err, "\(error); \(consequence)", event(.failure)))
  }

  /// The field of a record that is about no service.
  func event(_ event: LogEvent) -> [LogField] { [LogField(.event, event.rawValue)] }
}

extension DiagnosticSeverity {
  var logLevel: SyslogLevel {
    switch self {
    case .note: .info
    case .warning: .warning
    case .error: .err
    }
  }
}
