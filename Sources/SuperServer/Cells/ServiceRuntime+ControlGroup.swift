import CLinux
import EventLoop
import LinuxSystem
import ProcessSpawning
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

/// The walls around the servers of one service and their bounds, made when it is loaded. Most services have none.
final class ServiceWalls {
  let cell: SpawnCell?
  let controlGroup: ControlGroupState
  /// Cells that are ready; nil while none was asked for, and where none can be kept.
  private(set) var stock: CellStock?
  private var hasAskedForStock = false

  private init(_ cell: SpawnCell?, _ controlGroup: ControlGroupState) {
    self.cell = cell
    self.controlGroup = controlGroup
  }

  /// Nil where a service has neither.
  static func of(_ definition: ServiceDefinition, _ server: SuperServer) -> ServiceWalls? {
    if definition.sandbox == untouched && definition.cgroup == unbounded { return nil }
    let cell = CellPlan.cell(of: definition, filters: server.systemCallFilters)
    let group = ServiceRuntime.controlGroup(of: definition, server)
    if cell == nil, case .none = group { return nil }
    return ServiceWalls(cell, group)
  }

  /// The stock for the servers of a plan, begun by the first that asks.
  fileprivate func stock(for plan: SpawnPlan, _ keepers: CellKeepers) -> CellStock? {
    if !hasAskedForStock {
      hasAskedForStock = true
      stock = keepers.stock(for: plan)
    }
    return stock
  }

  /// The service is gone or has other walls.
  func close(_ keepers: CellKeepers) {
    hasAskedForStock = true
    if let stock { keepers.close(stock) }
    stock = nil
  }

  private static let untouched = SandboxDefinition()
  private static let unbounded = CgroupDefinition()
}

// Bounds by control groups.
extension ServiceRuntime {
  /// Makes the service's group, where it has bounds.
  fileprivate static func controlGroup(of definition: ServiceDefinition, _ server: SuperServer) -> ControlGroupState {
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

  /// Whether its servers have walls or bounds, which only a start by the daemon itself can give them.
  var isWalled: Bool { walls != nil }

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

// Cells that are ready before their servers.
extension ServiceRuntime {
  func takeCell(for plan: SpawnPlan) -> StockedCell? {
    guard let walls, walls.cell != nil, !isRetired else { return nil }
    return walls.stock(for: plan, server.cellKeepers)?.take(at: loop.now)
  }

  /// How the server of an instance ended, in the words of a process namespace's first process, which every other server
  /// of the service may have: a signal is 128 more than its number.
  func end(of instance: Instance, _ outcome: SpawnOutcome?) -> SpawnOutcome? {
    guard instance.cell?.cell.holdsProcesses == true, case .ended(.killed(let signal, _)) = outcome else {
      return outcome
    }
    return .ended(.exited(128 + signal))
  }

  /// A server has been reaped: another may have its cell if it left nothing there.
  func endCell(of instance: Instance, _ outcome: SpawnOutcome?) {
    guard let ready = instance.cell else { return }
    var hasServed = false
    if case .ended = outcome { hasServed = true }
    ready.giveBack(isUsable: hasServed && server.cellKeepers.areOrphansAbsent(), at: loop.now)
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
