import AdmissionControl
import CLinux
import EventLoop
import GateProtocol
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceConfiguration
import ServiceModel

// Connections that the loop cannot judge alone: names and libwrap are `inetd-gate`'s business.
extension ServiceRuntime {
  /// Whether libwrap has to be asked about this service now.
  var asksLibwrap: Bool { traits.contains(.asksLibwrap) && server.libwrapRules.exist(at: loop.now) }

  /// Whether every connection goes through the gate now, whoever the peer is.
  var asksGate: Bool { asksLibwrap || traits.contains(.takesPeerLabel) }

  static let gatePath = CompanionProgram.path("inetd-gate")

  /// Starts the gate on a connection that admission has counted. A program's gate becomes the program; what runs in the
  /// loop waits for the verdict.
  func startGated(_ connection: consuming FileDescriptor, from peer: SocketAddress) {
    var order = gateOrder
    // A gate cannot build walls once it is the user's; nor could it look names up behind them.
    let isProgram = if case .program = handler { !isWalled } else { false }
    if !isProgram { order.command = [] }
    if definition.proxyProtocol != .no { order.client = peer.ip?.description }
    let context = connectionContext(of: connection.borrowed, peer: peer)
    let slot = recordInLedger(peer: context.remote, listeners: [])
    // A gate that only judges does not serve: its connection is still ours.
    if isProgram { server.ledger?.takesOff(connection.borrowed, slot) }
    do throws(SystemError) {
      let pipe = try FileDescriptor.pipe(nonblocking: true)
      let extra = gateDescriptors(pipe.writer.borrowed)
      let plan = ServerProgram.gate(order, path: ServiceRuntime.gatePath, of: resolved)
      let pid = try server.spawner.spawn(
        plan, socket: connection.borrowed, standardError: isProgram ? complaintsDescriptor : nil,
        extra: extra, makesBlocking: false, context: context, pidWord: server.ledger?.pidWord(slot))
      server.ledger?.confirm(slot, at: ProcessStatus.now)
      server.instances.insert(
        Instance(
          service: self, pid: pid, peer: context.remote, startedAt: loop.now, listeners: [],
          hasPeerOfItsOwn: definition.socket.type == .dgram, slot: slot, gate: .judging))
      if isProgram { watchTimes(of: pid, connection: connection.borrowed) }
      let waiting = isProgram ? nil : PostponedStart(consume connection, from: peer, attempts: 0)
      expectVerdict(on: pipe.takeReader(), of: pid, peer: peer, waiting: waiting)
    } catch {
      server.ledger?.remove(slot)
      log.systemFailure(error, consequence: "a connection of \(definition.id) is closed")
      admission.ended(peer.ip)
      countRefusal(.fork, peer: peer)
    }
  }

  /// Starts the gate on the sockets of a wait service, to judge who has come to one of them.
  func launchGate(on listener: Listener, with given: [Listener], recordedAt slot: Int32) throws(SystemError) {
    let sockets = given.compactMap { $0.descriptor }
    let place = given.firstIndex { $0 === listener } ?? 0
    guard sockets.count == given.count else { throw SystemError("start server of", definition.id, errno: EBADF) }
    let first = sockets[place].peekDatagram()?.peer ?? SocketAddress()
    // Where there are walls, the gate judges only, and the server is started by us when it has.
    var order = gateOrder
    var relaunch: (() -> Void)?
    if isWalled {
      order.command = []
      relaunch = { [self] in launchJudged(on: listener, with: given, for: first) }
    }
    let plan = ServerProgram.gate(
      order, path: ServiceRuntime.gatePath, of: resolved, sockets: sockets.count, place: place)
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    let pid = try server.spawner.spawn(
      plan, sockets: sockets, standardError: complaintsDescriptor, extra: gateDescriptors(pipe.writer.borrowed),
      makesBlocking: false,
      pidWord: server.ledger?.pidWord(slot))
    server.ledger?.confirm(slot, at: ProcessStatus.now)
    server.instances.insert(
      Instance(
        service: self, pid: pid, peer: nil, startedAt: loop.now, listeners: given,
        hasPeerOfItsOwn: false, slot: slot, gate: .judging))
    if relaunch == nil { watchTimes(of: pid, sockets: given) }
    expectVerdict(on: pipe.takeReader(), of: pid, peer: first, waiting: nil, relaunch: relaunch)
  }

  /// A gate that nobody can listen to is ended: it would become a server that nobody has admitted.
  private func expectVerdict(
    on reader: consuming FileDescriptor, of pid: Int32, peer: SocketAddress, waiting: PostponedStart?,
    relaunch: (() -> Void)? = nil
  ) {
    do throws(SystemError) {
      try GateVerdict.expect(on: consume reader, for: server) { [self] verdict in
        judged(verdict, pid: pid, peer: peer, waiting: waiting, relaunch: relaunch)
      }
    } catch {
      log.systemFailure(error, consequence: "a connection of \(definition.id) is closed")
      try? ChildProcess.signalGroup(pid, SIGKILL)
      server.instances.setGate(.refused, of: pid)
      countRefusal(.fork, peer: peer)
    }
  }

