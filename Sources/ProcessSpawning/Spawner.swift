import CLinux
import CSpawn
import LinuxSystem

/// Starts servers without waiting for them.
///
/// Each child runs beside the daemon in the daemon's memory until it executes its program (see CSpawn.h), on a stack of
/// its own from a pool here. The kernel tells when a child has let go of the memory by clearing a word of its slot; the
/// pool looks at the words when it needs a slot. Between a child's change of user and its execve no other process of
/// that user can reach the daemon's memory through it: changing credentials makes the memory undumpable
/// (credentials(7), PR_SET_DUMPABLE), for the daemon too, and nobody may undo that.
package final class Spawner {
  /// How a child gets at what it needs until execve.
  package enum Memory: Sendable {
    case shared
    /// As fork does: slower, for valgrind, and where the kernel lets undumpable memory be traced (fs.suid_dumpable =
    /// 1).
    case copied
  }

  /// Children between clone and execve at one time: a bound on memory, far above what two processors can have.
  private static let maximumInFlight = 256
  /// Free slots kept after a burst.
  private static let maximumFree = 16

  let memory: Memory
  private let null: FileDescriptor
  private let ignoredSignals: UInt64
  private let blocksSignals: Bool
  /// The first process of process namespaces, once a server has needed one.
  private var initProgram: FileDescriptor?
  /// The same for cells that are kept.
  private var keeperProgram: FileDescriptor?
  /// Our own process namespace, once a server has been started in a kept cell's.
  private var ownProcesses: FileDescriptor?
  private var free: [SpawnSlot] = []
  private var busy: [SpawnSlot] = []

  /// Make it after the daemon has blocked all signals and ignored those it ignores: children get the default
  /// disposition of exactly the signals that are ignored now.
  @export(interface) package init(memory: Memory? = nil) throws(SystemError) {
    self.memory = memory ?? Spawner.preferredMemory()
    null = try FileDescriptor.open("/dev/null", flags: O_RDWR)
    var ignored: UInt64 = 0
    for signal in Int32(1)...64 where clinux_ignores_signal(signal) != 0 { ignored |= 1 << UInt64(signal - 1) }
    ignoredSignals = ignored
    let blocked = SignalSet.blocked
    // KILL and STOP cannot be blocked; 32 and 33 belong to the C library.
    blocksSignals = (Int32(1)...31).contains { $0 != SIGKILL && $0 != SIGSTOP && !blocked.contains($0) }
    free.reserveCapacity(Spawner.maximumFree)
    busy.reserveCapacity(Spawner.maximumFree)
  }

  /// Slots in use: children that have not executed yet as far as the pool has looked, or failed and are not reaped.
  package var inFlightCount: Int {
    collect()
    return busy.count
  }

  /// Starts a server with one socket. The descriptor stays the caller's: the child has its own when this returns.
  ///
  /// `makesBlocking` clears O_NONBLOCK on the socket, in the child. It changes the open file, which the daemon shares:
  /// a listener that comes back must be set again. `extra` get the numbers behind the last one that the plan's
  /// passing gives. `controlGroup` is the directory of a control group to start in, `cell` one that is ready; without
  /// it the child makes its own. The kernel writes the pid to `pidWord` as it makes the process. Throws EAGAIN or ENOMEM when no process can be had now.
  @export(interface) package func spawn(
    _ plan: SpawnPlan, socket: BorrowedDescriptor, standardError: BorrowedDescriptor? = nil,
    extra: [BorrowedDescriptor] = [], makesBlocking: Bool = true, context: ConnectionContext,
    controlGroup: BorrowedDescriptor? = nil, cell: KeptCell? = nil, pidWord: UnsafeMutablePointer<Int32>? = nil
  ) throws(SystemError) -> Int32 {
    var raw = socket.raw
    let result = withUnsafePointer(to: &raw) { pointer in
      start(
        plan, UnsafeBufferPointer(start: pointer, count: 1), standardError, extra, makesBlocking, context, controlGroup,
        cell, pidWord)
    }
    return try Spawner.pid(result, plan)
  }

  /// Starts a server with several sockets, in the order of the plan's names.
  @export(interface) package func spawn(
    _ plan: SpawnPlan, sockets: [BorrowedDescriptor], standardError: BorrowedDescriptor? = nil,
    extra: [BorrowedDescriptor] = [], makesBlocking: Bool = true, context: ConnectionContext = .none,
    controlGroup: BorrowedDescriptor? = nil, pidWord: UnsafeMutablePointer<Int32>? = nil
  ) throws(SystemError) -> Int32 {
    let raw = sockets.map { $0.raw }
    let result = raw.withUnsafeBufferPointer {
      start(plan, $0, standardError, extra, makesBlocking, context, controlGroup, nil, pidWord)
    }
    return try Spawner.pid(result, plan)
  }

  /// What a child that was reaped had come to. To be told every pid that this spawner returned.
  @export(interface) package func reaped(_ pid: Int32, _ status: ExitStatus) -> SpawnOutcome {
    guard let index = busy.firstIndex(where: { $0.pid == pid }) else { return .ended(status) }
    let slot = busy[index]
    let failure = slot.failure
    busy.swapAt(index, busy.count - 1)
    busy.removeLast()
    retire(slot)
    if let failure { return .failed(failure.stage, errno: failure.errno) }
    return .ended(status)
  }
}

