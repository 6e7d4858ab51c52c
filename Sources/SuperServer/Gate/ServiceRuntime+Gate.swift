import AdmissionControl
import EventLoop
import GateProtocol
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceConfiguration
import ServiceModel

// Connections that the loop cannot judge alone: names and libwrap are `inetd-gate`'s business.
extension ServiceRuntime {
  /// Where the gate is when the daemon was not started from a build directory.
  private static let installedGate = "/usr/libexec/inetd/inetd-gate"

  /// Whether libwrap has to be asked about this service now.
  var asksLibwrap: Bool { traits.contains(.asksLibwrap) && server.libwrapRules.exist(at: loop.now) }

  /// The gate's path: beside the daemon where both were built together, else where it is installed.
  static let gatePath: String = {
    guard let own = CurrentProcess.executablePath, let slash = own.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      return installedGate
    }
    let beside = own[..<slash] + "/inetd-gate"
    return FileSystem.reasonNotExecutable(String(beside)) == nil ? String(beside) : installedGate
  }()

  /// Starts the gate on a connection that admission has counted. A program's gate becomes the program; what runs in the
  /// loop waits for the verdict.
  func startGated(_ connection: consuming FileDescriptor, from peer: SocketAddress) {
    var order = gateOrder
    let isProgram = if case .program = handler { true } else { false }
    if !isProgram { order.command = [] }
    do throws(SystemError) {
      let pipe = try FileDescriptor.pipe(nonblocking: true)
      let plan = isProgram ? gatePlan : ServerProgram.gate(order, path: ServiceRuntime.gatePath, of: resolved)
      let context = connectionContext(of: connection.borrowed, peer: peer)
      let pid = try server.spawner.spawn(
        plan, socket: connection.borrowed, standardError: pipe.writer.borrowed, makesBlocking: false, context: context)
      server.instances.insert(
        Instance(
          service: self, pid: pid, peer: context.remote, startedAt: loop.now, listeners: [],
          hasPeerOfItsOwn: false, slot: recordInLedger(pid, peer: context.remote, listeners: []), gate: .judging))
      let waiting = isProgram ? nil : PostponedStart(consume connection, from: peer, attempts: 0)
      try GateVerdict.expect(on: pipe.takeReader(), in: loop) { [self] verdict in
        judged(verdict, pid: pid, peer: peer, waiting: waiting)
      }
    } catch {
      log.systemFailure(error, consequence: "a connection of \(definition.id) is closed")
      admission.ended(peer.ip)
      countRefusal(.fork, peer: peer)
    }
  }

  /// The plan of a gate that becomes this service's program.
  var gatePlan: SpawnPlan { ServerProgram.gate(gateOrder, path: ServiceRuntime.gatePath, of: resolved) }

  /// Starts the gate on the socket of a wait service.
  func launchGate(_ plan: SpawnPlan, on listener: Listener, _ socket: BorrowedDescriptor) throws(SystemError) {
    let first = socket.peekDatagram()?.peer ?? SocketAddress()
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    let pid = try server.spawner.spawn(
      plan, socket: socket, standardError: pipe.writer.borrowed, makesBlocking: false, context: .none)
    server.instances.insert(
      Instance(
        service: self, pid: pid, peer: nil, startedAt: loop.now, listeners: [listener],
        hasPeerOfItsOwn: false, slot: recordInLedger(pid, peer: nil, listeners: [listener]), gate: .judging))
    try GateVerdict.expect(on: pipe.takeReader(), in: loop) { [self] verdict in
      judged(verdict, pid: pid, peer: first, waiting: nil)
    }
  }

  private func judged(_ verdict: GateVerdict.Verdict, pid: Int32, peer: SocketAddress, waiting: PostponedStart?) {
    switch verdict {
    case .passed:
      guard let waiting, let connection = waiting.takeConnection() else {
        server.instances.setGate(.passed, of: pid)
        counters.started += 1
        return log.started(definition, pid: pid, peer: peer.unmappedEndpoint)
      }
      // The gate's own end is nobody's: from here on the connection counts for itself.
      server.instances.setGate(.judgedOnly, of: pid)
      serve(consume connection, from: peer)
    case .refused(let reason):
      server.instances.setGate(.refused, of: pid)
      countRefusal(reason == .libwrap ? .libwrap : .address, peer: peer)
    }
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
    order.failureBanner = definition.banners.failure
    order.keepsStandardError = definition.standardError == .socket
    if case .program(let program) = definition.handler { order.command = [program.path] + program.argumentVector }
    return order
  }

  /// libwrap's name for a service: its program's, as tcpd has it, or its own.
  private var libwrapDefaultName: String {
    guard case .program(let program) = definition.handler else { return definition.service }
    return program.path.split(separator: "/").last.map { String($0) } ?? definition.service
  }
}

extension AccessDefinition {
  /// Whether an entry is a name that has to be looked up.
  var hasNames: Bool {
    ((onlyFrom ?? []) + noAccess).contains { if case .prefix = $0 { false } else { true } }
  }
}
