import AdmissionControl
import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceModel
import ServiceResolution

/// A connection that waits for memory or a free process.
final class PostponedStart {
  private var connection: FileDescriptor?
  let peer: SocketAddress
  /// Starts that have been tried.
  let attempts: Int

  init(_ connection: consuming FileDescriptor, from peer: SocketAddress, attempts: Int) {
    self.connection = consume connection
    self.peer = peer
    self.attempts = attempts
  }

  /// The connection, as long as it waits.
  var borrowed: BorrowedDescriptor? { connection?.borrowed }

  func takeConnection() -> FileDescriptor? { connection.take() }
}

// Bringing servers to life.
extension ServiceRuntime {
  /// Connections of one service that may wait for memory or processes.
  static let postponedLimit = 16
  static let startAttempts = 10

  /// Starts a server for an admitted connection.
  func start(_ plan: SpawnPlan, on connection: consuming FileDescriptor, from peer: SocketAddress, attempt: Int = 1) {
    let context = connectionContext(of: connection.borrowed, peer: peer)
    let ready = walls == nil ? nil : takeCell(for: plan)
    let slot = recordInLedger(peer: context.remote, listeners: [])
    server.ledger?.takesOff(connection.borrowed, slot)
    do throws(SystemError) {
      let place = try controlGroupPlace()
      let pid = try server.spawner.spawn(
        plan, socket: connection.borrowed, standardError: complaintsDescriptor, makesBlocking: false, context: context,
        controlGroup: place?.directory, cell: ready?.cell, pidWord: server.ledger?.pidWord(slot))
      began(pid, recordedAt: slot, peer: context.remote, listeners: [])
      server.instances.setControlGroup(place?.connection, of: pid)
      server.instances.setCell(ready, of: pid)
      watchTimes(of: pid, connection: connection.borrowed)
    } catch {
      ready?.giveBack(isUsable: false)
      server.ledger?.remove(slot)
      guard error.errno == EAGAIN || error.errno == ENOMEM, definition.retriesStart else {
        failed(consume connection, from: peer, error)
        return
      }
      postpone(consume connection, from: peer, attempt: attempt, error)
    }
  }

  /// What the server is told of its connection.
  func connectionContext(of connection: BorrowedDescriptor, peer: SocketAddress) -> ConnectionContext {
    var context = ConnectionContext(remote: peer.unmappedEndpoint)
    if traits.contains(.isUnix) {
      context.credentials = try? connection.peerCredentials()
    } else {
      context.local = (try? connection.localAddress())?.unmappedEndpoint
    }
    return context
  }

  /// A server runs that was recorded at `slot`. `firstPeer`: who made a wait server start, for the log.
  func began(
    _ pid: Int32, recordedAt slot: Int32, peer: SocketEndpoint?, listeners: [Listener],
    firstPeer: SocketEndpoint? = nil
  ) {
    server.ledger?.confirm(slot, at: ProcessStatus.now)
    counters.started += 1
    counters.startLatency.add(microseconds: (MonotonicTime.now - loop.now).nanoseconds / 1000)
    resourceBackoff.succeed()
    server.instances.insert(
      Instance(
        service: self, pid: pid, peer: peer, startedAt: loop.now, listeners: listeners,
        hasPeerOfItsOwn: traits.contains(.isDatagram) && peer != nil, slot: slot))
    server.statusChanged()
    server.storeServersLater()
    if traits.contains(.logsSuccess) { log.started(definition, pid: pid, peer: peer ?? firstPeer) }
  }

  /// Lets the next run of the daemon know of a server that is about to be started; -1 where nobody keeps such records.
  func recordInLedger(peer: SocketEndpoint?, listeners: [Listener]) -> Int32 {
    guard let ledger = server.ledger else { return -1 }
    var record = InstanceRecord()
    record.hasPeerOfItsOwn = definition.socket.type == .dgram && peer != nil
    record.hasAllSockets = listeners.count > 1
    record.recordedAt = ProcessStatus.now
    record.startedAt = loop.now.nanoseconds
    record.service = idHash
    record.socket = listeners.first?.inode ?? 0
    record.peer = peer
    return ledger.add(record)
  }

  private func failed(_ connection: consuming FileDescriptor, from peer: SocketAddress, _ error: SystemError) {
    counters.fail(.process)
    admission.ended(peer.ip)
    log.systemFailure(error, consequence: "a connection of \(definition.id) is closed")
    refuse(consume connection, from: peer, .fork)
  }

