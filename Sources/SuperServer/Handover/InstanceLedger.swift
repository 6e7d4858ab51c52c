import CLinux
import LinuxSystem

/// All running servers in a memory file that outlives the daemon: the service manager keeps it over a crash, a
/// re-execution hands it on.
///
/// Recording a start or an end is one write to memory: no system call, no allocation. A pid with its start time names
/// a process as surely as a pidfd in the store would, at none of the cost of two messages for each connection.
package final class InstanceLedger {
  /// Servers that are recorded at most; further ones run, and are forgotten by a crash.
  package static let capacity = 16_384
  /// "inetdL", version 1.
  private static let magic: UInt64 = 0x696e_6574_644c_0001
  private static let headerSize = InstanceRecord.size
  private static let fileSize = headerSize + capacity * InstanceRecord.size

  private let memory: SharedMemory
  /// Places that are free below `used`.
  private var free: [Int32] = []
  private var used: Int32 = 0

  private init(_ memory: SharedMemory) { self.memory = memory }

  package static func create() throws(SystemError) -> InstanceLedger {
    let memory = try SharedMemory.create(name: "inetd-state", size: fileSize)
    memory.bytes.storeBytes(of: magic, as: UInt64.self)
    return InstanceLedger(memory)
  }

  /// Takes over an earlier process's ledger with the records it holds. Records of processes for which `survives` is
  /// false are freed.
  package static func open(
    _ file: consuming FileDescriptor, survives: (InstanceRecord) -> Bool
  ) throws(SystemError) -> (ledger: InstanceLedger, survivors: [(slot: Int32, record: InstanceRecord)]) {
    let memory = try SharedMemory.open(file, size: fileSize)
    guard memory.bytes.load(as: UInt64.self) == magic else {
      throw SystemError("read the servers' ledger", errno: EINVAL)
    }
    let ledger = InstanceLedger(memory)
    var survivors: [(slot: Int32, record: InstanceRecord)] = []
    // The file is sparse: `recorded` bounds what is looked at, so that its empty part costs no memory.
    let recorded = min(Int32(bitPattern: memory.bytes.load(fromByteOffset: 8, as: UInt32.self)), Int32(capacity))
    for slot in 0..<max(recorded, 0) {
      if let record = InstanceRecord(from: ledger.place(slot)), survives(record) {
        survivors.append((slot, record))
      } else {
        ledger.place(slot).storeBytes(of: 0, as: Int32.self)
        ledger.free.append(slot)
      }
    }
    ledger.used = max(recorded, 0)
    return (ledger, survivors)
  }

  package var descriptor: BorrowedDescriptor { memory.descriptor }

  private func place(_ slot: Int32) -> UnsafeMutableRawPointer {
    memory.bytes.baseAddress! + InstanceLedger.headerSize + Int(slot) * InstanceRecord.size
  }

  /// Records a server; -1 when the ledger is full.
  package func add(_ record: InstanceRecord) -> Int32 {
    let slot: Int32
    if let reused = free.popLast() {
      slot = reused
    } else {
      guard used < Int32(InstanceLedger.capacity) else { return -1 }
      slot = used
      used += 1
      memory.bytes.storeBytes(of: UInt32(used), toByteOffset: 8, as: UInt32.self)
    }
    record.write(to: place(slot))
    return slot
  }

  /// Forgets a server. Harmless for -1.
  package func remove(_ slot: Int32) {
    guard slot >= 0 else { return }
    place(slot).storeBytes(of: 0, as: Int32.self)
    free.append(slot)
  }
}
