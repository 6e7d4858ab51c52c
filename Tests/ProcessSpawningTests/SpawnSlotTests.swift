import CLinux
import LinuxSystem
import Testing

@testable import ProcessSpawning

/// The pool of stacks under load, and what protects a stack.
@Suite struct SpawnSlotTests {
  @Test func tenThousandServersLeaveNoSlotBehind() throws {
    let spawner = try Spawner(memory: .shared)
    var parameters = probeParameters("fail", "3")
    parameters.variables = .all
    let plan = SpawnPlan(parameters)
    let connection = try Connection()
    var running: [Int32] = []
    for index in 0..<10_000 {
      running.append(
        try spawner.spawn(plan, socket: connection.server.borrowed, context: SpawnEnvironmentTests.ipv4))
      // Eight at a time, as from eight clients.
      if running.count == 8 || index == 9_999 {
        for pid in running { #expect(spawner.reaped(pid, try ChildProcess.wait(for: pid)) == .ended(.exited(3))) }
        running = []
      }
    }
    #expect(spawner.inFlightCount == 0)
  }

  @Test func thePlanLivesAsLongAsAChildNeedsIt() throws {
    let spawner = try Spawner(memory: .shared)
    let connection = try Connection()
    var pids: [Int32] = []
    for index in 0..<50 {
      // The plan is gone at the end of each turn, long before its child has executed.
      pids.append(
        try spawner.spawn(
          SpawnPlan(probeParameters("fail", "\(index)")), socket: connection.server.borrowed, context: .none))
    }
    for (index, pid) in pids.enumerated() {
      #expect(spawner.reaped(pid, try ChildProcess.wait(for: pid)) == .ended(.exited(Int32(index))))
    }
  }

  @Test func aStackEndsInAPageWithoutAccess() throws {
    let slot = try SpawnSlot(shared: false)
    let maps = String(decoding: try FileSystem.contents(of: "/proc/self/maps").bytes, as: UTF8.self)
    let start = String(UInt(bitPattern: slot.lowestAddress), radix: 16)
    let line = try #require(maps.split(separator: "\n").first { $0.hasPrefix(start + "-") })
    let words = line.split(separator: " ")
    #expect(words[1] == "---p")
    let end = try #require(UInt(words[0].split(separator: "-")[1], radix: 16))
    #expect(end - UInt(bitPattern: slot.lowestAddress) >= UInt(sysconf(Int32(_SC_PAGESIZE))))
  }

  @Test func aPlanThatChangesTheOOMScoreIsWaitedFor() {
    var parameters = probeParameters("report")
    #expect(!SpawnPlan(parameters).waits)
    parameters.oomScoreAdjust = 100
    #expect(SpawnPlan(parameters).waits)
  }
}
