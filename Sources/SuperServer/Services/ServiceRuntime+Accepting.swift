import AdmissionControl
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

// From a ready socket to an admitted connection.
extension ServiceRuntime {
  /// Connections taken per wake and listener; then the other listeners get their turn, so that a flood on one service
  /// starves no other.
  static let acceptsPerWake = 64

  /// Something waits at one of the service's sockets.
  func ready(_ listener: Listener) {
    server.idleMemory.noteWork()
    if traits.contains(.waits) {
      startWaitServer(on: listener)
    } else if case .datagramBuiltin(let builtin) = handler {
      server.datagramBuiltins.serve(builtin, at: listener)
    } else if listener.plan.listens {
      acceptConnections(at: listener)
    } else {
      startDatagramServer(on: listener)
    }
  }

  private func acceptConnections(at listener: Listener) {
    guard let socket = listener.descriptor else { return }
    // A server program expects a blocking connection; what runs in the loop must not block it.
    let nonblocking = if case .program = handler { false } else { true }
    var peer = SocketAddress()
    for _ in 0..<ServiceRuntime.acceptsPerWake {
      guard intakeIsOpen() else { return }
      server.ledger?.noFlight()
      switch socket.accept(nonblocking: nonblocking, peer: &peer) {
      case .connection(let connection): take(connection, from: peer)
      case .none: return
      case .aborted: continue
      case .exhausted(let number):
        ranOut(SystemError("accept", errno: number), at: listener)
        return
      case .failed(let number):
        server.reopen(listener, after: SystemError("accept", errno: number))
        return
      }
    }
  }

  /// Whether a connection may be taken now; where not, the service holds back until it may.
  func intakeIsOpen() -> Bool {
    guard holds.isEmpty else { return false }
    if server.isAtProcessLimit, definition.limits.overflow == .queue, case .program = handler {
      server.waitForProcess(self)
      return false
    }
    switch admission.intake(now: nowNanoseconds) {
    case .open where isFullWithProxies:
      hold(.full)
      return false
    case .open: return true
    case .full:
      hold(.full)
      log.full(definition, instances: admission.live)
      return false
    case .limited(let until, let limit):
      let span = TimeSpan(nanoseconds: Int64(until) - loop.now.nanoseconds)
      limitedBy = limit
      hold(.limited, for: span)
      log.limited(definition, by: limit.text, for: span)
      return false
    }
  }

  /// Serves or refuses a connection.
  func judge(_ connection: consuming FileDescriptor, from peer: SocketAddress) {
    counters.accepted += 1
    if resourceBackoff.isActive { resourceBackoff.succeed() }
    if !banners.always.isEmpty { send(banners.always, on: connection.borrowed) }
    let address = peer.ip
    switch judgement(of: address) {
    case .refused(let reason): refuse(consume connection, from: peer, reason)
    case .accepted(let needsGate):
      guard admission.started(address, now: nowNanoseconds) else {
        refuse(consume connection, from: peer, .perSource)
        return
      }
      let isGated = needsGate || asksGate
      if asksIdent {
        identify(consume connection, from: peer) { [self] in pass(consume $0, from: peer, isGated: isGated) }
      } else {
        pass(consume connection, from: peer, isGated: isGated)
      }
    }
  }

  private func pass(_ connection: consuming FileDescriptor, from peer: SocketAddress, isGated: Bool) {
    if isGated { startGated(consume connection, from: peer) } else { serve(consume connection, from: peer) }
  }

  /// Judges a peer as of now. Before anybody is refused because too many are running, those that have just ended are
  /// counted out: their signal, or their gate's refusal, may wait behind this connection in the same batch.
  func judgement(of address: IPAddress?) -> Admission {
    let first = presentJudgement(of: address)
    guard case .refused(let reason) = first, reason.isAboutLiveServers,
      server.settleVerdicts() + server.reapChildren() > 0
    else { return first }
    return presentJudgement(of: address)
  }

  private func presentJudgement(of address: IPAddress?) -> Admission {
    if let address, server.denied.contains(address, now: nowNanoseconds) { return .refused(.sensor) }
    let surroundings = admission.needsSurroundings ? server.surroundings : nil
    let judgement = admission.judge(address, now: nowNanoseconds, in: surroundings)
    if case .accepted = judgement, server.isAtProcessLimit, case .program = handler {
      return .refused(.processLimit)
    }
    return judgement
  }

