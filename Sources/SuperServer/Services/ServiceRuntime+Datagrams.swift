import AdmissionControl
import CLinux
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceModel
import ServiceResolution

// Datagram services with wait = no: one server for each peer, on a socket connected to that peer, while the service's
// own socket stays in the loop for everybody else.
extension ServiceRuntime {
  /// Datagrams of a served peer that may be passed on: a server that closed its socket must not send us in circles.
  private static let mostForwarded = 64

  /// Takes the first waiting datagram to a server of its peer's own.
  func startDatagramServer(on listener: Listener) {
    guard let plan = serverPlan, let socket = listener.descriptor, intakeIsOpen() else { return }
    guard let first = socket.peekDatagram() else {
      // An error report (an ICMP answer) makes the socket readable too; taking it is all there is to do.
      _ = socket.pendingError()
      return
    }
    counters.accepted += 1
    if isServed(first.peer) { return forward(from: listener) }
    let judgement = judgement(of: first.peer.ip)
    if case .refused(let reason) = judgement {
      socket.dropDatagram()
      return countRefusal(reason, peer: first.peer)
    }
    let isGated = judgement == .accepted(needsGate: true) || asksGate
    guard admission.started(first.peer.ip, now: nowNanoseconds) else {
      socket.dropDatagram()
      return countRefusal(.perSource, peer: first.peer)
    }
    var slot: Int32 = -1
    do throws(SystemError) {
      let connected =
        server.datagrams.canInject ? try socketForOne(at: listener) : try swappedSocket(at: listener, for: first.peer)
      if isGated { return startGated(consume connected, from: first.peer) }
      let local = (try? connected.borrowed.localAddress())?.unmappedEndpoint
      let context = ConnectionContext(remote: first.peer.unmappedEndpoint, local: local)
      let place = try controlGroupPlace()
      slot = recordInLedger(peer: context.remote, listeners: [])
      let pid = try server.spawner.spawn(
        plan, socket: connected.borrowed, standardError: complaintsDescriptor, context: context,
        controlGroup: place?.directory, pidWord: server.ledger?.pidWord(slot))
      began(pid, recordedAt: slot, peer: context.remote, listeners: [])
      server.instances.setControlGroup(place?.connection, of: pid)
      watchTimes(of: pid, connection: nil)
    } catch {
      server.ledger?.remove(slot)
      counters.fail(.process)
      admission.ended(first.peer.ip)
      socket.dropDatagram()
      log.systemFailure(error, consequence: "a datagram of \(definition.id) is lost")
      countRefusal(.fork, peer: first.peer)
    }
  }

  /// A socket of the service's address that only the first datagram's sender reaches, with that datagram in its queue.
  private func socketForOne(at listener: Listener) throws(SystemError) -> FileDescriptor {
    guard let datagram = server.datagrams.receive(at: listener) else {
      throw SystemError("take a datagram of", definition.id, errno: EAGAIN)
    }
    let socket = try FileDescriptor.socket(listener.plan.endpoint.domain, .datagram)
    if datagram.target.family == .ipv6 { try socket.borrowed.set(.v6Only(!listener.plan.isDualStack)) }
    try sharingAddress(of: listener, with: socket.borrowed) { () throws(SystemError) in
      try socket.borrowed.bind(to: .ip(datagram.target, port: datagram.port, scope: datagram.peer.scope))
    }
    try socket.borrowed.connect(to: datagram.peer)
    try server.datagrams.inject(datagram)
    return socket
  }

  /// The same without the privilege to send as somebody else: the service's socket itself, queue and all, becomes the
  /// peer's, and a new one takes its place. What others had in the queue is lost, as UDP may lose it.
  private func swappedSocket(at listener: Listener, for peer: SocketAddress) throws(SystemError) -> FileDescriptor {
    let fresh = try FileDescriptor.socket(listener.plan.endpoint.domain, .datagram)
    if listener.plan.endpoint.ip?.family == .ipv6 { try fresh.borrowed.set(.v6Only(!listener.plan.isDualStack)) }
    try sharingAddress(of: listener, with: fresh.borrowed) { () throws(SystemError) in
      try fresh.borrowed.bind(to: listener.plan.endpoint)
    }
    try fresh.borrowed.set(.reuseAddress(false))
    server.forget(listener)
    let old = try listener.replaceSocket(with: consume fresh, in: loop)
    server.keep(listener)
    try old.borrowed.set(.reuseAddress(true))
    try old.borrowed.connect(to: peer)
    return old
  }

  /// All sockets of an address must agree to share it when one more is bound. The servers' sockets agree for as long as
  /// they live, as there will be further peers; the service's own only now, so that nobody else can take its place.
  private func sharingAddress(
    of listener: Listener, with socket: BorrowedDescriptor, _ bind: () throws(SystemError) -> Void
  ) throws(SystemError) {
    try listener.descriptor?.set(.reuseAddress(true))
    defer { try? listener.descriptor?.set(.reuseAddress(false)) }
    try socket.set(.reuseAddress(true))
    try bind()
  }

  private func isServed(_ peer: SocketAddress) -> Bool {
    server.instances.hasInstance(of: self, serving: peer.unmappedEndpoint)
  }

  /// Passes a datagram on whose sender has a server: it came before that server's socket was connected.
  private func forward(from listener: Listener) {
    guard let datagram = server.datagrams.receive(at: listener), server.datagrams.canInject else {
      listener.descriptor?.dropDatagram()
      return
    }
    let peer = datagram.peer.unmappedEndpoint
    guard server.instances.countForwarded(to: self, serving: peer) <= ServiceRuntime.mostForwarded else { return }
    try? server.datagrams.inject(datagram)
  }
}
