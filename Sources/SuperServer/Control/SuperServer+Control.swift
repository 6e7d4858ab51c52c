import AdmissionControl
import CLinux
import ControlProtocol
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel
import ServiceResolution

// What the control socket can be asked.
extension SuperServer {
  func reply(to request: ControlRequest) -> ControlReply {
    switch request.verb {
    case .list: ControlReply(blocks: order.compactMap { services[$0].map(listBlock) })
    case .status: status(request.arguments)
    case .connections: connections(request.arguments)
    case .denied: ControlReply(blocks: deniedBlocks())
    case .test: test(request.arguments)
    case .reload: reload(request.arguments)
    case .diff: report(planReload())
    case .pause: withService(request.arguments) { $0.hold(.paused) }
    case .resume: withService(request.arguments) { $0.release(.paused) }
    case .kill: kill(request.arguments)
    case .deny: deny(request.arguments)
    case .allow: allow(request.arguments)
    case .metrics: ControlReply(blocks: [ControlBlock([("text", metricsText)])])
    }
  }

  private func withService(_ arguments: [String], _ body: (ServiceRuntime) -> Void) -> ControlReply {
    guard arguments.count == 1 else { return .failure("one service is wanted") }
    guard let service = services[arguments[0]] else { return .failure("no service '\(arguments[0])' is running") }
    body(service)
    return ControlReply()
  }
}

// Looking.
extension SuperServer {
  private func listBlock(_ service: ServiceRuntime) -> ControlBlock {
    var block = ControlBlock([("id", service.definition.id), ("state", service.state.rawValue)])
    block.add("reason", service.stateReason)
    block.add("active", "\(service.admission.live)")
    block.add("listen", service.listeners.map { $0.plan.endpoint.description }.joined(separator: " "))
    return block
  }

  private func status(_ arguments: [String]) -> ControlReply {
    if let id = arguments.first {
      guard let service = services[id] else { return .failure("no service '\(id)' is running") }
      return ControlReply(blocks: [statusBlock(service)])
    }
    let daemon = ControlBlock([
      ("version", Version.number), ("pid", "\(CurrentProcess.pid)"), ("summary", statusLine),
      ("services", "\(services.count)"), ("active", "\(instances.count)"), ("denied", "\(denied.count)"),
    ])
    return ControlReply(blocks: [daemon] + order.compactMap { services[$0].map(statusBlock) })
  }

  private func statusBlock(_ service: ServiceRuntime) -> ControlBlock {
    var block = listBlock(service)
    let counters = service.counters
    block.add("accepted", "\(counters.accepted)")
    block.add("started", "\(counters.started)")
    block.add("refused", "\(counters.refusedInAll)")
    for reason in RefusalReason.allCases where counters.refused(reason) > 0 {
      block.add("refused_\(reason.word)", "\(counters.refused(reason))")
    }
    block.add("failed", "\(counters.failedStarts)")
    if case .count(let most) = service.definition.limits.instances { block.add("instances", "\(most)") }
    let pids = instances.instances(of: service).map { "\($0.pid)" }.sorted()
    if !pids.isEmpty { block.add("pids", pids.joined(separator: " ")) }
    return block
  }

  private func connections(_ arguments: [String]) -> ControlReply {
    if let id = arguments.first, services[id] == nil { return .failure("no service '\(id)' is running") }
    let now = MonotonicTime.now
    let wanted = instances.all.filter { arguments.isEmpty || $0.service.definition.id == arguments[0] }
    return ControlReply(
      blocks: wanted.map { instance in
        var block = ControlBlock([("id", instance.service.definition.id), ("pid", "\(instance.pid)")])
        block.add("peer", instance.peer?.description)
        block.add("seconds", "\((now - instance.startedAt).wholeSeconds)")
        return block
      })
  }

  /// Whether a peer would be served now. Judges without serving.
  private func test(_ arguments: [String]) -> ControlReply {
    guard arguments.count == 2 else { return .failure("a service and an address are wanted") }
    guard let service = services[arguments[0]] else { return .failure("no service '\(arguments[0])' is running") }
    guard let address = IPAddress(arguments[1])?.unmapped else {
      return .failure("'\(arguments[1])' is not an address")
    }
    var block = ControlBlock([("id", service.definition.id), ("address", address.description)])
    switch service.judgement(of: address) {
    case .accepted(let needsGate):
      block.add("served", needsGate ? "depends on the peer's name" : "yes")
      if service.state != .serving { block.add("but", "the service is \(service.state.rawValue)") }
    case .refused(let reason):
      block.add("served", "no")
      block.add("reason", reason.word)
      block.add("rule", reason.explanation)
      block.add("place", reason.key.flatMap(service.place))
    }
    return ControlReply(blocks: [block])
  }

  private func deniedBlocks() -> [ControlBlock] {
    let now = UInt64(max(MonotonicTime.now.nanoseconds, 0))
    return denied.current(now: now).map { entry in
      var block = ControlBlock([("source", entry.source.description)])
      block.add("seconds", entry.until.map { "\(($0 - now) / 1_000_000_000)" })
      return block
    }
  }
}

