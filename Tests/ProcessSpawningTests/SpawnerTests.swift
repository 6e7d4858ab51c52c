import CLinux
import LinuxSystem
import ProcessSpawning
import Testing

/// What a server finds when it starts, with real children, started both ways.
@Suite struct SpawnerTests {
  static let memories: [Spawner.Memory] = [.shared, .copied]

  @Test(arguments: memories)
  func theServerHasItsSocketAsStandardStreamsAndNothingElse(_ memory: Spawner.Memory) throws {
    // A descriptor that somebody forgot to mark must not get through.
    let forgotten = try FileDescriptor.open("/dev/zero")
    try forgotten.borrowed.setCloseOnExec(false)
    let launch = try Launch(try Spawner(memory: memory), probeParameters("report"))
    #expect(launch.outcome == .ended(.exited(0)))
    #expect(launch.descriptors == [0, 1, 2])
    #expect(["0", "1", "2"].allSatisfy { launch.report["stdio.\($0)"] == "socket" })
    #expect(launch.report["pid"] == "\(launch.pid)")
    #expect(launch.report["ppid"] == "\(CurrentProcess.pid)")
    #expect(launch.report["end"] == "1")
    #expect(BorrowedDescriptor(raw: forgotten.raw).isOpen, "only the child's copy is marked")
  }

  @Test func aClosedConnectionReachesTheServerAsEndOfFile() throws {
    let launch = try Launch(try Spawner(), probeParameters("hold", "7"), input: "some bytes")
    #expect(launch.output == "\(launch.pid)\nsome bytes")
    #expect(launch.outcome == .ended(.exited(7)))
  }

  @Test func theServerLeadsASessionWithACleanSignalState() async {
    await #expect(processExitsWith: .success) {
      // What the test process ignores must not be ignored by the server.
      CurrentProcess.ignoreSignal(SIGPIPE)
      CurrentProcess.ignoreSignal(SIGUSR2)
      defer { CurrentProcess.restoreDefaultSignal(SIGUSR2) }
      let before = SignalSet.blocked
      SignalSet.all.block()
      let spawner = try Spawner(memory: .shared)
      let launch = try Launch(spawner, probeParameters("report"))
      before.block()
      #expect(launch.report["signals.ignored"] == "0000000000000000")
      #expect(launch.report["signals.blocked"] == "0000000000000000")
      #expect(launch.report["sid"] == "\(launch.pid)")
      #expect(launch.report["pgid"] == "\(launch.pid)")
    }
  }

  @Test func theDaemonsSignalMaskIsAsItWas() throws {
    let before = SignalSet.blocked
    _ = try Launch(try Spawner(memory: .shared), probeParameters("fail"))
    #expect((Int32(1)...31).allSatisfy { before.contains($0) == SignalSet.blocked.contains($0) })
  }

  @Test func withoutASessionTheServerStaysInOurs() throws {
    var parameters = probeParameters("report")
    parameters.newSession = false
    #expect(try Launch(try Spawner(), parameters).report["sid"] == "\(getsid(0))")
  }

  @Test func theSocketIsBlockingForTheServer() throws {
    let connection = try Connection()
    let spawner = try Spawner()
    let plan = SpawnPlan(probeParameters("fail"))
    for (makesBlocking, expected) in [(false, true), (true, false)] {
      let pid = try spawner.spawn(
        plan, socket: connection.server.borrowed, makesBlocking: makesBlocking, context: .none)
      #expect(spawner.reaped(pid, try ChildProcess.wait(for: pid)) == .ended(.exited(0)))
      let flags = clinux_fcntl(connection.server.raw, F_GETFL, 0)
      #expect((flags & O_NONBLOCK != 0) == expected)
    }
  }

  @Test func standardErrorGoesWhereThePlanSays() throws {
    let spawner = try Spawner()
    var parameters = probeParameters("complain")
    #expect(try Launch(spawner, parameters).output == "first complaint\nsecond complaint\ndone\n")
    parameters.standardError = .null
    #expect(try Launch(spawner, parameters).output == "done\n")

    parameters.standardError = .descriptor
    let log = try FileDescriptor.pipe()
    #expect(try Launch(spawner, parameters, standardError: log.writer.borrowed).output == "done\n")
    let reader = log.takeReader()
    var line = [UInt8](repeating: 0, count: 16)
    #expect(line.withUnsafeMutableBytes { reader.borrowed.read(into: $0) } == .transferred(16))
    #expect(String(decoding: line, as: UTF8.self) == "first complaint\n")
  }

  @Test func aServerKilledByASignalIsReportedSo() throws {
    let spawner = try Spawner()
    let connection = try Connection()
    let pid = try spawner.spawn(
      SpawnPlan(probeParameters("hold")), socket: connection.server.borrowed, context: .none)
    var greeting: UInt8 = 0
    try connection.client.borrowed.waitReadable()
    _ = withUnsafeMutableBytes(of: &greeting) { connection.client.borrowed.read(into: $0) }
    try ChildProcess.signalGroup(pid, SIGTERM)
    let outcome = spawner.reaped(pid, try ChildProcess.wait(for: pid))
    #expect(outcome == .ended(.killed(signal: SIGTERM, dumpedCore: false)))
  }
}

extension BorrowedDescriptor {
  var isOpen: Bool { clinux_fcntl(raw, F_GETFD, 0) != -1 }
}