  /// Serves an admitted connection. `isNonblocking` when it has lived in the loop before, which a program must not see.
  func serve(_ connection: consuming FileDescriptor, from peer: SocketAddress, isNonblocking: Bool = false) {
    if !banners.success.isEmpty { send(banners.success, on: connection.borrowed) }
    if case .streamBuiltin = handler { server.ledger?.staysHere(connection.borrowed) }
    switch handler {
    case .program:
      guard let plan = serverPlan else { return }
      if isNonblocking { try? connection.borrowed.setNonblocking(false) }
      start(plan, on: consume connection, from: peer)
    case .streamBuiltin(.tcpmux):
      counters.started += 1
      TCPMuxConnection.begin(consume connection, from: peer, service: self)
    case .streamBuiltin(.metrics):
      counters.started += 1
      MetricsConnection.begin(consume connection, from: peer, service: self)
    case .streamBuiltin(.ident):
      counters.started += 1
      IdentConnection.begin(consume connection, from: peer, service: self)
    case .streamBuiltin(.sensor):
      _ = consume connection
      sensed(peer)
    case .streamBuiltin(let builtin):
      counters.started += 1
      BuiltinConnection.begin(builtin, on: consume connection, from: peer, service: self)
    case .redirect(let redirect): redirect.begin(consume connection, from: peer, service: self)
    case .datagramBuiltin: break
    }
  }

  func refuse(_ connection: consuming FileDescriptor, from peer: SocketAddress, _ reason: RefusalReason) {
    if !banners.failure.isEmpty { send(banners.failure, on: connection.borrowed) }
    countRefusal(reason, peer: peer)
    let wasTold = !banners.failure.isEmpty || !banners.always.isEmpty
    dismiss(consume connection, from: peer, wasTold: wasTold)
  }

  /// Ends a refused connection. `wasTold`: the peer was sent something, which a reset must not take away.
  func dismiss(_ connection: consuming FileDescriptor, from peer: SocketAddress, wasTold: Bool) {
    if asksIdentOfRefused(peer) {
      identifyRefused(consume connection, from: peer)
    } else if wasTold {
      PoliteEnd.begin(consume connection, for: server)
    }
  }

  /// Counts and logs a refusal.
  func countRefusal(_ reason: RefusalReason, peer: SocketAddress) {
    countRefusal(reason, peer: peer.unmappedEndpoint)
  }

  func countRefusal(_ reason: RefusalReason, peer: SocketEndpoint?) {
    count(reason) { log.refused(definition, reason.logText, peer: peer) }
  }

  /// Counts a refusal, and writes its line unless there were too many of late.
  func count(_ reason: RefusalReason, line: () -> Void) {
    counters.refuse(reason)
    switch refusals.decide(now: nowNanoseconds) {
    case .suppress: server.scheduleRefusalSums()
    case .write: line()
    case .writeAfterSum(let count):
      log.refusalsSuppressed(definition, count: count)
      line()
    }
  }

  /// Reports refusals that were counted but not logged.
  func flushRefusals() {
    let count = refusals.takeSum()
    if count > 0 { log.refusalsSuppressed(definition, count: count) }
  }

  /// Sends a banner as far as the fresh socket takes it: nobody waits for a stranger.
  func send(_ text: [UInt8], on connection: BorrowedDescriptor) {
    text.withUnsafeBytes { _ = connection.send($0) }
  }
}

extension RefusalReason {
  /// Whether the end of a server could lift it.
  fileprivate var isAboutLiveServers: Bool { self == .perSource || self == .instances || self == .processLimit }
}

extension IntakeLimit {
  /// The key an administrator knows the limit by.
  var text: String {
    switch self {
    case .rate: "rate"
    case .cps: "cps"
    }
  }
}

extension SocketAddress {
  /// The peer as its administrator would write it: IPv4 peers of dual-stack sockets as IPv4.
  var unmappedEndpoint: SocketEndpoint? {
    if case .ip(let address, let port, let scope) = endpoint { return .ip(address.unmapped, port: port, scope: scope) }
    return endpoint
  }
}

extension BorrowedDescriptor {
  /// Takes and forgets what has arrived, a bounded amount.
  func discardInput() {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      for _ in 0..<16 {
        guard case .transferred(let count) = receive(into: buffer), count > 0 else { return }
      }
    }
  }
}
