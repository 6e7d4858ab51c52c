import AdmissionControl
import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel
import ServiceResolution
import SystemdIntegration

/// A server of an earlier run that is still there.
struct Survivor {
  let slot: Int32
  let record: InstanceRecord
  /// Of this very process, which has executed itself: its end comes as SIGCHLD.
  let isChild: Bool
}

// What was open before this process began finds its services.
extension SuperServer {
  /// Reads the ledger of the run before and judges which of its servers still live. Before any socket is adopted: a
  /// socket that a wait server holds must not be touched.
  func takeOverServers() {
    for fault in inheritance.faults { log.inheritanceFault(fault) }
    for name in inheritance.uselessNames { told(notifier.removeFromStore(name: name)) }
    inherited = InheritedSockets(inheritance.sockets)
    var isStored = inheritance.ledgerIsStored
    if let raw = inheritance.ledger {
      do throws(SystemError) {
        let opened = try InstanceLedger.open(FileDescriptor(owning: raw)) { record in
          // A pidfd tells for certain; without one the time of the start does.
          if inheritance.servers[record.pid] != nil { return true }
          return ProcessStatus.of(record.pid).map { record.means(processStartedAt: $0.started) } ?? false
        }
        ledger = opened.ledger
        let own = CurrentProcess.pid
        survivors = opened.survivors.map { survivor in
          Survivor(
            slot: survivor.slot, record: survivor.record,
            isChild: ProcessStatus.of(survivor.record.pid)?.parent == own)
        }
      } catch {
        log.systemFailure(error, consequence: "servers of the run before are not counted")
        if isStored { told(notifier.removeFromStore(name: Inheritance.ledgerName)) }
        isStored = false
      }
    }
    if keepsDescriptors { keepLedger(isStored: isStored) }
  }

  private func keepLedger(isStored: Bool) {
    do throws(SystemError) {
      if self.ledger == nil { self.ledger = try InstanceLedger.create() }
      guard let ledger else { return }
      if !isStored { told(notifier.store(ledger.descriptor, name: Inheritance.ledgerName)) }
      tryStoreLater()
      ledgerIsStored = true
    } catch {
      log.systemFailure(error, consequence: "servers that run will not be counted after a crash")
    }
  }

  /// Gives inherited sockets to the services that want them: first by name, then by address, then as the same wildcard,
  /// then at a port that the kernel once chose for the service, each for all services before the next.
  func adoptSockets(for services: [ServiceRuntime]) {
    for match in [InheritedSockets.Match.name, .address, .equivalence, .assignment] {
      for service in services {
        let id = service.definition.id
        let name = match == .assignment ? Inheritance.owner(id) : id
        for listener in service.listeners where !listener.isBound && !inherited.isEmpty {
          let wanted = wantedSocket(of: listener)
          while !listener.isBound, let socket = inherited.claim(wanted, for: name, by: match) {
            adopt(socket, at: listener, match)
          }
        }
      }
    }
  }

  private func wantedSocket(of listener: Listener) -> WantedSocket {
    let plan = listener.plan
    let hasOtherFamily = listener.service.listeners.contains { other in
      guard let ip = plan.endpoint.ip, let otherIP = other.plan.endpoint.ip else { return false }
      return ip.isUnspecified && otherIP.isUnspecified && ip.family != otherIP.family
        && plan.endpoint.port == other.plan.endpoint.port
    }
    return WantedSocket(
      plan.endpoint, plan.kind, protocolNumber: plan.protocolNumber, isDualStack: plan.isDualStack,
      hasOtherFamily: hasOtherFamily)
  }

  private func adopt(_ socket: InheritedSocket, at listener: Listener, _ match: InheritedSockets.Match) {
    let service = listener.service
    // A unix socket whose name is gone, or another's now, can be reached by nobody.
    if case .unix(let path) = socket.endpoint, (try? FileSystem.status(ofLink: path))?.kind != .socket {
      return dismiss(socket)
    }
    let isHeld = survivors.contains { survivor in
      survivor.record.socket == socket.inode
        || (survivor.record.hasAllSockets && survivor.record.service == InstanceRecord.hash(service.definition.id))
    }
    listener.adopt(FileDescriptor(owning: socket.raw), from: socket, isHandedOver: isHeld)
    log.adopted(service.definition, socket.endpoint.description, match.words, isKept: socket.origin == .kept)
    if isHeld { return }
    do throws(SystemError) {
      let descriptor = BorrowedDescriptor(raw: socket.raw)
      try descriptor.setNonblocking(true)
      if socket.origin == .kept {
        try ListenerSocket.adjust(
          descriptor, listener.plan, service.definition.socket, ownership: service.ownership,
          learnsDestinations: listener.learnsDestinations)
      } else if listener.plan.listens, !descriptor.isListening {
        try descriptor.listen(backlog: .max, subject: socket.endpoint.description)
      } else if listener.plan.type == .dgram, let family = socket.endpoint.ip?.family {
        try descriptor.set(.packetInformation(family, true))
      }
    } catch {
      log.systemFailure(error, consequence: "\(service.definition.id) uses its inherited socket as it is")
    }
  }

  /// Marks IPv4 wildcards that an inherited dual-stack socket of the same service already serves.
  func markCovered(_ service: ServiceRuntime) {
    for listener in service.listeners where listener.descriptor == nil {
      let covering = service.listeners.contains { $0.covers(listener) }
      listener.isCovered = covering
    }
  }

