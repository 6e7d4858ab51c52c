import CLinux
import CSpawn
import LinuxSystem
import NetworkAddresses

/// The memory that one child uses between clone and execve: its stack, its texts, and the words it reports through.
final class SpawnSlot {
  /// The child's own functions need less than 2 KB; a page that is never touched costs nothing.
  private static let stackSize = 16_384

  /// A page without access, then the stack, then the result words: an overflowing stack faults instead of writing to
  /// whatever lies below.
  private let mapping: UnsafeMutableRawPointer
  private let mappingSize: Int
  private let guardSize: Int
  private let result: UnsafeMutablePointer<cspawn_result>
  private let child: UnsafeMutablePointer<cspawn_child>

  private var pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private var pointerCapacity = 32
  private var bytes: UnsafeMutablePointer<UInt8>
  private var byteCapacity = 1024
  private var descriptors: UnsafeMutablePointer<Int32>
  private var descriptorCapacity = 6

  /// The plan that the child reads; kept until the child has let go of it.
  private var plan: SpawnPlan?
  private(set) var pid: Int32 = 0

  /// `shared`: the result words must be visible from a child with a copy of our memory.
  init(shared: Bool) throws(SystemError) {
    guardSize = sysconf(Int32(_SC_PAGESIZE))
    mappingSize = guardSize + max(SpawnSlot.stackSize, guardSize)
    let flags = MAP_ANONYMOUS | MAP_NORESERVE | (shared ? MAP_SHARED : MAP_PRIVATE | MAP_STACK)
    let memory = mmap(nil, mappingSize, PROT_READ | PROT_WRITE, flags, -1, 0)
    guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
      throw SystemError.last("map a stack for a server's start")
    }
    mapping = memory
    if mprotect(mapping, guardSize, PROT_NONE) != 0 {
      let error = SystemError.last("protect a stack for a server's start")
      munmap(mapping, mappingSize)
      throw error
    }
    result = (mapping + mappingSize - SpawnSlot.resultSize).bindMemory(to: cspawn_result.self, capacity: 1)
    result.initialize(to: cspawn_result())
    child = .allocate(capacity: 1)
    child.initialize(to: cspawn_bare_child())
    pointers = .allocate(capacity: pointerCapacity)
    bytes = .allocate(capacity: byteCapacity)
    descriptors = .allocate(capacity: descriptorCapacity)
  }

  /// A cache line: keeps the stack's end aligned.
  private static let resultSize = 64

  deinit {
    munmap(mapping, mappingSize)
    child.deallocate()
    pointers.deallocate()
    bytes.deallocate()
    descriptors.deallocate()
  }

  /// Where the page without access begins.
  var lowestAddress: UnsafeMutableRawPointer { mapping }

  /// The child may still use the memory.
  var isRunning: Bool { cspawn_is_running(result) != 0 }

  /// What the child could not do. Only once it has let go of the memory, or has been reaped.
  var failure: (stage: SpawnStage, errno: Int32)? {
    SpawnStage(rawValue: result.pointee.stage).map { ($0, result.pointee.number) }
  }

  /// Fills the slot in and starts the child. Returns its pid, or -errno.
  func start(
    _ plan: SpawnPlan, sockets: UnsafeBufferPointer<Int32>, standardError: Int32, extra: [BorrowedDescriptor],
    null: Int32,
    makesBlocking: Bool, context: ConnectionContext, ignoredSignals: UInt64, initFile: Int32, controlGroup: Int32,
    cell: KeptCell?, ownProcesses: Int32, pidWord: UnsafeMutablePointer<Int32>?, options: Int32
  ) -> Int32 {
    child.pointee.pid_word = pidWord
    child.pointee.default_signals = ignoredSignals
    child.pointee.init_file = initFile
    child.pointee.control_group = controlGroup
    child.pointee.view_file = cell?.viewNumber ?? -1
    child.pointee.network_file = cell?.networkNumber ?? -1
    child.pointee.processes_file = cell?.processesNumber ?? -1
    child.pointee.own_processes_file = ownProcesses
    child.pointee.keeper_file = -1
    layOut(plan, sockets, standardError, extra, null, makesBlocking)
    render(plan, context)
    return launch(plan, options | (plan.waits ? Int32(CSPAWN_WAITS) : 0))
  }

  /// Starts a child that builds the plan's cell and keeps it. Returns its pid, or -errno.
  func startKeeper(_ plan: SpawnPlan, program: Int32, options: Int32) -> Int32 {
    child.pointee = cspawn_bare_child()
    child.pointee.keeper_file = program
    return launch(plan, options)
  }

  private func launch(_ plan: SpawnPlan, _ options: Int32) -> Int32 {
    child.pointee.plan = UnsafePointer(plan.plan)
    child.pointee.result = result
    let pid = cspawn_start(child, UnsafeMutableRawPointer(result), options)
    if pid > 0 {
      self.pid = pid
      self.plan = plan
    }
    return pid
  }

  /// The child is done with the memory.
  func clear() {
    plan = nil
    pid = 0
    result.pointee = cspawn_result()
  }
}

