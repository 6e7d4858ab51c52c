import AdmissionControl
import ControlProtocol
import LinuxSystem
import ServiceModel
import ServiceResolution

/// The daemon's figures for monitoring, a portion at a time: those of five thousand services are many megabytes of text,
/// and the loop has others to serve meanwhile.
///
/// Labels are service ids and fixed words only: nothing that a stranger can multiply.
final class MetricsReport {
  /// Bytes after which a portion ends.
  private static let portion = 64 << 10

  private enum Family: Int, CaseIterable {
    case state, accepted, started, refused, failed, active, exits, memoryKills, received, sent, spawnLatency, duration
  }

  private struct Subject {
    let service: ServiceRuntime
    let label: [UInt8]
  }

  private unowned(unsafe) let server: SuperServer
  private let subjects: [Subject]
  private let disabled: [[UInt8]]
  private var text = OpenMetricsText()
  private var family: Family? = .state
  private var place = 0
  private(set) var isComplete = false

  init(of server: SuperServer) {
    self.server = server
    subjects = server.order.compactMap { id in
      server.services[id].map { Subject(service: $0, label: OpenMetricsText.label("service", id)) }
    }
    disabled = server.disabled.map { OpenMetricsText.label("service", $0.id) }
  }

  /// The next portion, some 64 KiB; the last one makes the report complete.
  func next() -> [UInt8] {
    while let family {
      if place == 0 { announce(family) }
      while place < subjects.count {
        addSamples(of: family, subjects[place])
        place += 1
        if text.bytes.count >= MetricsReport.portion { return text.take() }
      }
      if family == .state { for label in disabled { addState(.disabled, label) } }
      place = 0
      self.family = Family(rawValue: family.rawValue + 1)
    }
    addDaemon()
    text.end()
    isComplete = true
    return text.take()
  }

  // MARK: Services

  private func announce(_ family: Family) {
    switch family {
    case .state: text.family("inetd_state", .stateset, "What the service is doing.")
    case .accepted: text.family("inetd_accepted", .counter, "Connections and requests taken.")
    case .started: text.family("inetd_started", .counter, "Servers and conversations begun.")
    case .refused: text.family("inetd_refused", .counter, "Connections and requests refused, by reason.")
    case .failed: text.family("inetd_failed", .counter, "Servers and redirects that could not be started, by stage.")
    case .active: text.family("inetd_active", .gauge, "Servers and conversations now.")
    case .exits: text.family("inetd_exits", .counter, "Servers that ended, by kind of end.")
    case .memoryKills:
      text.family("inetd_oom_kills", .counter, "Processes of servers that were ended because memory_max was reached.")
    case .received:
      text.family("inetd_received_bytes", .counter, "From clients of redirects and built-ins.", unit: "bytes")
    case .sent: text.family("inetd_sent_bytes", .counter, "To clients of redirects and built-ins.", unit: "bytes")
    case .spawnLatency:
      text.family("inetd_spawn_latency_seconds", .histogram, "From accept to process.", unit: "seconds")
    case .duration:
      text.family(
        "inetd_duration_seconds", .histogram, "How long servers and conversations lasted.", unit: "seconds")
    }
  }

  private func addSamples(of family: Family, _ subject: Subject) {
    let counters = subject.service.counters
    let label = subject.label
    switch family {
    case .state: addState(subject.service.state, label)
    case .accepted: text.sample("inetd_accepted", "_total", label, counters.accepted)
    case .started: text.sample("inetd_started", "_total", label, counters.started)
    case .refused:
      for reason in RefusalReason.allCases where counters.refused(reason) > 0 {
        let word = OpenMetricsText.label("reason", reason.word)
        text.sample("inetd_refused", "_total", label, and: word, counters.refused(reason))
      }
    case .failed:
      for stage in FailureStage.all where counters.failed(at: stage) > 0 || stage.isUsual {
        let word = OpenMetricsText.label("stage", stage.word)
        text.sample("inetd_failed", "_total", label, and: word, counters.failed(at: stage))
      }
    case .active: text.sample("inetd_active", "", label, UInt64(subject.service.live))
    case .exits:
      for (word, count) in counters.exits {
        text.sample("inetd_exits", "_total", label, and: OpenMetricsText.label("status", word), count)
      }
    case .memoryKills: text.sample("inetd_oom_kills", "_total", label, counters.memoryKills)
    case .received: text.sample("inetd_received_bytes", "_total", label, counters.receivedBytes)
    case .sent: text.sample("inetd_sent_bytes", "_total", label, counters.sentBytes)
    case .spawnLatency: addHistogram("inetd_spawn_latency_seconds", label, counters.startLatency)
    case .duration: addHistogram("inetd_duration_seconds", label, counters.duration)
    }
  }

  /// One sample for each state, of which one is 1: that is how the format says it.
  private func addState(_ state: ServiceState, _ label: [UInt8]) {
    for candidate in ServiceState.allCases {
      let word = OpenMetricsText.label("inetd_state", candidate.label)
      text.sample("inetd_state", "", label, and: word, candidate == state ? 1 : 0)
    }
  }

  /// A service that has never done anything has no histogram: thousands of empty ones would be most of the text.
  private func addHistogram(_ name: StaticString, _ label: [UInt8], _ histogram: Histogram) {
    if !histogram.counts.isEmpty { text.histogram(name, label, histogram) }
  }

  // MARK: The daemon

  private func addDaemon() {
    text.family("inetd_build", .info, "The running program.")
    text.sample("inetd_build", "_info", OpenMetricsText.label("version", Version.number), 1)
    addNumber("inetd_services", .gauge, "Services that are served.", server.services.count)
    addNumber("inetd_sockets", .gauge, "Sockets that are listened on.", server.listenerCount)
    addNumber("inetd_servers", .gauge, "Running server processes.", server.liveCount)
    addNumber("inetd_reloads", .counter, "Times the configuration was read again.", server.reloadCount)
    addNumber(
      "inetd_configuration_errors", .gauge, "Errors in the configuration as last read.", server.configurationErrors)
    addNumber("inetd_open_descriptors", .gauge, "Descriptors the daemon holds.", CurrentProcess.openDescriptorCount)
    addNumber("inetd_denied_sources", .gauge, "Sources that are locked out.", server.denied.count)
    text.family(
      "inetd_loop_lag_seconds", .histogram, "How long the loop was busy before it could look at new events.",
      unit: "seconds")
    text.histogram("inetd_loop_lag_seconds", [], server.loopLag)
  }

  private func addNumber(_ name: StaticString, _ kind: OpenMetricsText.Kind, _ help: StaticString, _ value: Int) {
    text.family(name, kind, help)
    text.sample(name, kind == .counter ? "_total" : "", [], UInt64(max(value, 0)))
  }
}