// Cells that are built before their servers.
extension Spawner {
  /// Whether cells can be kept: only a child that shares our memory tells when its program runs.
  package var keepsCells: Bool { memory == .shared }

  /// Starts the keeper of a cell of the plan's: a child that builds it and stays. Returns its pid.
  @export(interface) package func startKeeper(of plan: SpawnPlan) throws(SystemError) -> Int32 {
    if ownProcesses == nil { ownProcesses = try FileDescriptor.open("/proc/self/ns/pid", flags: O_RDONLY) }
    if keeperProgram == nil {
      let file = cspawn_keeper_program()
      if file < 0 { throw SystemError("make the keeper's program", errno: -file) }
      keeperProgram = FileDescriptor(owning: file)
    }
    guard let program = keeperProgram?.raw, let slot = freeSlot() else {
      throw SystemError("start keeper of a cell of", plan.serviceID, errno: EAGAIN)
    }
    let result = slot.startKeeper(plan, program: program, options: options)
    if result > 0 { busy.append(slot) } else { free.append(slot) }
    return try Spawner.pid(result, plan)
  }

  /// The cell that a keeper has built; nil while it is at it or when it has failed.
  @export(interface) package func builtCell(of plan: SpawnPlan, by keeper: Int32) -> KeptCell? {
    if let slot = busy.first(where: { $0.pid == keeper }), slot.isRunning || slot.failure != nil { return nil }
    guard let cell = plan.reusableCell else { return nil }
    return try? KeptCell(keeper: keeper, cell: cell)
  }
}

extension Spawner {
  private static func pid(_ result: Int32, _ plan: SpawnPlan) throws(SystemError) -> Int32 {
    if result < 0 { throw SystemError("start server of", plan.serviceID, errno: -result) }
    return result
  }

  private func start(
    _ plan: SpawnPlan, _ sockets: UnsafeBufferPointer<Int32>, _ standardError: BorrowedDescriptor?,
    _ extra: [BorrowedDescriptor], _ makesBlocking: Bool, _ context: ConnectionContext,
    _ controlGroup: BorrowedDescriptor?, _ cell: KeptCell?, _ pidWord: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    precondition(!sockets.isEmpty, "a server needs a socket")
    guard let slot = freeSlot() else { return -EAGAIN }
    var initFile: Int32 = -1
    if plan.hasOwnProcesses && cell == nil {
      initFile = initProgram?.raw ?? cspawn_init_program()
      if initFile < 0 {
        free.append(slot)
        return initFile
      }
      if initProgram == nil { initProgram = FileDescriptor(owning: initFile) }
    }
    let result = slot.start(
      plan, sockets: sockets, standardError: standardError?.raw ?? null.raw, extra: extra, null: null.raw,
      makesBlocking: makesBlocking, context: context, ignoredSignals: ignoredSignals, initFile: initFile,
      controlGroup: controlGroup?.raw ?? -1, cell: cell, ownProcesses: ownProcesses?.raw ?? -1, pidWord: pidWord,
      options: options)
    if result > 0 { busy.append(slot) } else { free.append(slot) }
    return result
  }

  private func freeSlot() -> SpawnSlot? {
    if free.isEmpty { collect() }
    if let slot = free.popLast() { return slot }
    return busy.count < Spawner.maximumInFlight ? try? SpawnSlot(shared: memory == .copied) : nil
  }

  private var options: Int32 {
    (memory == .copied ? Int32(CSPAWN_COPIES_MEMORY) : 0) | (blocksSignals ? Int32(CSPAWN_BLOCKS_SIGNALS) : 0)
  }

  /// Takes back the slots of children that have executed. Failed ones wait until they are reaped.
  private func collect() {
    var index = 0
    while index < busy.count {
      if busy[index].isRunning || busy[index].failure != nil {
        index += 1
        continue
      }
      let slot = busy[index]
      busy.swapAt(index, busy.count - 1)
      busy.removeLast()
      retire(slot)
    }
  }

  private func retire(_ slot: SpawnSlot) {
    slot.clear()
    if free.count < Spawner.maximumFree { free.append(slot) }
  }

  private static func preferredMemory() -> Memory {
    if cspawn_must_copy() != 0 { return .copied }
    // valgrind runs only children that it can follow, and shows itself by what it preloads.
    if let preloaded = CurrentProcess.environmentValue("LD_PRELOAD"),
      Spawner.contains("/vgpreload_", in: preloaded)
    {
      return .copied
    }
    // Unreadable (no /proc): the kernel's default is 0.
    guard let setting = try? FileSystem.contents(of: "/proc/sys/fs/suid_dumpable") else { return .shared }
    return setting.bytes.first == UInt8(ascii: "1") ? .copied : .shared
  }

  private static func contains(_ word: String, in text: String) -> Bool { strstr(text, word) != nil }
}
