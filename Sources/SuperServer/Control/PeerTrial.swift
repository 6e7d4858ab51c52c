import AdmissionControl
import ControlProtocol
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel

/// What would become of a peer that came now, and which rule says so. Judges without serving: nothing is counted.
struct PeerTrial {
  /// The answer in one word for programs.
  enum Outcome: String {
    case served = "yes"
    case refused = "no"
    /// It would wait in the kernel's queue.
    case waits = "later"
    /// Only `inetd-gate` can tell, when the peer is there.
    case unknown
  }

  let service: ServiceRuntime
  let address: IPAddress
  let port: UInt16?
  private(set) var outcome = Outcome.served
  private(set) var rule = ""
  /// The kind of refusal, as metrics count it.
  private(set) var reason: String?
  /// `path:line:column` of the rule.
  private(set) var place: String?

  init(_ address: IPAddress, port: UInt16?, at service: ServiceRuntime) {
    self.service = service
    self.address = address
    self.port = port
    judge()
  }

  var block: ControlBlock {
    var block = ControlBlock([("id", service.definition.id), ("address", address.description)])
    block.add("port", port.map { "\($0)" })
    block.add("served", outcome.rawValue)
    block.add("reason", reason)
    block.add("rule", rule)
    block.add("place", place)
    return block
  }

  // MARK: The judgement, in the order in which a real peer meets it

  private mutating func judge() {
    if let unreachable { return conclude(.refused, unreachable, reason: "unbound", key: "listen") }
    if service.state == .paused {
      return conclude(.waits, "the service is paused by hand", reason: "paused", key: nil)
    }
    if let limit = service.conditions.first(where: { $0.state != .stale && $0.state != .unbound }),
      service.holdsBack
    {
      return conclude(.waits, limit.text, reason: limit.state.label, key: limitKey)
    }
    if service.listeners.contains(where: { $0.isHandedOver }) {
      return conclude(.unknown, "the running server has the socket and takes whom it likes", reason: nil, key: "wait")
    }
    if looksLikeLoop {
      let rule = "datagram built-ins answer nobody below port 1024 and none of their own ports"
      return conclude(.refused, rule, reason: "port", key: nil)
    }
    switch service.judgement(of: address) {
    case .refused(let reason): refuse(reason)
    case .accepted(let needsGate): admit(needsGate: needsGate)
    }
  }

  private mutating func conclude(_ outcome: Outcome, _ rule: String, reason: String?, key: String?) {
    self.outcome = outcome
    self.rule = rule
    self.reason = reason
    place = key.flatMap(service.place)
  }

  private mutating func refuse(_ reason: RefusalReason) {
    let isQueued = reason == .instances && service.definition.limits.overflow == .queue
    conclude(isQueued ? .waits : .refused, text(of: reason), reason: reason.word, key: key(of: reason))
  }

  private mutating func admit(needsGate: Bool) {
    let access = service.definition.access
    if service.asksLibwrap || needsGate, isAnsweredByDatagram {
      let rule = "only a name could tell, and datagram built-ins look none up"
      return conclude(.refused, rule, reason: needsGate ? "address" : "libwrap", key: needsGate ? namesKey : "libwrap")
    }
    if needsGate { return conclude(.unknown, "the peer's name decides", reason: nil, key: namesKey) }
    if service.asksLibwrap {
      return conclude(.unknown, "hosts.allow and hosts.deny decide", reason: nil, key: "libwrap")
    }
    switch access.rule(for: address) {
    case .onlyFrom(let pattern): conclude(.served, "only_from has \(pattern.text)", reason: nil, key: "only_from")
    case .notInNoAccess: conclude(.served, "no_access does not have the address", reason: nil, key: "no_access")
    default: conclude(.served, "no access list: open to everyone", reason: nil, key: "only_from")
    }
  }

  // MARK: What decides

  private var unreachable: String? {
    guard service.listeners.allSatisfy({ !$0.isBound }) else { return nil }
    return service.conditions.first { $0.state == .unbound }?.text
  }

  private var isAnsweredByDatagram: Bool { if case .datagramBuiltin = service.handler { true } else { false } }

  private var looksLikeLoop: Bool {
    guard isAnsweredByDatagram, let port else { return false }
    return port < 1024 || service.server.isDatagramBuiltinPort(port)
  }

  private var limitKey: String? {
    if service.holds.contains(.limited) { return service.limitedBy?.text }
    return service.holds.contains(.full) ? "instances" : nil
  }

  private var namesKey: String { service.definition.access.onlyFrom == nil ? "no_access" : "only_from" }

  private func key(of reason: RefusalReason) -> String? {
    if reason == .address, case .noAccess = service.definition.access.rule(for: address) { return "no_access" }
    return reason.key
  }

  private func text(of reason: RefusalReason) -> String {
    let limits = service.definition.limits
    switch reason {
    case .sensor: return service.server.lockOutText(of: address)
    case .address:
      if case .noAccess(let pattern) = service.definition.access.rule(for: address) {
        return "no_access has \(pattern.text)"
      }
      return "no entry of only_from has the address"
    case .time:
      let times = service.definition.access.times.map { $0.text }.joined(separator: " ")
      return "access_times = \(times), and now it is \(WallClock.now.local.rfc3339)"
    case .load: return "the load average of the last minute is above max_load"
    case .sourceRate:
      let rate = limits.sourceRate.map { "source_rate = \($0.count) in \($0.seconds) s" } ?? "source_rate"
      return "\(rate) is used up by this source"
    case .perSource: return "per_source: this source has all its instances running"
    case .instances: return "instances: all \(service.live) are running"
    case .processLimit: return "--process-limit: the daemon has \(service.server.liveCount) servers running"
    case .libwrap: return "hosts.allow and hosts.deny do not let the peer in"
    case .fork: return "descriptors, memory or processes have run out"
    case .proxyHeader: return "proxy_protocol: no header that is believed came in front of the connection"
    case .label: return "LABELED: the server cannot have its peer's label"
    case .ident: return "flag IDONLY: the peer's host does not say who the peer is"
    }
  }
}

extension ServiceRuntime {
  /// Whether new connections are left in the kernel's queue just now.
  var holdsBack: Bool { !holds.isEmpty }
}

extension SuperServer {
  /// Which entry of the deny list holds an address, and for how long.
  func lockOutText(of address: IPAddress) -> String {
    let now = UInt64(max(loop.now.nanoseconds, 0))
    let entries = denied.current(now: now).filter { $0.source.contains(address) }
    guard let entry = entries.max(by: { $0.until ?? .max < $1.until ?? .max }) else {
      return "the source is locked out"
    }
    let time = entry.until.map { " for \(($0 - now) / 1_000_000_000) s more" } ?? ""
    return "\(entry.source) is locked out\(time) ('inetctl denied' lists all that are)"
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
    case .ident: "ident"
    case .proxyHeader: "proxy_protocol"
    case .label: "label"
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
    case .ident, .label: "flags"
    case .proxyHeader: "proxy_protocol"
    }
  }
}
