import EventLoop
import LinuxSystem
import ProcessSpawning

/// Cells of one service that stand ready for its next servers.
///
/// A server that finds none makes its own, as slow as that is, and has one built beside it for those who follow: a
/// service whose connections come one after another soon lives in one cell, a busy one in as many as it has servers.
final class CellStock {
  /// Cells that are kept or being built, at most: each is a process.
  private static let limit = 64
  /// Builders at one time.
  private static let builderLimit = 4
  /// After so many cells in a row that could not be used again, nothing is kept for a minute: such servers leave files.
  private static let patience = 8
  private static let pause = TimeSpan.seconds(60)

  private unowned(unsafe) let keepers: CellKeepers
  private let plan: SpawnPlan
  private let cell: SpawnCell
  private let rootDirectory: String
  private var idle: [KeptCell] = []
  private var builders: [Int32] = []
  private var inUse = 0
  /// What the view was built without, as it did not exist.
  private var missingPlaces: [String] = []
  /// The state of the machine that idle cells and builders were made for.
  private var machineState: UInt64 = 0
  /// Counts how often all cells were given up for new ones: who is given back must be of the last.
  private var generation = 0
  private var soiledInARow = 0
  private var restsUntil: MonotonicTime?
  private var isClosed = false
  private var wasUsed = false

  init(_ plan: SpawnPlan, _ cell: SpawnCell, keepers: CellKeepers) {
    self.plan = plan
    self.cell = cell
    rootDirectory = plan.rootDirectory ?? ""
    self.keepers = keepers
    renew()
  }

  /// A cell for one server, to be given back when that has been reaped; nil when there is none.
  func take() -> StockedCell? {
    guard !isClosed else { return nil }
    wasUsed = true
    if !isCurrent { renew() }
    takeOverBuilt()
    if let cell = idle.popLast() {
      inUse += 1
      return StockedCell(cell, generation: generation, of: self)
    }
    build()
    return nil
  }

  /// The server that had a cell is gone. `isUsable`: as far as is known beside the cell's own state.
  fileprivate func giveBack(_ stocked: StockedCell, isUsable: Bool) {
    inUse -= 1
    let cell = stocked.cell
    guard !isClosed, stocked.generation == generation, isCurrent, isUsable,
      !cell.holdsProcesses || keepers.isAlive(cell.keeper), cell.isPristine
    else {
      soiledInARow += 1
      if soiledInARow >= CellStock.patience {
        soiledInARow = 0
        restsUntil = keepers.now + CellStock.pause
      }
      keepers.end(cell.keeper)
      return
    }
    soiledInARow = 0
    idle.append(cell)
  }

  /// A keeper has ended, whoever wanted it.
  func keeperEnded(_ pid: Int32) {
    // One that could not build will not be able to in a moment either.
    if let index = builders.firstIndex(of: pid) {
      builders.remove(at: index)
      restsUntil = keepers.now + CellStock.pause
    }
    idle.removeAll { $0.holdsProcesses && $0.keeper == pid }
  }

  /// Ends all cells that nobody is in.
  func clear() {
    for cell in idle { keepers.end(cell.keeper) }
    for builder in builders { keepers.end(builder) }
    idle.removeAll()
    builders.removeAll()
  }

  /// Ends what nobody has needed since this was last called. Returns whether something is left.
  func clearUnused() -> Bool {
    if !wasUsed { clear() }
    wasUsed = false
    return !idle.isEmpty || !builders.isEmpty || inUse > 0
  }

  /// No cell is kept any more.
  func close() {
    isClosed = true
    clear()
  }
}

extension CellStock {
  private func takeOverBuilt() {
    builders.removeAll { keeper in
      guard let built = keepers.builtCell(of: plan, by: keeper) else { return false }
      idle.append(built)
      return true
    }
  }

  private func build() {
    if let restsUntil, keepers.now < restsUntil { return }
    restsUntil = nil
    guard builders.count < CellStock.builderLimit, idle.count + builders.count + inUse < CellStock.limit else { return }
    if let keeper = keepers.start(plan, for: self) { builders.append(keeper) }
  }

  /// A cell shows the mounts that it was built from. What is mounted later appears in it, but unprotected; what was
  /// missing is not covered when it comes.
  private var isCurrent: Bool {
    machineState == keepers.machineState && !missingPlaces.contains { CellStock.exists(rootDirectory + $0) }
  }

  private func renew() {
    clear()
    generation += 1
    machineState = keepers.machineState
    missingPlaces = cell.optionalPlaces.filter { !CellStock.exists(rootDirectory + $0) }
  }

  private static func exists(_ path: String) -> Bool { ((try? FileSystem.status(ofLink: path)) ?? nil) != nil }
}

/// A cell with a server in it, and where it goes afterwards.
final class StockedCell {
  let cell: KeptCell
  fileprivate let generation: Int
  private let stock: CellStock

  fileprivate init(_ cell: KeptCell, generation: Int, of stock: CellStock) {
    self.cell = cell
    self.generation = generation
    self.stock = stock
  }

  func giveBack(isUsable: Bool) { stock.giveBack(self, isUsable: isUsable) }
}
