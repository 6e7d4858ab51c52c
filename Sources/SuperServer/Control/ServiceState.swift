import AdmissionControl
import LinuxSystem
import NetworkAddresses
import ServiceModel
import ServiceResolution

/// What an administrator calls the condition of a service. The most telling comes first: where several hold, it is the
/// service's state.
package enum ServiceState: UInt8, CaseIterable, Sendable {
  /// The files switch it off.
  case disabled
  /// By hand, until somebody resumes it.
  case paused
  /// Something has failed and is tried again later.
  case backingOff
  /// A socket cannot be opened.
  case unbound
  /// The files hold an error; it runs on as it was before.
  case stale
  /// A limit is reached.
  case limited
  case serving

  /// As people read it.
  package var word: String {
    switch self {
    case .disabled: "disabled"
    case .paused: "paused"
    case .backingOff: "backing off"
    case .unbound: "unbound"
    case .stale: "stale"
    case .limited: "limited"
    case .serving: "serving"
    }
  }

  /// As monitoring selects by it: one word.
  var label: String { self == .backingOff ? "backing_off" : word }
}

/// One thing that keeps a service from simply serving.
struct ServiceCondition {
  let state: ServiceState
  /// Why, in words, and what becomes of new connections.
  let reason: String
  /// When it ends, or is tried again, by itself.
  var until: MonotonicTime?
  /// The kernel's reason.
  var errno: Int32?
}

extension ServiceRuntime {
  /// The most telling of the conditions that hold. Costs no memory: monitoring asks for all services at once.
  package var state: ServiceState {
    if holds.contains(.paused) { return .paused }
    if !holds.isDisjoint(with: [.backingOff, .resources]) { return .backingOff }
    if unboundListener != nil { return .unbound }
    if isStale { return .stale }
    return isLimited ? .limited : .serving
  }

  /// Everything that holds now, the most telling first; empty for a service at work.
  var conditions: [ServiceCondition] {
    var conditions: [ServiceCondition] = []
    if holds.contains(.paused) {
      conditions.append(ServiceCondition(state: .paused, reason: "paused by hand; \(fateOfNewcomers)"))
    }
    if holds.contains(.backingOff) {
      let reason = "the server ended at once without taking anything from its socket"
      conditions.append(ServiceCondition(state: .backingOff, reason: reason, until: holdEnd))
    }
    if holds.contains(.resources) {
      let reason = "\(resourceError?.description ?? "resources have run out"); \(fateOfNewcomers)"
      conditions.append(
        ServiceCondition(state: .backingOff, reason: reason, until: holdEnd, errno: resourceError?.errno))
    }
    if let listener = unboundListener {
      let reason = listener.bindError?.description ?? "not opened yet"
      conditions.append(
        ServiceCondition(
          state: .unbound, reason: "cannot listen on \(listener.plan.endpoint): \(reason)",
          until: listener.nextAttempt, errno: listener.bindError?.errno))
    }
    if isStale {
      let errors = server.staleFindings[id] ?? []
      let findings = errors.isEmpty ? "" : ": " + errors.joined(separator: "; ")
      conditions.append(
        ServiceCondition(
          state: .stale, reason: "the files hold an error, so that it runs on as it was before" + findings))
    }
    return conditions + limitConditions
  }

  private var limitConditions: [ServiceCondition] {
    var conditions: [ServiceCondition] = []
    if holds.contains(.limited) {
      let limit = limitedBy.map(limitText) ?? "the rate"
      conditions.append(
        ServiceCondition(state: .limited, reason: "\(limit) is used up; \(fateOfNewcomers)", until: holdEnd))
    }
    if holds.contains(.processLimit) {
      let limit = server.settings.processLimit ?? 0
      conditions.append(
        ServiceCondition(
          state: .limited, reason: "process-limit: the daemon has \(limit) servers running; \(fateOfNewcomers)"))
    }
    if isFull {
      let instances = "instances: all \(live) are running"
      conditions.append(ServiceCondition(state: .limited, reason: "\(instances); \(fateOfNewcomers)"))
    }
    return conditions
  }

  /// The limit as the files spell it.
  private func limitText(_ limit: IntakeLimit) -> String {
    let limits = definition.limits
    switch limit {
    case .rate: return limits.rate.map { "rate = \($0.count) in \($0.seconds) s" } ?? "rate"
    case .cps: return limits.cps.map { "cps = \($0.perSecond) in 1 s" } ?? "cps"
    }
  }

  private var fateOfNewcomers: String {
    holds.isEmpty && definition.limits.overflow == .refuse
      ? "new connections are refused" : "new connections wait in the queue"
  }

  private var isLimited: Bool { !holds.isDisjoint(with: [.limited, .processLimit]) || isFull }

  /// Whether all instances run, be it that newcomers wait or that they are refused.
  var isFull: Bool {
    if case .count(let most) = definition.limits.instances { return live >= most }
    return false
  }

  /// The first socket that should be there and is not.
  private var unboundListener: Listener? { listeners.first { !$0.isBound && !$0.isMissingOptionalFamily } }
}

// All services at once.
extension SuperServer {
  /// How many services are in each state.
  var stateCounts: [ServiceState: Int] {
    var counts: [ServiceState: Int] = [.disabled: disabled.count]
    for service in services.values { counts[service.state, default: 0] += 1 }
    return counts
  }

  /// `12 services, 3 active, 1 unbound`: what is not as it should be follows the numbers that everybody wants to know.
  package var statusLine: String {
    var line = "\(services.count) services, \(instances.count) active"
    let counts = stateCounts
    let order: [ServiceState] = [.unbound, .stale, .backingOff, .limited, .paused, .disabled]
    for state in order {
      if let count = counts[state], count > 0 { line += ", \(count) \(state.word)" }
    }
    return line
  }
}

// For people.
extension ServiceCondition {
  /// The reason with the moment it ends or is tried again.
  var text: String {
    guard let until else { return reason }
    let moment = (WallClock.now + (until - .now)).local.rfc3339
    return reason + (state == .limited ? "; until \(moment)" : "; next try at \(moment)")
  }
}

extension ServiceRuntime {
  /// `limited: rate = 60 in 60 s is used up; ...`, or `serving`.
  var conditionText: String {
    let conditions = conditions
    guard let first = conditions.first else { return ServiceState.serving.word }
    return "\(first.state.word): " + conditions.map { $0.text }.joined(separator: "; ")
  }
}
