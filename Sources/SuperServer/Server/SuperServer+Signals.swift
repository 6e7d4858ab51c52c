import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceResolution

// Signals as the classic inetd has them.
extension SuperServer {
  func watchSignals() throws(SystemError) {
    let set = SignalSet([SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2])
    let source = try SignalSource(set) { [unowned(unsafe) self] signal in received(signal.number) }
    try source.register(with: loop)
  }

  private func received(_ signal: Int32) {
    switch signal {
    case SIGCHLD: reapChildren()
    case SIGHUP: reloadOnceWritten()
    case SIGUSR1: dumpState()
    case SIGUSR2:
      pauseListening()
      finishConversations { [unowned(unsafe) self] in reexecute() }
    case SIGTERM: stop(signal: "SIGTERM")
    case SIGINT: stop(signal: "SIGINT")
    case SIGQUIT: stop(signal: "SIGQUIT")
    default: break
    }
  }

  /// Collects every child that has ended: the kernel merges signals, so that one can stand for many. Returns how many
  /// there were.
  @discardableResult
  func reapChildren() -> Int {
    var count = 0
    while let child = ChildProcess.reap() {
      count += 1
      // What a gate has said before its end is in the pipe by now.
      if !verdicts.isEmpty { _ = settleVerdicts() }
      let outcome = spawner.reaped(child.pid, child.status)
      guard let instance = instances.remove(child.pid) else {
        if !cellKeepers.ended(child.pid), !rescuerEnded(child.pid) { _ = registrar.ended(child.pid, outcome) }
        continue
      }
      endRemains(of: instance)
      instance.service.ended(instance, outcome)
    }
    releaseProcessWaiters()
    return count
  }

  /// SIGUSR1: the state of every service to the log. Nothing here comes from a service's environment.
  private func dumpState() {
    log.state(statusLine)
    for id in order {
      guard let service = services[id] else { continue }
      let sockets = service.listeners.map { listener in
        listener.plan.endpoint.description + (listener.isBound ? "" : " (unbound)")
      }
      log.state(service, sockets: sockets)
    }
  }
}