  private func postpone(
    _ connection: consuming FileDescriptor, from peer: SocketAddress, attempt: Int, _ error: SystemError
  ) {
    guard !isRetired, attempt < ServiceRuntime.startAttempts, postponed.count < ServiceRuntime.postponedLimit else {
      failed(consume connection, from: peer, error)
      return
    }
    postponed.append(PostponedStart(consume connection, from: peer, attempts: attempt))
    holdBack(after: error)
  }

  /// Tries again what could not be started.
  func startPostponed() {
    guard let plan = serverPlan else { return }
    let waiting = postponed
    postponed = []
    for start in waiting {
      guard let connection = start.takeConnection() else { continue }
      self.start(plan, on: connection, from: start.peer, attempt: start.attempts + 1)
    }
  }

  /// Descriptors or memory ran out while accepting.
  func ranOut(_ error: SystemError, at listener: Listener) {
    if error.errno == EMFILE || error.errno == ENFILE { server.refuseWithReserve(listener) }
    holdBack(after: error)
  }

  /// Takes nothing new until what has run out may be there again.
  func holdBack(after error: SystemError) {
    let delay = resourceBackoff.fail()
    resourceError = error
    if !holds.contains(.resources) { log.outOfResources(definition, error, retryIn: delay) }
    hold(.resources, for: delay)
  }
}

// Servers that get the socket itself.
extension ServiceRuntime {
  func startWaitServer(on listener: Listener) {
    guard let plan = serverPlan, let socket = listener.descriptor else { return }
    var peer = SocketAddress()
    if listener.plan.type == .dgram {
      guard let first = socket.peekDatagram() else {
        // An error report (an ICMP answer) makes the socket readable too; taking it is all there is to do.
        _ = socket.pendingError()
        return
      }
      peer = first.peer
    }
    guard intakeIsOpen() else { return }
    counters.accepted += 1
    switch judgement(of: peer.ip) {
    case .refused(let reason):
      if listener.plan.type == .dgram { socket.dropDatagram() }
      countRefusal(reason, peer: peer)
    case .accepted(let needsGate):
      // The gate looks at the first datagram, as we did, and becomes the server.
      launch(plan, on: listener, for: peer, isGated: needsGate || asksGate)
    }
  }

  func launch(_ plan: SpawnPlan, on listener: Listener, for peer: SocketAddress, isGated: Bool) {
    listener.begunWaitServer.started(listener.queueHead)
    // With `pass = listen_fds` one server has all of the service's sockets.
    let takesAll = definition.passing == .listenFds
    let given = takesAll ? listeners.filter { $0.descriptor != nil && !$0.isHandedOver } : [listener]
    let slot = recordInLedger(peer: nil, listeners: given)
    do throws(SystemError) {
      for listener in given { try listener.handOver(in: loop) }
      if isGated {
        try launchGate(on: listener, with: given, recordedAt: slot)
      } else {
        let place = try controlGroupPlace()
        let pid = try spawnWaitServer(
          plan, with: given, controlGroup: place?.directory, pidWord: server.ledger?.pidWord(slot))
        began(pid, recordedAt: slot, peer: nil, listeners: given, firstPeer: peer.unmappedEndpoint)
        server.instances.setControlGroup(place?.connection, of: pid)
        watchTimes(of: pid, sockets: given)
      }
      // A wait server serves whoever comes: it counts as an instance of nobody.
      _ = admission.started(nil, now: nowNanoseconds)
    } catch {
      server.ledger?.remove(slot)
      for listener in given { try? listener.takeBack() }
      holdBack(after: error)
    }
  }
}

extension ServiceRuntime {
  private func spawnWaitServer(
    _ plan: SpawnPlan, with listeners: [Listener], controlGroup: BorrowedDescriptor?,
    pidWord: UnsafeMutablePointer<Int32>?
  ) throws(SystemError) -> Int32 {
    if definition.passing == .listenFds, case .program(let program) = definition.handler {
      // Which sockets there are is known only now: one may not be bound, another may have been inherited.
      let plan = ServerProgram.plan(program, of: resolved, cell: walls?.cell, sockets: listeners.count)
      return try server.spawner.spawn(
        plan, sockets: listeners.compactMap { $0.descriptor }, standardError: complaintsDescriptor,
        makesBlocking: false, controlGroup: controlGroup, pidWord: pidWord)
    }
    guard let socket = listeners.first?.descriptor else {
      throw SystemError("start server of", definition.id, errno: EBADF)
    }
    return try server.spawner.spawn(
      plan, socket: socket, standardError: complaintsDescriptor, makesBlocking: false, context: .none,
      controlGroup: controlGroup, pidWord: pidWord)
  }
}

