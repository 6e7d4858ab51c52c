import NetworkAddresses
import ServiceModel

/// Why a peer is not served. The words are xinetd's, because fail2ban and others read them in `FAIL:` lines.
package enum RefusalReason: UInt8, CaseIterable, Hashable, Sendable {
  case sensor, address, time, load, sourceRate, perSource, instances, processLimit, libwrap, fork, ident
  /// A connection that should carry a PROXY header does not, or not from whom it is believed.
  case proxyHeader
  /// The server cannot have the SELinux label that is its peer's due.
  case label

  package var logText: String {
    switch self {
    case .sensor, .address: "address"
    case .time: "time"
    case .load: "load"
    case .sourceRate: "connections per second"
    case .perSource: "per_source_limit"
    case .instances: "service_limit"
    case .processLimit: "process_limit"
    case .libwrap: "libwrap"
    case .fork: "fork"
    case .ident: "ident"
    case .proxyHeader: "proxy_protocol"
    case .label: "label"
    }
  }
}

/// The judgement of one connection.
package enum Admission: Equatable, Sendable {
  /// Served; `needsGate` when only a name lookup can finally tell.
  case accepted(needsGate: Bool)
  case refused(RefusalReason)
}

/// What a judgement may depend on besides the peer. Only asked for where a service's rules need it.
package struct Surroundings: Equatable, Sendable {
  /// Local time of day in minutes since midnight.
  package var minuteOfDay: Int
  /// One-minute load average in hundredths; nil where the kernel does not say.
  package var load: Int?

  package init(minuteOfDay: Int, load: Int?) {
    self.minuteOfDay = minuteOfDay
    self.load = load
  }
}

/// Whether a service takes connections at all just now.
package enum IntakeState: Equatable, Sendable {
  case open
  /// `instances` are running and overflow = queue: until one ends.
  case full
  /// `rate` or `cps` is used up: until this time, in nanoseconds of the caller's clock.
  case limited(until: UInt64, IntakeLimit)
}

/// Which of the start rates of a service is used up.
package enum IntakeLimit: UInt8, Equatable, Sendable { case rate, cps }

