import AdmissionControl
import CLinux
import ControlProtocol
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel
import ServiceResolution

// Steering.
extension SuperServer {
  func reload(_ arguments: [String]) -> ControlReply {
    for argument in arguments where argument != "dry-run" && argument != "hard" {
      return .failure("reload takes 'dry-run' and 'hard', not '\(argument)'")
    }
    return report(arguments.contains("dry-run") ? planReload() : reload(hard: arguments.contains("hard")))
  }

  func pause(_ arguments: [String]) -> ControlReply {
    withService(arguments) { service in
      service.hold(.paused)
      log.paused(service.definition)
    }
  }

  func resume(_ arguments: [String]) -> ControlReply {
    withService(arguments) { service in
      service.release(.paused)
      log.resumed(service.definition)
    }
  }

  private func withService(_ arguments: [String], _ body: (ServiceRuntime) -> Void) -> ControlReply {
    guard arguments.count == 1 else { return .failure("one service is wanted") }
    guard let service = services[arguments[0]] else { return notRunning(arguments[0]) }
    body(service)
    return ControlReply(blocks: [listBlock(service)])
  }

  /// The difference, then the findings as people read them.
  func report(_ outcome: ReloadOutcome) -> ControlReply {
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

  func kill(_ arguments: [String]) -> ControlReply {
    guard let target = arguments.first else { return .failure("a service, a process or a peer is wanted") }
    let signal = arguments.count > 1 ? Int32(arguments[1]) : SIGTERM
    guard let signal, signal > 0, signal <= 64 else { return .failure("'\(arguments[1])' is not a signal number") }
    // Only what we started: a number that is not one of our servers' is nobody we may end.
    let victims = instances.all.filter {
      "\($0.pid)" == target || $0.service.definition.id == target || $0.peer?.description == target
    }
    for victim in victims { try? ChildProcess.signalGroup(victim.pid, signal) }
    // What has no process has nobody to signal: it is ended by the signals that ask a server to end, or make it.
    let ended = signal == SIGTERM || signal == SIGKILL ? endConversations(with: target) : 0
    if victims.isEmpty && ended == 0 { return .failure("no server of '\(target)' is running") }
    return ControlReply(blocks: [ControlBlock([("signalled", "\(victims.count)"), ("ended", "\(ended)")])])
  }

  /// Ends the conversations in the loop with the peers of a service, or with one peer; returns how many.
  private func endConversations(with target: String) -> Int {
    var ended = 0
    for place in 0..<loop.placeCount {
      guard let conversation = loop.conversation(at: place), let facts = conversation.facts,
        facts.service.definition.id == target || facts.peer.unmappedEndpoint?.description == target
      else { continue }
      conversation.endByHand()
      ended += 1
    }
    return ended
  }

  func deny(_ arguments: [String]) -> ControlReply {
    guard let text = arguments.first, let source = IPPrefix(text: text) else {
      return .failure("an address or address/prefix is wanted")
    }
    var until: UInt64?
    if arguments.count > 1 {
      guard let seconds = UInt64(arguments[1]), seconds > 0, seconds <= 1 << 31 else {
        return .failure("'\(arguments[1])' is not a number of seconds")
      }
      until = UInt64(max(loop.now.nanoseconds, 0)) + seconds * 1_000_000_000
    }
    denied.add(source, until: until)
    return ControlReply(blocks: [lockOutBlock(source, until: until)])
  }

  func allow(_ arguments: [String]) -> ControlReply {
    guard let text = arguments.first, let source = IPPrefix(text: text) else {
      return .failure("an address or address/prefix is wanted")
    }
    guard denied.remove(source) else { return .failure("\(source) is not locked out") }
    return ControlReply(blocks: [ControlBlock([("source", source.description)])])
  }
}

extension IPPrefix {
  /// Reads `address` or `address/length`; v4-mapped ones are the IPv4 ones they stand for.
  init?(text: String) {
    let parts = text.split(separator: "/", maxSplits: 1)
    guard let first = parts.first, let address = IPAddress(first) else { return nil }
    guard parts.count == 2 else {
      self = IPPrefix(address).unmapped
      return
    }
    guard let length = Int(parts[1]), length >= 0, length <= address.family.width else { return nil }
    self = IPPrefix(address, length: length).unmapped
  }
}