// Steering.
extension SuperServer {
  private func reload(_ arguments: [String]) -> ControlReply {
    for argument in arguments where argument != "dry-run" && argument != "hard" {
      return .failure("reload takes 'dry-run' and 'hard', not '\(argument)'")
    }
    return report(arguments.contains("dry-run") ? planReload() : reload(hard: arguments.contains("hard")))
  }

  /// The difference, then the findings as people read them.
  private func report(_ outcome: ReloadOutcome) -> ControlReply {
    let renderer = DiagnosticRenderer(outcome.load.table.sources)
    let findings = outcome.load.table.diagnostics.map { diagnostic in
      ControlBlock([("severity", diagnostic.severity.word), ("text", renderer.text(of: diagnostic))])
    }
    return ControlReply(blocks: outcome.changes.map(changeBlock) + findings)
  }

  private func changeBlock(_ change: ReloadPlan.Change) -> ControlBlock {
    switch change {
    case .keep(let id): ControlBlock([("id", id), ("change", "unchanged")])
    case .update(let id): ControlBlock([("id", id), ("change", "changed")])
    case .add(let id): ControlBlock([("id", id), ("change", "added")])
    case .remove(let id): ControlBlock([("id", id), ("change", "removed")])
    case .keepStale(let id): ControlBlock([("id", id), ("change", "stale")])
    }
  }

  private func kill(_ arguments: [String]) -> ControlReply {
    guard let target = arguments.first else { return .failure("a service or a process is wanted") }
    let signal = arguments.count > 1 ? Int32(arguments[1]) : SIGTERM
    guard let signal, signal > 0, signal <= 64 else { return .failure("'\(arguments[1])' is not a signal number") }
    // Only what we started: a number that is not one of our servers' is nobody we may end.
    let victims = instances.all.filter { "\($0.pid)" == target || $0.service.definition.id == target }
    if victims.isEmpty { return .failure("no server of '\(target)' is running") }
    for victim in victims { try? ChildProcess.signalGroup(victim.pid, signal) }
    return ControlReply(blocks: [ControlBlock([("signalled", "\(victims.count)")])])
  }

  private func deny(_ arguments: [String]) -> ControlReply {
    guard let text = arguments.first, let source = IPPrefix(text: text) else {
      return .failure("an address or address/prefix is wanted")
    }
    var until: UInt64?
    if arguments.count > 1 {
      guard let seconds = UInt64(arguments[1]), seconds <= 1 << 31 else {
        return .failure("'\(arguments[1])' is not a number of seconds")
      }
      until = UInt64(max(loop.now.nanoseconds, 0)) + seconds * 1_000_000_000
    }
    denied.add(source, until: until)
    return ControlReply()
  }

  private func allow(_ arguments: [String]) -> ControlReply {
    guard let text = arguments.first, let source = IPPrefix(text: text) else {
      return .failure("an address or address/prefix is wanted")
    }
    return denied.remove(source) ? ControlReply() : .failure("\(source) is not locked out")
  }
}

extension IPPrefix {
  /// Reads `address` or `address/length`.
  init?(text: String) {
    let parts = text.split(separator: "/", maxSplits: 1)
    guard let first = parts.first, let address = IPAddress(first)?.unmapped else { return nil }
    guard parts.count == 2 else {
      self.init(address)
      return
    }
    guard let length = Int(parts[1]), length >= 0, length <= address.family.width else { return nil }
    self.init(address, length: length)
  }
}

extension RefusalReason {
  /// One word for programs: metrics labels, status fields.
  package var word: String {
    switch self {
    case .sensor: "sensor"
    case .address: "address"
    case .time: "time"
    case .load: "load"
    case .sourceRate: "source_rate"
    case .perSource: "per_source"
    case .instances: "instances"
    case .processLimit: "process_limit"
    case .libwrap: "libwrap"
    case .fork: "resources"
    }
  }

  /// The key that the reason comes from; nil where no service's key is behind it.
  var key: String? {
    switch self {
    case .sensor, .processLimit, .fork: nil
    case .address: "only_from"
    case .time: "access_times"
    case .load: "max_load"
    case .sourceRate: "source_rate"
    case .perSource: "per_source"
    case .instances: "instances"
    case .libwrap: "libwrap"
    }
  }

  /// The rule behind the reason, for people.
  var explanation: String {
    switch self {
    case .sensor: "the source is locked out ('inetctl denied' lists all that are)"
    case .address: "only_from and no_access do not allow the address"
    case .time: "access_times does not hold now"
    case .load: "the load is above max_load"
    case .sourceRate: "the source has used up its source_rate"
    case .perSource: "the source has per_source instances running"
    case .instances: "all instances are running"
    case .processLimit: "the daemon's process limit is reached"
    case .libwrap: "hosts.allow and hosts.deny do not allow the peer"
    case .fork: "descriptors, memory or processes have run out"
    }
  }
}
