import CLinux
import EventLoop
import LinuxSystem
import ServiceModel

/// How a service stands with control groups.
enum ControlGroupState {
  case none
  case group(ServiceControlGroup)
  /// The bounds cannot be kept: nobody is served without them.
  case missing(SystemError)
  /// The bounds cannot be kept, and the service says that it serves nevertheless.
  case without
}

// Bounds by control groups.
extension ServiceRuntime {
  /// Makes the service's group, where it has bounds.
  static func controlGroup(of definition: ServiceDefinition, _ server: SuperServer) -> ControlGroupState {
    let bounds = definition.cgroup
    guard bounds.memoryMax != nil || bounds.tasksMax != nil || bounds.cpuQuota != nil || bounds.perConnection else {
      return .none
    }
    guard case .program = definition.handler else { return .none }
    do throws(SystemError) {
      let isLenient = definition.sandbox.fallback
      return .group(
        try server.openControlGroups().group(of: definition.id, bounds, isLenient: isLenient) { error in
          server.log.systemFailure(
            error, consequence: "\(definition.id) serves without this bound, as sandbox_fallback allows")
        })
    } catch {
      if definition.sandbox.fallback {
        server.log.systemFailure(
          error, consequence: "\(definition.id) serves without its control group, as sandbox_fallback allows")
        return .without
      }
      server.log.systemFailure(
        error, consequence: "\(definition.id) serves nobody: its bounds need a delegated control group")
      return .missing(error)
    }
  }

  /// Where the next server starts; nil for the daemon's own group.
  func controlGroupPlace() throws(SystemError) -> ControlGroupPlace? {
    switch walls?.controlGroup ?? .none {
    case .none, .without: return nil
    case .missing(let error): throw error
    case .group(let group): return try group.place()
    }
  }

  /// The control group that a server of an earlier run has for its connection.
  func recoveredControlGroup(of pid: Int32) -> ConnectionControlGroup? {
    guard case .group(let group) = walls?.controlGroup else { return nil }
    return group.recover(pid)
  }

  /// A server has ended: its connection's group ends, and whether memory was the reason is counted.
  func endControlGroup(of instance: Instance) {
    guard let group = instance.controlGroup else {
      if case .group(let shared) = walls?.controlGroup { count(shared.takeMemoryKills(), of: instance) }
      return
    }
    count(group.memoryKills, of: instance)
    group.dismiss()
    server.removeDyingControlGroups()
  }

  private func count(_ memoryKills: Int, of instance: Instance) {
    if memoryKills == 0 { return }
    counters.memoryKills += UInt64(memoryKills)
    log.outOfMemory(definition, pid: instance.pid, peer: instance.peer)
  }
}

extension SuperServer {
  fileprivate func openControlGroups() throws(SystemError) -> ControlGroups {
    if let controlGroups { return controlGroups }
    let opened = try ControlGroups.open()
    controlGroups = opened
    return opened
  }

  /// Removes groups as their last processes go; looks again while there are some.
  func removeDyingControlGroups() {
    guard let controlGroups, controlGroups.hasDying else { return }
    let timer =
      controlGroupTimer
      ?? ActionTimer { [unowned(unsafe) self] in
        if self.controlGroups?.removeDying() == true { scheduleControlGroups() }
      }
    controlGroupTimer = timer
    scheduleControlGroups()
  }

  private func scheduleControlGroups() {
    if let controlGroupTimer, !controlGroupTimer.isScheduled {
      loop.schedule(controlGroupTimer, after: .milliseconds(50))
    }
  }
}