// The end of a server.
extension ServiceRuntime {
  /// A server of this service has ended, or never got as far as running its program. Nil: how is not known, as it was
  /// not our child.
  func ended(_ instance: Instance, _ outcome: SpawnOutcome?) {
    server.ledger?.remove(instance.slot)
    server.forgetStored(instance.pid)
    server.statusChanged()
    let duration = MonotonicTime.now - instance.startedAt
    endControlGroup(of: instance)
    endCell(of: instance, outcome)
    if instance.gate == .judgedOnly { return }
    if instance.gate == .refused {
      for listener in instance.listeners { takeBack(listener, after: duration) }
      return release(.full)
    }
    let hasServed = instance.gate == .none || instance.gate == .passed || silentGateServed(instance, outcome)
    if hasServed { tell(of: instance, end(of: instance, outcome), after: duration) }
    admission.ended(instance.peer?.ip)
    for listener in instance.listeners { takeBack(listener, after: duration) }
    release(.full)
  }

  /// Counts and logs how a server ended.
  private func tell(of instance: Instance, _ outcome: SpawnOutcome?, after duration: TimeSpan) {
    switch outcome {
    case .ended(let status):
      count(status, after: duration)
      if traits.contains(.logsSuccess) {
        log.ended(definition, pid: instance.pid, peer: instance.peer, end: ServerEnd(status), duration: duration)
      }
    case .failed(let stage, let number):
      startFailed(instance.peer, stage, errno: number, isGate: instance.gate != .none)
    case nil:
      counters.duration.add(microseconds: duration.nanoseconds / 1000)
      log.ended(definition, pid: instance.pid, peer: instance.peer, end: nil, duration: duration)
    }
  }

  private func count(_ status: ExitStatus, after duration: TimeSpan) {
    switch status {
    case .exited(0): counters.successfulExits += 1
    case .exited: counters.failedExits += 1
    case .killed: counters.killedExits += 1
    }
    counters.duration.add(microseconds: duration.nanoseconds / 1000)
  }

  /// `isGate`: it is the gate that could not be started.
  func startFailed(_ peer: SocketEndpoint?, _ stage: SpawnStage, errno: Int32, isGate: Bool = false) {
    counters.fail(.step(stage))
    var program = isGate ? ServiceRuntime.gatePath : definition.id
    if !isGate, case .program(let definition) = definition.handler { program = definition.path }
    log.startFailed(definition, program: program, stage: stage.phrase, errno: errno, peer: peer)
  }

  private func takeBack(_ listener: Listener, after duration: TimeSpan) {
    guard owns(listener) else { return }
    do throws(SystemError) {
      try listener.takeBack()
    } catch {
      log.systemFailure(error, consequence: "\(definition.id) may answer late")
    }
    let head = listener.queueHead
    if let delay = listener.waitServer?.ended(head, after: duration) {
      hold(.backingOff, for: delay)
      log.backingOff(definition, delay: delay)
    }
    updateWatching()
  }
}

extension ServerEnd {
  init(_ status: ExitStatus) {
    switch status {
    case .exited(let code): self = .status(code)
    case .killed(let signal, _): self = .signal(signal)
    }
  }
}

extension Listener {
  /// What waits first at the socket now.
  var queueHead: QueueHead? {
    guard let descriptor else { return nil }
    if plan.type == .dgram {
      var peer = SocketAddress()
      var start: UInt64 = 0
      let result = withUnsafeMutableBytes(of: &start) { descriptor.receive(into: $0, from: &peer, peek: true) }
      guard case .transferred(let size) = result else { return nil }
      return .datagram(port: peer.port, size: size, start: start)
    }
    guard plan.transport == .tcp else { return nil }
    let waiting = descriptor.waitingConnections ?? 0
    return waiting == 0 ? nil : .connections(waiting)
  }
}
