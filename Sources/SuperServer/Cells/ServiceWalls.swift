import LinuxSystem
import ProcessSpawning
import ServiceModel

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

extension ServiceRuntime {
  /// Whether its servers have walls or bounds, which only a start by the daemon itself can give them.
  var isWalled: Bool { walls != nil }

  /// A ready cell for the next server; nil where it is to have its own.
  func takeCell(for plan: SpawnPlan) -> StockedCell? {
    guard let walls, walls.cell != nil, !isRetired else { return nil }
    return walls.stock(for: plan, server.cellKeepers)?.take()
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
    ready.giveBack(isUsable: hasServed && server.cellKeepers.areOrphansAbsent())
  }
}