// What the child is given.
extension SpawnSlot {
  private func layOut(
    _ plan: SpawnPlan, _ sockets: UnsafeBufferPointer<Int32>, _ standardError: Int32, _ extra: [BorrowedDescriptor],
    _ null: Int32, _ makesBlocking: Bool
  ) {
    var count = 3
    let most = 3 + sockets.count + extra.count
    if most > descriptorCapacity {
      descriptors.deallocate()
      descriptors = .allocate(capacity: most)
      descriptorCapacity = most
    }
    switch plan.passing {
    case .standardStreams:
      descriptors[0] = sockets[0]
      descriptors[1] = sockets[0]
      descriptors[2] = sockets[0]
      child.pointee.blocking_first = 0
      child.pointee.blocking_count = 1
    case .listenDescriptors:
      count += sockets.count
      for target in 0..<3 { descriptors[target] = null }
      for (index, socket) in sockets.enumerated() { descriptors[3 + index] = socket }
      child.pointee.blocking_first = 3
      child.pointee.blocking_count = UInt32(sockets.count)
    }
    switch plan.standardError {
    case .socket: break
    case .null: descriptors[2] = null
    case .descriptor: descriptors[2] = standardError
    }
    for descriptor in extra {
      descriptors[count] = descriptor.raw
      count += 1
    }
    if !makesBlocking { child.pointee.blocking_count = 0 }
    child.pointee.descriptors = descriptors
    child.pointee.descriptor_count = UInt32(count)
  }

  /// Fills templates and connection variables in. Allocates only when a plan needs more room than any before it.
  private func render(_ plan: SpawnPlan, _ context: ConnectionContext) {
    reserve(plan)
    let text = ConnectionText(context, into: bytes)
    var writer = SlotWriter(next: bytes + ConnectionText.size)

    // One array for both tables, each with its final null.
    let environment = pointers + plan.arguments.count + 1
    child.pointee.arguments = UnsafePointer(plan.arguments.pointers)
    if !plan.argumentTemplates.isEmpty {
      var template = 0
      for index in 0...plan.arguments.count {
        pointers[index] = plan.arguments.pointers[index]
        if pointers[index] == nil && index < plan.arguments.count {
          pointers[index] = writer.write(plan.argumentTemplates[template], text)
          template += 1
        }
      }
      child.pointee.arguments = UnsafePointer(pointers)
    }

    var count = plan.environment.count
    for index in 0..<count { environment[index] = plan.environment.pointers[index] }
    for template in plan.environmentTemplates {
      environment[count] = writer.write(template, text)
      count += 1
    }
    for row in ConnectionVariables.table where plan.variables.contains(row.variable) {
      guard let entry = writer.write(row.name, row.field, text, isTCP: context.remote?.ip != nil) else { continue }
      environment[count] = entry
      count += 1
    }
    child.pointee.pid_text = nil
    if case .listenDescriptors = plan.passing {
      environment[count] = writer.writeProcessIDEntry(digits: &child.pointee.pid_text)
      count += 1
    }
    environment[count] = nil
    child.pointee.environment = UnsafePointer(environment)
  }

  private func reserve(_ plan: SpawnPlan) {
    let variables = ConnectionVariables.table.count
    let neededPointers =
      plan.arguments.count + plan.environment.count + plan.environmentTemplates.count + variables + 3
    if neededPointers > pointerCapacity {
      pointers.deallocate()
      pointers = .allocate(capacity: neededPointers)
      pointerCapacity = neededPointers
    }
    let neededBytes = ConnectionText.size + plan.templateBytes + variables * (ConnectionText.fieldSize + 16) + 32
    if neededBytes > byteCapacity {
      bytes.deallocate()
      bytes = .allocate(capacity: neededBytes)
      byteCapacity = neededBytes
    }
  }
}

/// Appends C strings to a slot's bytes. The slot has reserved enough room. By memcpy: compiled for size, Swift's own
/// copying of bytes is a call for each.
private struct SlotWriter {
  var next: UnsafeMutablePointer<UInt8>

  mutating func write(_ template: TextTemplate, _ text: ConnectionText) -> UnsafeMutablePointer<CChar> {
    let start = next
    for piece in template.pieces {
      switch piece {
      case .literal(let bytes): bytes.withUnsafeBufferPointer { append($0) }
      case .field(let field): append(text.text(field))
      }
    }
    return finish(start)
  }

  /// `NAME=value`; nil when the connection lacks the field. Variables named TCP* are for IP connections only.
  mutating func write(
    _ name: StaticString, _ field: ConnectionField?, _ text: ConnectionText, isTCP: Bool
  ) -> UnsafeMutablePointer<CChar>? {
    let start = next
    if let field {
      let value = text.text(field)
      let isUnix = field.rawValue >= ConnectionField.remotePid.rawValue
      if value.isEmpty || (!isTCP && !isUnix) { return nil }
      append(name)
      append(UInt8(ascii: "="))
      append(value)
    } else {
      if !isTCP { return nil }
      append(name)
      append("=TCP")
    }
    return finish(start)
  }

  /// `LISTEN_PID=` with room for digits that the child writes.
  mutating func writeProcessIDEntry(
    digits: inout UnsafeMutablePointer<CChar>?
  ) -> UnsafeMutablePointer<CChar> {
    let start = next
    append("LISTEN_PID=")
    digits = UnsafeMutableRawPointer(next).assumingMemoryBound(to: CChar.self)
    next += 20
    return finish(start)
  }

  private mutating func append(_ byte: UInt8) {
    next.pointee = byte
    next += 1
  }

  private mutating func append(_ text: StaticString) {
    memcpy(next, text.utf8Start, text.utf8CodeUnitCount)
    next += text.utf8CodeUnitCount
  }

  private mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress else { return }
    memcpy(next, base, text.count)
    next += text.count
  }

  private mutating func finish(_ start: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<CChar> {
    append(0)
    return UnsafeMutableRawPointer(start).assumingMemoryBound(to: CChar.self)
  }
}