  /// A wait server whose first peer has passed.
  private func launchJudged(on listener: Listener, with given: [Listener], for peer: SocketAddress) {
    admission.ended(nil)
    for listener in given where owns(listener) { try? listener.takeBack() }
    guard owns(listener), let plan = serverPlan else { return }
    launch(plan, on: listener, for: peer, isGated: false)
  }

  private func judged(
    _ verdict: GateVerdict.Verdict, pid: Int32, peer: SocketAddress, waiting: PostponedStart?,
    relaunch: (() -> Void)? = nil
  ) {
    if let waiting {
      // The gate's own end is nobody's: the connection counts for itself.
      server.instances.setGate(.judgedOnly, of: pid)
      guard let connection = waiting.takeConnection() else { return }
      switch verdict {
      case .passed: serve(consume connection, from: peer)
      case .refused(let reason): shutOut(peer, reason)
      case .silent, .notExecuted: shutOut(peer, .failure)
      }
      return
    }
    switch verdict {
    case .passed:
      if let relaunch {
        server.instances.setGate(.judgedOnly, of: pid)
        return relaunch()
      }
      server.instances.setGate(.passed, of: pid)
      counters.started += 1
      log.started(definition, pid: pid, peer: peer.unmappedEndpoint)
    case .refused(let reason):
      server.instances.setGate(.refused, of: pid)
      shutOut(peer, reason)
    case .notExecuted(let number):
      server.instances.setGate(.refused, of: pid)
      startFailed(peer.unmappedEndpoint, .execute, errno: number)
      shutOut(peer, .failure, as: .fork)
    case .silent: server.instances.setGate(.silent, of: pid)
    }
  }

  /// A gate has refused a peer, who from now on counts for nothing.
  private func shutOut(_ peer: SocketAddress, _ refusal: GateOrder.Refusal, as reason: RefusalReason? = nil) {
    admission.ended(definition.wait ? nil : peer.ip)
    countRefusal(reason ?? refusal.reason, peer: peer)
    release(.full)
  }

  /// Whether a gate has served its peer that ended without a word. It has where it ended well: then libwrap's `twist` had
  /// put a program in its place. Otherwise nobody was let in, and this says so.
  func silentGateServed(_ instance: Instance, _ outcome: SpawnOutcome?) -> Bool {
    switch outcome {
    case .ended(.exited(let status)) where GateOrder.Refusal(rawValue: status) == nil:
      counters.started += 1
      log.started(definition, pid: instance.pid, peer: instance.peer)
      return true
    case .failed(let stage, let number):
      startFailed(instance.peer, stage, errno: number, isGate: true)
      countRefusal(.fork, peer: instance.peer)
    // Its status says what it could not say otherwise.
    case .ended(.exited(let status)):
      countRefusal((GateOrder.Refusal(rawValue: status) ?? .failure).reason, peer: instance.peer)
    default: countRefusal(.address, peer: instance.peer)
    }
    return false
  }

  /// The file with the banners for the gate; nil where there are none, or, as the log says once, none can be had.
  private var bannerFile: BorrowedDescriptor? {
    if banners.forGate == nil { return nil }
    let activity = begun
    if !activity.hasTriedBannerFile {
      activity.hasTriedBannerFile = true
      do throws(SystemError) {
        activity.bannerFile = try FileDescriptor.memory(name: "banners", holding: banners.success + banners.failure)
      } catch {
        log.systemFailure(error, consequence: "banners of \(definition.id) are not sent")
      }
    }
    return activity.bannerFile?.borrowed
  }

  /// What the gate has beside the sockets, in its order.
  private func gateDescriptors(_ verdict: BorrowedDescriptor) -> [BorrowedDescriptor] {
    bannerFile.map { [verdict, $0] } ?? [verdict]
  }

  /// What the gate is to judge, and what it becomes.
  private var gateOrder: GateOrder {
    var order = GateOrder()
    let access = definition.access
    if asksLibwrap { order.libwrapName = access.libwrapName ?? libwrapDefaultName }
    if access.hasNames {
      order.onlyFrom = access.onlyFrom.map { AccessPattern.listText($0) }
      if !access.noAccess.isEmpty { order.noAccess = AccessPattern.listText(access.noAccess) }
    }
    order.takesPeerLabel = traits.contains(.takesPeerLabel)
    if bannerFile != nil { order.banners = banners.forGate }
    if case .program(let program) = definition.handler { order.command = [program.path] + program.argumentVector }
    return order
  }

  /// libwrap's name for a service: what its server is called (argv[0]), as tcpd and xinetd have it, or its own.
  private var libwrapDefaultName: String {
    guard case .program(let program) = definition.handler else { return definition.service }
    return program.argumentVector[0].pieces(separatedBy: UInt8(ascii: "/")).last.map { String($0) }
      ?? definition.service
  }
}

extension GateOrder.Refusal {
  /// What is counted and logged.
  fileprivate var reason: RefusalReason {
    switch self {
    case .address, .failure: .address
    case .libwrap: .libwrap
    case .label: .label
    }
  }
}

extension AccessDefinition {
  /// Whether an entry is a name that has to be looked up.
  var hasNames: Bool {
    ((onlyFrom ?? []) + noAccess).contains { if case .prefix = $0 { false } else { true } }
  }
}
