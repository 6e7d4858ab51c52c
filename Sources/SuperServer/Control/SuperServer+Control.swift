import AdmissionControl
import ControlProtocol
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel
import ServiceResolution

// What the control socket can be asked.
extension SuperServer {
  func reply(to request: ControlRequest) -> ReplyPortions {
    let arguments = request.arguments
    switch request.verb {
    case .list: return .blocks([], of: servicesInOrder, disabledBlocks) { [unowned(unsafe) self] in listBlock($0) }
    case .status: return arguments.first.map { .whole(status(of: $0)) } ?? status
    case .metrics: return .metrics(MetricsReport(of: self))
    case .connections: return connections(arguments)
    case .denied: return .whole(ControlReply(blocks: deniedBlocks()))
    case .test: return .whole(test(arguments))
    case .diff: return .whole(report(planReload()))
    case .reload: return .whole(reload(arguments))
    case .pause: return .whole(pause(arguments))
    case .resume: return .whole(resume(arguments))
    case .kill: return .whole(kill(arguments))
    case .deny: return .whole(deny(arguments))
    case .allow: return .whole(allow(arguments))
    }
  }

  private var servicesInOrder: [ServiceRuntime] { order.compactMap { services[$0] } }

  /// The answer to a question about a service that does not run.
  func notRunning(_ id: String) -> ControlReply {
    if disabled.contains(where: { $0.id == id }) {
      return .failure("service '\(id)' is disabled; 'inetctl enable \(id)' switches it on")
    }
    return .failure("no service '\(id)' is running")
  }
}

// Blocks about services.
extension SuperServer {
  func listBlock(_ service: ServiceRuntime) -> ControlBlock {
    let conditions = service.conditions
    var block = ControlBlock([
      ("id", service.definition.id), ("state", (conditions.first?.state ?? .serving).word),
    ])
    if let first = conditions.first {
      block.add("reason", conditions.map { $0.text }.joined(separator: "; "))
      block.add("until", first.until.map { (WallClock.now + ($0 - .now)).local.rfc3339 })
      block.add("errno", first.errno.map(SystemError.name))
    }
    block.add("active", "\(service.live)")
    // A path may hold blanks: each place is a word of its own.
    block.add(
      "listen", service.listeners.map { ControlText.quoted($0.plan.endpoint.description) }.joined(separator: " "))
    return block
  }

  private var disabledBlocks: [ControlBlock] {
    disabled.map { service in
      ControlBlock([
        ("id", service.id), ("state", ServiceState.disabled.word), ("reason", "switched off in \(service.place)"),
        ("active", "0"),
      ])
    }
  }

  private var status: ReplyPortions {
    let pids = instances.pidsByService
    return .blocks([daemonBlock], of: servicesInOrder, disabledBlocks) { [unowned(unsafe) self] in
      statusBlock($0, pids)
    }
  }

  private func status(of id: String) -> ControlReply {
    if let service = services[id] { return ControlReply(blocks: [statusBlock(service, instances.pidsByService)]) }
    if let block = disabledBlocks.first(where: { $0["id"] == id }) { return ControlReply(blocks: [block]) }
    return notRunning(id)
  }

  private var daemonBlock: ControlBlock {
    var block = ControlBlock([
      ("version", Version.number), ("pid", "\(CurrentProcess.pid)"), ("summary", statusLine),
      ("services", "\(services.count)"), ("active", "\(instances.count)"), ("denied", "\(denied.count)"),
    ])
    if storeIsFull { block.add("store", "FileDescriptorStoreMax= of the unit is too small: a restart loses sockets") }
    return block
  }

  private func statusBlock(_ service: ServiceRuntime, _ pids: [ObjectIdentifier: [Int32]]) -> ControlBlock {
    var block = listBlock(service)
    let counters = service.counters
    block.add("accepted", "\(counters.accepted)")
    block.add("started", "\(counters.started)")
    block.add("refused", "\(counters.refusedInAll)")
    if counters.refusedInAll > 0 { addRefusals(counters, to: &block) }
    block.add("failed", "\(counters.failedStarts)")
    if case .count(let most) = service.definition.limits.instances { block.add("instances", "\(most)") }
    block.add("rpc", service.registrationText)
    if let pids = pids[ObjectIdentifier(service)] {
      block.add("pids", pids.sorted().map { "\($0)" }.joined(separator: " "))
    }
    block.add("place", service.definitionPlace)
    return block
  }

  private func addRefusals(_ counters: ServiceCounters, to block: inout ControlBlock) {
    for reason in RefusalReason.allCases where counters.refused(reason) > 0 {
      block.add("refused_\(reason.word)", "\(counters.refused(reason))")
    }
  }
}

// Blocks about peers.
extension SuperServer {
  private func connections(_ arguments: [String]) -> ReplyPortions {
    if let id = arguments.first, services[id] == nil { return .whole(notRunning(id)) }
    let list = PeerList(of: self, service: arguments.first)
    return .blocks(count: list.count) { list.block(at: $0) }
  }

  /// Whether a peer would be served now. Judges without serving.
  private func test(_ arguments: [String]) -> ControlReply {
    guard arguments.count == 2 || arguments.count == 3 else { return .failure("a service and an address are wanted") }
    guard let service = services[arguments[0]] else { return notRunning(arguments[0]) }
    guard let address = IPAddress(arguments[1])?.unmapped else {
      return .failure("'\(arguments[1])' is not an address")
    }
    var port: UInt16?
    if arguments.count == 3 {
      guard let number = UInt16(arguments[2]) else { return .failure("'\(arguments[2])' is not a port") }
      port = number
    }
    return ControlReply(blocks: [PeerTrial(address, port: port, at: service).block])
  }

  private func deniedBlocks() -> [ControlBlock] {
    denied.current(now: UInt64(max(MonotonicTime.now.nanoseconds, 0))).map { lockOutBlock($0.source, until: $0.until) }
  }

  func lockOutBlock(_ source: IPPrefix, until: UInt64?) -> ControlBlock {
    let now = UInt64(max(MonotonicTime.now.nanoseconds, 0))
    var block = ControlBlock([("source", source.description)])
    block.add("seconds", until.map { "\(($0 - min(now, $0)) / 1_000_000_000)" })
    return block
  }
}
