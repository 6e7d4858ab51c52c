import CLinux
import EventLoop
import LinuxSystem
import ProcessSpawning

/// The processes that keep cells for servers to come, and what all services' stocks must know.
final class CellKeepers {
  /// How often is looked for cells that nobody has needed since.
  private static let sweepInterval = TimeSpan.seconds(60)

  private unowned(unsafe) let server: SuperServer
  private var stocks: [CellStock] = []
  private var stocksByKeeper: [Int32: CellStock] = [:]
  private var mountTable: MountTable?
  private var changes: UInt64 = 0
  private var sweepTimer: ActionTimer?
  /// Our children (proc(5)). Where a cell has no process namespace, orphans of servers become ours, too, so that they
  /// are seen.
  private var children: FileDescriptor?

  init(_ server: SuperServer) { self.server = server }

  var now: MonotonicTime { server.loop.now }

  /// The stock for a service's plan; nil where each server must have a cell of its own.
  func stock(for plan: SpawnPlan) -> CellStock? {
    guard server.spawner.keepsCells, let cell = plan.reusableCell else { return nil }
    if mountTable == nil { mountTable = try? MountTable() }
    guard mountTable != nil, seesChildren(), cell.ownProcesses || CurrentProcess.adoptOrphans() else { return nil }
    let stock = CellStock(plan, cell, keepers: self)
    stocks.append(stock)
    return stock
  }

  /// A stock whose service is gone or changed.
  func close(_ stock: CellStock) {
    stock.close()
    stocks.removeAll { $0 === stock }
  }

  /// Another number whenever cells that were built before are of no use any more: the mount table has changed, or their
  /// keepers are on their way out.
  var machineState: UInt64 {
    if mountTable?.hasChanged() == true { changes += 1 }
    return changes
  }

  /// Starts a keeper; nil when it cannot be had now.
  func start(_ plan: SpawnPlan, for stock: CellStock) -> Int32? {
    guard let keeper = try? server.spawner.startKeeper(of: plan) else { return nil }
    stocksByKeeper[keeper] = stock
    let timer = sweepTimer ?? ActionTimer { [unowned(unsafe) self] in sweep() }
    sweepTimer = timer
    if !timer.isScheduled { server.loop.schedule(timer, after: CellKeepers.sweepInterval) }
    return keeper
  }

  func builtCell(of plan: SpawnPlan, by keeper: Int32) -> KeptCell? {
    guard let cell = server.spawner.builtCell(of: plan, by: keeper) else { return nil }
    // Without processes of its own a cell is held by its files alone.
    if !cell.holdsProcesses { end(keeper) }
    return cell
  }

  func isAlive(_ keeper: Int32) -> Bool { stocksByKeeper[keeper] != nil }

  /// Ends a keeper and all that is left in its process namespace.
  func end(_ keeper: Int32) { if isAlive(keeper) { try? ChildProcess.signal(keeper, SIGKILL) } }

  /// A child has been reaped. Returns whether it was a keeper.
  func ended(_ pid: Int32) -> Bool {
    guard let stock = stocksByKeeper.removeValue(forKey: pid) else { return false }
    stock.keeperEnded(pid)
    return true
  }

  /// This process becomes another program: keepers end by themselves, each when the last server is gone that lives in its
  /// namespace. Should it stay what it is, new ones are started.
  func letGo() {
    changes += 1
    for keeper in stocksByKeeper.keys { try? ChildProcess.signal(keeper, SIGTERM) }
  }

  /// Whether a server that has been reaped left no process behind that could be in its cell: every child that we have
  /// is one that we know. Even in a process namespace not all is its keeper's: with CLONE_PARENT a server makes us the
  /// parent of what it starts.
  func areOrphansAbsent() -> Bool {
    guard let children = children?.raw else { return false }
    // One page is what the kernel tells at a time; beyond some 500 children cells are used once.
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { text in
      let count = pread(children, text.baseAddress, text.count, 0)
      guard count >= 0, count < text.count - 96 else { return false }
      var pid: Int32 = 0
      for byte in text[..<count] {
        if byte != UInt8(ascii: " ") {
          pid = pid &* 10 &+ Int32(byte &- UInt8(ascii: "0"))
          continue
        }
        guard
          server.instances.instance(pid) != nil || isAlive(pid) || server.rescuer?.pid == pid
            || server.registrar.isRunning(as: pid)
        else { return false }
        pid = 0
      }
      return true
    }
  }
}

extension CellKeepers {
  /// A kernel may lack the list (CONFIG_PROC_CHILDREN).
  private func seesChildren() -> Bool {
    if children == nil {
      let pid = CurrentProcess.pid
      children = try? FileDescriptor.open("/proc/self/task/\(pid)/children", flags: O_RDONLY)
    }
    return children != nil
  }

  private func sweep() {
    var isNeeded = false
    for stock in stocks where stock.clearUnused() { isNeeded = true }
    if isNeeded, let sweepTimer { server.loop.schedule(sweepTimer, after: CellKeepers.sweepInterval) }
  }
}
