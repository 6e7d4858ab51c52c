import AdmissionControl
import LinuxSystem
import ServiceModel

// The daemon's figures for monitoring. Labels are service ids and fixed words only: nothing a stranger can multiply.
extension SuperServer {
  package var metricsText: String {
    var metrics = OpenMetricsText()
    let all = order.compactMap { services[$0] }
    func each(_ name: String, _ type: String, _ help: String, _ value: (ServiceRuntime) -> UInt64) {
      metrics.family(name, type, help)
      let sample = type == "counter" ? name + "_total" : name
      for service in all { metrics.sample(sample, [("service", service.definition.id)], "\(value(service))") }
    }
    each("inetd_accepted", "counter", "Connections and requests taken.") { $0.counters.accepted }
    each("inetd_started", "counter", "Servers and conversations begun.") { $0.counters.started }
    each("inetd_failed", "counter", "Servers that could not be started.") { $0.counters.failedStarts }
    each("inetd_active", "gauge", "Servers and conversations now.") { UInt64($0.admission.live) }
    each("inetd_received_bytes", "counter", "Bytes from clients through redirects and built-ins.") {
      $0.counters.receivedBytes
    }
    each("inetd_sent_bytes", "counter", "Bytes to clients through redirects and built-ins.") { $0.counters.sentBytes }
    addRefusals(of: all, to: &metrics)
    addExits(of: all, to: &metrics)
    metrics.family("inetd_start_latency_seconds", "histogram", "From accept to process.", unit: "seconds")
    for service in all {
      metrics.histogram(
        "inetd_start_latency_seconds", [("service", service.definition.id)], service.counters.startLatency)
    }
    metrics.family("inetd_duration_seconds", "histogram", "How long servers lived.", unit: "seconds")
    for service in all {
      metrics.histogram("inetd_duration_seconds", [("service", service.definition.id)], service.counters.duration)
    }
    addDaemon(to: &metrics)
    metrics.end()
    return metrics.text
  }

  private func addRefusals(of all: [ServiceRuntime], to metrics: inout OpenMetricsText) {
    metrics.family("inetd_refused", "counter", "Connections and requests refused, by reason.")
    for service in all {
      for reason in RefusalReason.allCases where service.counters.refused(reason) > 0 {
        metrics.sample(
          "inetd_refused_total", [("service", service.definition.id), ("reason", reason.word)],
          "\(service.counters.refused(reason))")
      }
    }
  }

  private func addExits(of all: [ServiceRuntime], to metrics: inout OpenMetricsText) {
    metrics.family("inetd_exits", "counter", "Servers that ended, by kind of end.")
    for service in all {
      let counters = service.counters
      for (kind, count) in [
        ("success", counters.successfulExits), ("failure", counters.failedExits), ("signal", counters.killedExits),
      ] where count > 0 {
        metrics.sample("inetd_exits_total", [("service", service.definition.id), ("status", kind)], "\(count)")
      }
    }
  }

  private func addDaemon(to metrics: inout OpenMetricsText) {
    metrics.family("inetd_services", "gauge", "Configured services.")
    metrics.sample("inetd_services", [], "\(services.count)")
    metrics.family("inetd_sockets", "gauge", "Sockets that are listened on.")
    metrics.sample("inetd_sockets", [], "\(listenerCount)")
    metrics.family("inetd_reloads", "counter", "Times the configuration was read again.")
    metrics.sample("inetd_reloads_total", [], "\(reloadCount)")
    metrics.family("inetd_configuration_errors", "gauge", "Errors in the configuration as last read.")
    metrics.sample("inetd_configuration_errors", [], "\(configurationErrors)")
    metrics.family("inetd_open_descriptors", "gauge", "Descriptors the daemon holds.")
    metrics.sample("inetd_open_descriptors", [], "\(CurrentProcess.openDescriptorCount)")
    metrics.family("inetd_denied_sources", "gauge", "Sources that are locked out.")
    metrics.sample("inetd_denied_sources", [], "\(denied.count)")
  }
}
