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

  @Test func memoryIsSharedUnlessSomebodyWatches() async {
    await #expect(processExitsWith: .success) {
      unsetenv("LD_PRELOAD")
      let setting = try FileSystem.contents(of: "/proc/sys/fs/suid_dumpable").bytes.first
      #expect(try Spawner().memory == (setting == UInt8(ascii: "1") ? .copied : .shared))
      setenv("LD_PRELOAD", "/usr/libexec/valgrind/vgpreload_core-amd64-linux.so", 1)
      #expect(try Spawner().memory == .copied)
    }
  }

  @Test(.enabled(if: CurrentProcess.isRoot, "changing user needs root"))
  func aChangeOfUserMakesTheSharedMemoryUndumpable() async {
    // The defence against a process of the server's user that traces the child between setuid and execve.
    await #expect(processExitsWith: .success) {
      #expect(clinux_dumpable() == 1)
      var parameters = probeParameters("fail")
      parameters.identity = SpawnIdentity(uid: 65534, gid: 65534, groups: [])
      let launch = try Launch(try Spawner(memory: .shared), parameters)
      #expect(launch.outcome == .ended(.exited(0)))
      #expect(clinux_dumpable() != 1)
    }
  }
}