  private func dismiss(_ socket: InheritedSocket) {
    if socket.origin == .kept, !socket.name.isEmpty { told(notifier.removeFromStore(name: socket.name)) }
    close(socket.raw)
  }

  /// All services have what they want: counts the servers that still run, closes what nobody claimed.
  func finishInheritance() {
    countSurvivors()
    for entry in inheritance.counts { services[entry.service]?.counters = entry.counters }
    takeOverDecisions(paused: inheritance.paused, denied: inheritance.denied)
    for socket in inherited.sockets {
      log.unclaimed(socket.endpoint.description, name: socket.name, isKept: socket.origin == .kept)
      dismiss(socket)
    }
    // A dead server's SIGCHLD may have been taken by the process we were.
    for (pid, raw) in inheritance.servers {
      told(notifier.removeFromStore(name: StoredServers.name(pid)))
      close(raw)
    }
    if inheritance.isReexecution { loop.afterBatch { [unowned(unsafe) self] in reapChildren() } }
    inherited = InheritedSockets([])
    survivors = []
    // All but what is opened last.
    let control = inheritance.control
    let rescued = inheritance.rescued
    inheritance = Inheritance()
    inheritance.control = control
    inheritance.rescued = rescued
    // Only the service manager needs it from here on.
    if !ledgerIsStored { ledger = nil }
  }

  private func countSurvivors() {
    guard !survivors.isEmpty else { return }
    var byHash: [UInt64: ServiceRuntime] = [:]
    for service in services.values { byHash[InstanceRecord.hash(service.definition.id)] = service }
    for survivor in survivors {
      guard let service = byHash[survivor.record.service] else {
        ledger?.remove(survivor.slot)
        continue
      }
      service.recover(survivor)
      let pid = survivor.record.pid
      if inheritance.servers[pid] != nil || inheritance.storedServers.contains(pid) { storedServers.insert(pid) }
      if !survivor.isChild { watch(survivor) }
    }
    log.serversTakenOver(instances.count)
  }

  private func watch(_ survivor: Survivor) {
    let pid = survivor.record.pid
    do throws(SystemError) {
      let stored = inheritance.servers.removeValue(forKey: pid)
      let process: FileDescriptor
      if let stored { process = FileDescriptor(owning: stored) } else { process = try FileDescriptor.process(pid) }
      // Only now can the pid not come to mean another process any more.
      guard stored != nil || ProcessStatus.of(pid).map({ survivor.record.means(processStartedAt: $0.started) }) == true
      else { return survivorEnded(pid) }
      let watch = ProcessWatch(consume process) { [unowned(unsafe) self] in survivorEnded(pid) }
      try watch.begin(in: loop)
      watches[pid] = watch
    } catch {
      if error.errno != ESRCH {
        log.systemFailure(error, consequence: "server \(pid) of the run before is not counted")
      }
      survivorEnded(pid)
    }
  }

  private func survivorEnded(_ pid: Int32) {
    if let watch = watches.removeValue(forKey: pid) { loop.remove(watch) }
    // Its exit status goes to its parent, which we are not.
    if let instance = instances.remove(pid) {
      instance.clock?.cancel()
      instance.service.ended(instance, nil)
    }
    releaseProcessWaiters()
  }
}

// The service manager's store.
extension SuperServer {
  /// Has the service manager keep a socket for the next run.
  func keep(_ listener: Listener) {
    guard keepsDescriptors, !listener.isInherited, listener.keptName == nil, let socket = listener.descriptor,
      let inode = listener.inode
    else { return }
    let name = Inheritance.keptName(owner: Inheritance.owner(listener.service.definition.id), inode: inode)
    guard told(notifier.store(socket, name: name)) else { return }
    listener.keptName = name
    tryStoreLater()
  }

  /// Has the service manager forget a socket that is about to be closed.
  func forget(_ listener: Listener) {
    guard let name = listener.keptName else { return }
    listener.keptName = nil
    told(notifier.removeFromStore(name: name))
  }
}

extension Listener {
  /// Whether this inherited dual-stack socket takes what `other`, an IPv4 wildcard, would listen for.
  func covers(_ other: Listener) -> Bool {
    guard coversIPv4, other.plan.endpoint.ip == .any(.ipv4), other.plan.kind == plan.kind else { return false }
    return isNamed || other.plan.endpoint.port == plan.endpoint.port
  }
}

extension ServiceRuntime {
  /// Counts a server that an earlier run has started.
  func recover(_ survivor: Survivor) {
    let record = survivor.record
    server.storeServersLater()
    let held = listeners.filter { listener in
      record.hasAllSockets ? listener.isHandedOver : record.socket != 0 && listener.inode == record.socket
    }
    admission.recovered(record.peer?.ip, now: nowNanoseconds)
    server.instances.insert(
      Instance(
        service: self, pid: record.pid, peer: record.peer, startedAt: MonotonicTime(nanoseconds: record.startedAt),
        listeners: held, hasPeerOfItsOwn: record.hasPeerOfItsOwn, slot: server.ledgerIsStored ? survivor.slot : -1))
    server.instances.setControlGroup(recoveredControlGroup(of: record.pid), of: record.pid)
    watchTimes(ofSurvivor: record, sockets: held)
  }
}
