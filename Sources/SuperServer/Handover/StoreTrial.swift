import EventLoop
import LinuxSystem
import SystemdIntegration

/// Whether the service manager keeps what it was given. It never says so: a store that is full, or switched off
/// (`FileDescriptorStoreMax=0`), drops descriptors without a word to us.
///
/// So one end of a pipe follows them. As long as the manager has it the pipe is open; whether it is shows when the
/// manager lets go of a barrier sent behind it (sd_notify_barrier(3)), having dealt with all before.
final class StoreTrial: EventSource {
  private let witness: FileDescriptor
  private let barrier: FileDescriptor
  private unowned(unsafe) let loop: EventLoop
  private let finished: (Bool) -> Void

  /// Sends both; nil when they cannot be sent or watched. `finished` is told once whether there was room.
  init?(_ notifier: ServiceManagerNotifier, in loop: EventLoop, finished: @escaping (Bool) -> Void) {
    self.loop = loop
    self.finished = finished
    do throws(SystemError) {
      let first = try FileDescriptor.pipe(nonblocking: true)
      let second = try FileDescriptor.pipe(nonblocking: true)
      // Should we end meanwhile, the manager finds the pipe broken and forgets it by itself.
      let stored = notifier.store(first.writer.borrowed, name: Inheritance.witnessName, judgedByPoll: true)
      let sent = notifier.barrier(second.writer.borrowed)
      witness = first.takeReader()
      barrier = second.takeReader()
      super.init()
      guard stored.isUnderWay, sent.isUnderWay else { return nil }
      try loop.add(self, barrier.borrowed, .readable)
    } catch {
      return nil
    }
  }

  override func handle(_ events: EventSet) {
    loop.remove(self)
    var byte: UInt8 = 0
    let end = withUnsafeMutableBytes(of: &byte) { witness.borrowed.read(into: $0) }
    finished(end == .wouldBlock)
  }
}

// What has gone to the store, and whether it is there.
extension SuperServer {
  /// Something went to the service manager's store: looks whether it has arrived, once for all that goes now.
  func tryStoreLater() {
    guard !storeIsUntried else { return }
    storeIsUntried = true
    loop.afterBatch { [unowned(unsafe) self] in tryStore() }
  }

  private func tryStore() {
    // A trial that is under way may have been sent before: another follows it.
    guard storeIsUntried, storeTrial == nil else { return }
    storeIsUntried = false
    storeTrial = StoreTrial(notifier, in: loop) { [unowned(unsafe) self] hadRoom in
      storeTrial = nil
      if hadRoom { told(notifier.removeFromStore(name: Inheritance.witnessName)) }
      storeAnswered(hadRoom)
      tryStore()
    }
  }

  private func storeAnswered(_ hadRoom: Bool) {
    // Where not all is kept, the way to the next run may not be: nobody could take what the rescuer saves.
    defer { if !hadRoom { endRescuer() } }
    if hadRoom == !storeIsFull { return }
    storeIsFull = !hadRoom
    if hadRoom { return log.storeHasRoom() }
    // An administrator who has not mended it by the next reload has been told.
    if storeComplaintIsLogged { return }
    storeComplaintIsLogged = true
    let listeners = services.values.reduce(0) { sum, service in
      sum + service.listeners.reduce(0) { $0 + ($1.keptName == nil ? 0 : 1) }
    }
    log.storeIsFull(wanted: listeners + (ledgerIsStored ? 1 : 0) + (rescuer == nil ? 0 : 1))
  }

  /// A reload: the unit may give more room than before. What the manager has already it does not take twice.
  func storeAgain() {
    guard storeIsFull else { return }
    if let ledger, ledgerIsStored { told(notifier.store(ledger.descriptor, name: Inheritance.ledgerName)) }
    for service in services.values {
      for listener in service.listeners {
        guard let name = listener.keptName, let socket = listener.descriptor else { continue }
        told(notifier.store(socket, name: name))
      }
    }
    startRescuer()
    tryStoreLater()
  }
}
