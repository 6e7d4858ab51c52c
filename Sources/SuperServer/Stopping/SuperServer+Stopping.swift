import CLinux
import EventLoop
import LinuxSystem
import ServiceModel

// Ending servers: they are asked first (TERM), and made to after `stop_timeout` (KILL).
extension SuperServer {
  /// Asks a server, with all in its process group, to end. Harmless for one that is gone or has been asked already.
  func stop(_ pid: Int32, _ reason: StopReason) {
    guard let instance = instances.instance(pid) else { return }
    let clock =
      instance.clock
      ?? ServerClock(
        self, pid: pid, startedAt: instance.startedAt, instance.service.definition.timeouts, ends: nil)
    if clock.askedToStop { return }
    if instance.clock == nil { instances.setClock(clock, of: pid) }
    log.stopping(instance.service.definition, pid: pid, peer: instance.peer, reason: reason.text)
    clock.ask()
    // Stopped processes get the signal when they are continued.
    try? ChildProcess.signalGroup(pid, SIGTERM)
    try? ChildProcess.signalGroup(pid, SIGCONT)
  }

  /// Makes a server that did not end when asked end, with all that is left of its session.
  func kill(_ pid: Int32) {
    guard let instance = instances.instance(pid) else { return }
    log.killing(instance.service.definition, pid: pid, peer: instance.peer)
    instance.controlGroup?.kill()
    try? ChildProcess.signalGroup(pid, SIGKILL)
    sessions.end(pid)
  }

  /// A server that was asked to end has ended: what it leaves behind ends too. To be called right after it was reaped,
  /// before its pid can come to mean anything else.
  func endRemains(of instance: Instance) {
    guard let clock = instance.clock else { return }
    clock.cancel()
    guard clock.askedToStop else { return }
    ChildProcess.killRemains(ofGroup: instance.pid)
    sessions.end(instance.pid)
  }

  /// What the kernel has counted on a connection; nil when it is gone.
  func traffic(between ends: ConnectionEnds) -> ConnectionTraffic? {
    do throws(SystemError) {
      if diagnosis == nil { diagnosis = try SocketDiagnosis() }
      return try diagnosis?.traffic(local: ends.local, remote: ends.remote)
    } catch {
      if error.errno != ENOENT {
        // An answer may still be on its way: the next question gets a socket of its own.
        diagnosis = nil
      }
      return nil
    }
  }
}

extension ServiceRuntime {
  /// Gives a server that has just been started its clock, where its service has times.
  func watchTimes(of pid: Int32, connection: BorrowedDescriptor?) {
    let times = definition.timeouts
    guard times.maxRuntime != nil || times.idle != nil else { return }
    var ends: ConnectionEnds?
    if times.idle != nil, definition.socket.transport == .tcp || definition.socket.transport == .mptcp,
      let local = try? connection?.localAddress(), let remote = try? connection?.peerAddress()
    {
      ends = ConnectionEnds(local: local, remote: remote)
    }
    let clock = ServerClock(server, pid: pid, startedAt: loop.now, times, ends: ends)
    server.instances.setClock(clock, of: pid)
    clock.start()
  }

  /// The same for a server that was given listening sockets.
  func watchTimes(of pid: Int32, sockets: [Listener]) {
    let times = definition.timeouts
    guard times.maxRuntime != nil || times.idleStop != nil else { return }
    let clock = ServerClock(server, pid: pid, startedAt: loop.now, times, ends: nil)
    server.instances.setClock(clock, of: pid)
    clock.start()
    guard let idleStop = times.idleStop else { return }
    let traffic = WaitServerTraffic(sockets, in: loop, silence: .seconds(Int64(idleStop))) {
      [unowned(unsafe) server] in server.stop(pid, .idleStop)
    }
    clock.traffic = traffic
    traffic.begin()
  }

  /// The same for a server of an earlier run. Its connection's silence is not measured any more: nobody knows by which
  /// of the daemon's addresses it came.
  func watchTimes(ofSurvivor record: InstanceRecord, sockets: [Listener]) {
    if !sockets.isEmpty { return watchTimes(of: record.pid, sockets: sockets) }
    guard definition.timeouts.maxRuntime != nil else { return }
    let clock = ServerClock(
      server, pid: record.pid, startedAt: MonotonicTime(nanoseconds: record.startedAt), definition.timeouts, ends: nil)
    server.instances.setClock(clock, of: record.pid)
    clock.start()
  }
}
