import CLinux
import Foundation
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import Testing

/// Real children, started both ways. Serialized: some tests look at the test process itself.
@Suite(.serialized) struct SpawnerTests {
  static let memories: [Spawner.Memory] = [.shared, .copied]

  @Test(arguments: memories) func theServerHasItsSocketAsStandardStreamsAndNothingElse(_ memory: Spawner.Memory) throws
  {
    // A descriptor that somebody forgot to mark must not get through.
    let forgotten = try FileDescriptor.open("/dev/zero")
    try forgotten.borrowed.setCloseOnExec(false)
    let launch = try Launch(try Spawner(memory: memory), probeParameters("report"))
    #expect(launch.outcome == .ended(.exited(0)))
    #expect(launch.descriptors == [0, 1, 2])
    #expect(["0", "1", "2"].allSatisfy { launch.report["stdio.\($0)"] == "socket" })
    #expect(launch.report["pid"] == "\(launch.pid)")
    #expect(launch.report["end"] == "1")
  }

  @Test func aClosedConnectionReachesTheServerAsEndOfFile() throws {
    let launch = try Launch(try Spawner(), probeParameters("hold", "7"), input: "some bytes")
    #expect(launch.output == "\(launch.pid)\nsome bytes")
    #expect(launch.outcome == .ended(.exited(7)))
  }

  @Test(arguments: memories) func aFailedStepIsReportedWithItsReason(_ memory: Spawner.Memory) throws {
    var parameters = probeParameters("report")
    parameters.program = "/nonexistent/server"
    let launch = try Launch(try Spawner(memory: memory), parameters)
    guard case .failed(let stage, let number) = launch.outcome else {
      Issue.record("\(launch.outcome)")
      return
    }
    #expect(stage == .execute)
    #expect(stage.phrase == "execute")
    #expect(number == ENOENT)
  }
}
