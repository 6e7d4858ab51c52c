import LinuxSystem
import NetworkAddresses
import Testing

@testable import SuperServer

/// What one run of the daemon leaves for the next.
@Suite struct HandoverTests {
  private func record(pid: Int32, peer: SocketEndpoint? = nil) -> InstanceRecord {
    var record = InstanceRecord()
    record.pid = pid
    record.hasPeerOfItsOwn = true
    record.recordedAt = 5_000_000_000
    record.startedAt = 4_000_000_000
    record.service = InstanceRecord.hash("finger")
    record.socket = 4711
    record.peer = peer
    return record
  }

  @Test func aRecordComesBackAsItWas() throws {
    let peers: [SocketEndpoint?] = [
      nil, .ip(.loopback4, port: 1234), .ip(IPAddress(ipv6: UInt128(0xfe80) << 112 | 7), port: 65535, scope: 3),
    ]
    for peer in peers {
      let written = record(pid: 99, peer: peer)
      let memory = UnsafeMutableRawPointer.allocate(byteCount: InstanceRecord.size, alignment: 8)
      defer { memory.deallocate() }
      written.write(to: memory)
      #expect(InstanceRecord(from: memory) == written)
    }
  }

  @Test func aPidMeansTheProcessOnlyWithItsStartTime() {
    let record = record(pid: 99)
    #expect(record.means(processStartedAt: 4_990_000_000))
    #expect(!record.means(processStartedAt: 5_020_000_000), "began after the record: the pid was used again")
    #expect(!record.means(processStartedAt: -1_000_000_000))
  }

  @Test func theLedgerKeepsWhoSurvivesAndReusesTheRest() throws {
    let ledger = try InstanceLedger.create()
    let slots = (10..<20).map { ledger.add(record(pid: $0)) }
    ledger.remove(slots[3])
    let file = try ledger.descriptor.duplicate()
    let (next, survivors) = try InstanceLedger.open(file) { $0.pid % 2 == 0 }
    #expect(survivors.map { $0.record.pid } == [10, 12, 14, 16, 18])
    #expect(survivors.map { $0.slot } == [slots[0], slots[2], slots[4], slots[6], slots[8]])
    #expect(!survivors.map { $0.slot }.contains(next.add(record(pid: 77))), "a living server's place is its own")
  }

  @Test func theLedgerHasABound() throws {
    let ledger = try InstanceLedger.create()
    for _ in 0..<InstanceLedger.capacity { #expect(ledger.add(record(pid: 10)) >= 0) }
    #expect(ledger.add(record(pid: 10)) == -1)
    ledger.remove(-1)
    ledger.remove(5)
    #expect(ledger.add(record(pid: 10)) == 5)
  }

  @Test func aFileThatIsNoLedgerIsRefused() throws {
    #expect(throws: SystemError.self) {
      _ = try InstanceLedger.open(FileDescriptor.memory(name: "other")) { _ in true }
    }
  }

  @Test func theStateComesBackAsItWas() throws {
    var state = HandoverState()
    state.ledger = 17
    state.ledgerIsStored = true
    state.control = 18
    state.storedServers = [4711, 12]
    state.sockets = [
      .init(raw: 5, isUnits: true, name: "finger"), .init(raw: 6, isUnits: false, name: ""),
      .init(raw: 7, isUnits: false, name: "inetd/a b/12"),
    ]
    var counters = ServiceCounters()
    counters.accepted = 12
    counters.sentBytes = 1 << 40
    counters.memoryKills = 3
    state.counts = [.init(service: "a name with spaces", counters: counters)]
    state.paused = ["finger", "a name with spaces"]
    state.denied = [.init(source: "192.0.2.0/24", until: 0), .init(source: "2001:db8::1", until: 1 << 60)]
    let read = try #require(HandoverState(Array(state.text.utf8)))
    #expect(read == state)
  }

  @Test func whatIsNoStateIsNone() {
    #expect(HandoverState([]) == nil)
    #expect(HandoverState(Array("inetd-handover 2\n".utf8)) == nil)
    #expect(HandoverState([0, 255, 10, 10]) == nil)
  }

  @Test func linesThatMakeNoSenseArePassedOver() throws {
    let text =
      "inetd-handover 1\nfuture 1 2\nsocket x 0 a\nsocket 1 0 a\nsocket\nledger 2 1\ncounts 1 2 id\ndenied x y\nsocket 9 0 b\n"
    let state = try #require(HandoverState(Array(text.utf8)))
    #expect(state.sockets == [.init(raw: 9, isUnits: false, name: "b")])
    #expect(state.ledger == nil)
    #expect(state.counts.isEmpty && state.denied.isEmpty)
  }

  @Test(arguments: [
    ("1 (a) S 7 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 250 0 0", 7 as Int32?),
    ("1 (a) b) (c)) S 8 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 250 0 0", 8), ("1 (a S 7", nil), ("", nil),
    ("1 (a) S", nil),
  ])
  func theKernelsLineIsRead(_ line: String, _ parent: Int32?) {
    let status = ProcessStatus(stat: Array(line.utf8), ticksPerSecond: 100)
    #expect(status?.parent == parent)
    if parent != nil { #expect(status?.started == 2_500_000_000) }
  }
}
