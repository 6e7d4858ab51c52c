import CLinux
import LinuxSystem
import ServiceModel
import SystemdIntegration

/// How this process began: what a re-execution needs, recorded before the daemon changed its directory.
package struct Invocation {
  /// Where the program lies; after an upgrade the new one lies there.
  let program: String
  let directory: String

  @export(interface) package static func current() throws(SystemError) -> Invocation {
    Invocation(
      program: try FileSystem.target(ofLink: "/proc/self/exe"), directory: try FileSystem.currentDirectory())
  }
}

// SIGUSR2: the same process becomes the program anew; sockets and the knowledge of running servers go along.
extension SuperServer {
  func reexecute() {
    do throws(SystemError) {
      let state = try handoverFile()
      log.reexecuting(invocation.program)
      try handOver(state.raw)
    } catch {
      log.systemFailure(error, consequence: "the daemon goes on as it is")
      for service in services.values { service.updateWatching() }
    }
  }

  /// The sealed description of everything that is handed over.
  private func handoverFile() throws(SystemError) -> FileDescriptor {
    // What has not reached the service manager's store yet is stored by the successor.
    _ = notifier.socket?.flush()
    let storeIsCurrent = notifier.socket?.hasWaiting == false
    var state = HandoverState()
    let ledger = try fullLedger()
    handoverLedger = ledger
    state.ledger = ledger.descriptor.raw
    state.ledgerIsStored = ledgerIsStored
    state.control = control?.descriptor.raw
    state.storedServers = Array(storedServers.pids)
    handOverDecisions(in: &state)
    for id in order {
      guard let service = services[id] else { continue }
      state.counts.append(HandoverState.Counts(service: id, counters: service.counters))
      for listener in service.listeners {
        guard let raw = listener.descriptor?.raw else { continue }
        let name =
          listener.isInherited ? (listener.isNamed ? id : "") : (storeIsCurrent ? listener.keptName : nil) ?? ""
        state.sockets.append(
          HandoverState.Socket(raw: raw, isUnits: listener.isInherited, name: name, owner: Inheritance.owner(id)))
      }
    }
    let file = try FileDescriptor.memory(name: "inetd-handover")
    try file.borrowed.writeAll(state.text, to: "the state to hand over")
    try checked("seal", "the state to hand over") {
      clinux_fcntl(file.raw, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
    }
    return file
  }

  /// The ledger that the service manager keeps, or one made for the occasion.
  private func fullLedger() throws(SystemError) -> InstanceLedger {
    if let ledger { return ledger }
    let ledger = try InstanceLedger.create()
    for instance in instances.all { _ = ledger.add(record(of: instance)) }
    return ledger
  }

  private func record(of instance: Instance) -> InstanceRecord {
    var record = InstanceRecord()
    record.pid = instance.pid
    record.hasPeerOfItsOwn = instance.hasPeerOfItsOwn
    record.hasAllSockets = instance.listeners.count > 1
    // Exactly what the kernel says of it now: the pid cannot have been reused, its end has not been seen.
    record.recordedAt = ProcessStatus.of(instance.pid)?.started ?? 0
    record.startedAt = instance.startedAt.nanoseconds
    record.service = InstanceRecord.hash(instance.service.definition.id)
    record.socket = instance.listeners.first?.inode ?? 0
    record.peer = instance.peer
    return record
  }

  /// Executes the program; returns only by throwing, with everything as it was.
  private func handOver(_ state: Int32) throws(SystemError) {
    defer { handoverLedger = nil }
    var kept: [Int32] = [state]
    if let ledger = handoverLedger { kept.append(ledger.descriptor.raw) }
    if let control { kept.append(control.descriptor.raw) }
    for service in services.values { kept += service.listeners.compactMap { $0.descriptor?.raw } }
    defer { for raw in kept { try? BorrowedDescriptor(raw: raw).setCloseOnExec(true) } }
    for raw in kept { try BorrowedDescriptor(raw: raw).setCloseOnExec(false) }

    let directory = try FileSystem.currentDirectory()
    // Relative paths of the command line were written for the first directory.
    try FileSystem.changeDirectory(to: invocation.directory)
    let error = execute(state)
    try FileSystem.changeDirectory(to: directory)
    throw error
  }

  /// Returns only with the reason why it failed.
  private func execute(_ state: Int32) -> SystemError {
    do throws(SystemError) {
      // It shares our descriptors: what closes as the program is executed would live on with it.
      endRescuer()
      // Nothing may come between: where this descriptor closes, the copy goes on with the conversations.
      var copy = try leaveConversations()
      setenv(Inheritance.handoverVariable, "\(state)", 1)
      cellKeepers.letGo()
      _ = execv(invocation.program, clinux_arguments())
      let error = SystemError.last("execute", invocation.program)
      if let descriptor = copy.take() {
        // Told before the descriptor closes: an end without a word would mean that the program has been executed.
        let writer = BorrowedDescriptor(raw: descriptor.release())
        let vanish: UInt8 = 1
        _ = withUnsafeBytes(of: vanish) { writer.write($0) }
        _ = close(writer.raw)
      }
      unsetenv(Inheritance.handoverVariable)
      startRescuer()
      return error
    } catch {
      startRescuer()
      return error
    }
  }
}