/// The admission policy of one service with its counters. Pure: peer and time come in, a judgement goes out.
///
/// The order of judgement is documented in inetd.d(5): the sensors' deny list (the caller's, it spans services), access
/// list, access_times, max_load, source_rate, per_source, instances, and the daemon-wide process limit (the caller's);
/// the first refusal counts. Rates of the whole service do not refuse anyone: they close
/// the intake for a moment and leave peers in the kernel's queue.
///
/// Not copyable: two copies would count apart, and a copy for each look was a third of a connection's instructions.
package struct AdmissionController: ~Copyable {
  private var access: AccessList
  private var times: [AccessInterval]
  private var maxLoad: Int?
  private var limits: LimitDefinition
  private var rateShape: TokenBucket.Shape?
  private var cpsShape: TokenBucket.Shape?
  private var sourceShape: TokenBucket.Shape?
  private var rateBucket = TokenBucket()
  private var cpsBucket = TokenBucket()
  private var sources = SourceTable()
  /// Instances running now.
  package private(set) var live = 0

  package init(access: AccessDefinition, limits: LimitDefinition) {
    self.access = AccessList(access)
    times = access.times
    maxLoad = access.maxLoad
    self.limits = limits
    rateShape = limits.rate.map { TokenBucket.Shape(count: $0.count, seconds: $0.seconds) }
    cpsShape = limits.cps.map { TokenBucket.Shape(count: $0.perSecond, seconds: 1) }
    sourceShape = limits.sourceRate.map { TokenBucket.Shape(count: $0.count, seconds: $0.seconds) }
  }

  /// Whether no rule and no rate asks anything of a peer that comes and goes at once: all are admitted, unseen.
  package var admitsEveryone: Bool {
    access.allowsEveryone && times.isEmpty && maxLoad == nil && rateShape == nil && cpsShape == nil && !countsSources
      && limits.instances != .count(0)
  }

  /// Takes over new rules; live counts and buckets stay, so that a reload is no way around a limit.
  ///
  /// `livePeers` are the peers of all instances running now: where sources are counted differently than before, they
  /// are counted again.
  package mutating func update(access: AccessDefinition, limits: LimitDefinition, livePeers: [IPAddress], now: UInt64) {
    var updated = AdmissionController(access: access, limits: limits)
    updated.live = live
    updated.rateBucket = rateBucket
    updated.cpsBucket = cpsBucket
    let countedAlike =
      countsSources && limits.sourcePrefix4 == self.limits.sourcePrefix4
      && limits.sourcePrefix6 == self.limits.sourcePrefix6
    if countedAlike {
      updated.sources = sources
    } else {
      for peer in livePeers {
        if let source = updated.source(of: peer) { _ = updated.sources.start(source, nil, now: now) }
      }
    }
    self = updated
  }

  /// Whether connections are to be accepted now. Asked before every accept, because a connection that stays in the
  /// kernel's queue costs nothing and is not lost.
  package func intake(now: UInt64) -> IntakeState {
    if case .count(let most) = limits.instances, limits.overflow == .queue, live >= most { return .full }
    if let cpsShape, !cpsBucket.hasToken(cpsShape, now: now) {
      return .limited(until: cpsBucket.nextToken(cpsShape), .cps)
    }
    if let rateShape, !rateBucket.hasToken(rateShape, now: now) {
      return .limited(until: rateBucket.nextToken(rateShape), .rate)
    }
    return .open
  }

  /// Whether the access lists, whatever the counters say, let a peer in; peers that only a name can tell are let in.
  package func allows(_ peer: IPAddress?) -> Bool {
    (peer.map(access.judge) ?? access.judgeWithoutAddress()) != .refused
  }

  /// Whether `judge` wants to know the surroundings.
  package var needsSurroundings: Bool { !times.isEmpty || maxLoad != nil }

  /// Judges a peer; nil for one without an Internet address. Changes nothing.
  package func judge(_ peer: IPAddress?, now: UInt64, in surroundings: Surroundings? = nil) -> Admission {
    let verdict = access.allowsEveryone ? .allowed : peer.map(access.judge) ?? access.judgeWithoutAddress()
    if verdict == .refused { return .refused(.address) }
    if let surroundings {
      if !times.isEmpty && !times.contains(where: { $0.contains(surroundings.minuteOfDay) }) { return .refused(.time) }
      if let maxLoad, let load = surroundings.load, load > maxLoad { return .refused(.load) }
    }
    if let source = source(of: peer) {
      if let sourceShape, !sources.hasToken(source, sourceShape, now: now) { return .refused(.sourceRate) }
      if case .count(let most) = limits.perSource, sources.live(source) >= most { return .refused(.perSource) }
    }
    if case .count(let most) = limits.instances, live >= most { return .refused(.instances) }
    return .accepted(needsGate: verdict == .needsName)
  }

  /// Counts an instance that is about to start. False when no room is left to remember its source.
  package mutating func started(_ peer: IPAddress?, now: UInt64) -> Bool {
    if let source = source(of: peer), !sources.start(source, sourceShape, now: now) { return false }
    live += 1
    if let rateShape { _ = rateBucket.take(rateShape, now: now) }
    if let cpsShape { _ = cpsBucket.take(cpsShape, now: now) }
    return true
  }

  /// Counts an instance that an earlier run of the daemon started: no token of any rate is taken for it.
  package mutating func recovered(_ peer: IPAddress?, now: UInt64) {
    if let source = source(of: peer) { _ = sources.start(source, nil, now: now) }
    live += 1
  }

  /// Counts the end of an instance that `started` had counted.
  package mutating func ended(_ peer: IPAddress?) {
    live = max(live - 1, 0)
    if let source = source(of: peer) { sources.end(source) }
  }

  private var countsSources: Bool { sourceShape != nil || limits.perSource != .unlimited }

  /// What counts as one source, or nil where no limit asks.
  private func source(of peer: IPAddress?) -> IPPrefix? {
    guard countsSources, let peer else { return nil }
    return IPPrefix(peer, length: Int(peer.family == .ipv4 ? limits.sourcePrefix4 : limits.sourcePrefix6))
  }
}
