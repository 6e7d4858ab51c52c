import CLinux
import LinuxSystem
import ProcessSpawning

/// All running servers in a memory file that outlives the daemon: the service manager keeps it over a crash, a
/// re-execution hands it on.
///
/// Recording a start or an end is one write to memory: no system call, no allocation. A pid with its start time names
/// a process as surely as a pidfd in the store would, at none of the cost of two messages for each connection.
///
/// A start is recorded before it is made, all but its pid, which the kernel writes in the moment in which there is one:
/// whenever the daemon is killed, a server is recorded exactly if it runs.
package final class InstanceLedger {
  /// Servers that are recorded at most; further ones run, and are forgotten by a crash.
  package static let capacity = 16_384
  /// "inetdL", version 1.
  private static let magic: UInt64 = 0x696e_6574_644c_0001
  private static let headerSize = InstanceRecord.size
  /// Within the header, behind the magic number and how many places are used.
  private static let flightOffset = 16
  /// Takes the pid of a server that found no place.
  private static let spareOffset = 24
  private static let fileSize = headerSize + capacity * InstanceRecord.size

  private let memory: SharedMemory
  /// Places that are free below `used`.
  private var free: [Int32] = []
  private var used: Int32 = 0

  private init(_ memory: SharedMemory) {
    self.memory = memory
    noFlight()
  }

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

  /// Records a server, whose pid follows; -1 when the ledger is full.
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

  /// Where the pid of a recorded server, or of one that found no place, is to be written.
  package func pidWord(_ slot: Int32) -> UnsafeMutablePointer<Int32> {
    let word = slot < 0 ? memory.bytes.baseAddress! + InstanceLedger.spareOffset : place(slot)
    return word.assumingMemoryBound(to: Int32.self)
  }

  /// The server has been started: from now on its start counts as that of this moment, however long it took.
  package func confirm(_ slot: Int32, at time: Int64) {
    if slot >= 0 { InstanceRecord.setRecordedAt(time, in: place(slot)) }
  }

  /// Forgets a server. Harmless for -1.
  package func remove(_ slot: Int32) {
    guard slot >= 0 else { return }
    place(slot).storeBytes(of: 0, as: Int32.self)
    free.append(slot)
  }
}

// The connection that is being given to a server now, for the rescuer.
extension InstanceLedger {
  private var flight: FlightRecord { FlightRecord(at: memory.bytes.baseAddress! + InstanceLedger.flightOffset) }

  /// A server is about to be started with `connection`, recorded at `slot`.
  func takesOff(_ connection: BorrowedDescriptor, _ slot: Int32) {
    let word = pidWord(slot)
    if slot < 0 { word.pointee = 0 }
    flight.set(
      connection, pidOffset: UInt32(UnsafeRawPointer(word) - UnsafeRawPointer(memory.bytes.baseAddress!)))
  }

  /// We serve `connection` ourselves: its peer is about to hear something, which nobody must say again.
  func staysHere(_ connection: BorrowedDescriptor) {
    takesOff(connection, -1)
    // Nobody's pid, and not nobody.
    pidWord(-1).pointee = -1
  }

  /// The descriptor's number may mean another connection from now on.
  func noFlight() { flight.clear() }

  /// Starts the rescuer, which finds here what is in flight. Returns its pid.
  func startRescuer(
    watching poll: BorrowedDescriptor, sendingTo outbox: BorrowedDescriptor, until daemon: BorrowedDescriptor,
    or end: BorrowedDescriptor
  ) throws(SystemError) -> Int32 {
    try RescuerProcess.start(
      sharing: UnsafeRawPointer(memory.bytes.baseAddress!), flight, poll: poll, outbox: outbox, daemon: daemon, end: end
    )
  }
}
