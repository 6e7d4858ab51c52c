import CLinux
import CSpawn
import LinuxSystem
import Testing

@testable import ProcessSpawning

/// Starts that fail, and what they leave behind: nothing.
@Suite struct SpawnFailureTests {
  struct Case: CustomTestStringConvertible {
    let phrase: String
    let errno: Int32
    let change: @Sendable (inout SpawnParameters) -> Void
    var testDescription: String { phrase }
  }

  static let cases = [
    Case(phrase: "set the resource limits", errno: EINVAL) {
      $0.limits = [SpawnLimit(.cpu, ResourceLimit(soft: 2, hard: 1))]
    },
    Case(phrase: "set the I/O priority", errno: EINVAL) { $0.ioPriority = 7 << 13 },
    Case(phrase: "bind to processors", errno: EINVAL) { $0.cpuAffinity = [] },
    Case(phrase: "set the OOM score", errno: EINVAL) { $0.oomScoreAdjust = 5000 },
    Case(phrase: "change the root directory", errno: ENOENT) { $0.rootDirectory = "/nonexistent" },
    Case(phrase: "set the group list", errno: EINVAL) {
      $0.identity = SpawnIdentity(uid: 1, gid: 1, groups: Array(repeating: 1, count: 65_537))
    },
    // -1 means "no change" to the kernel: the calls succeed and change nothing, which must be noticed.
    Case(phrase: "change to group", errno: EPERM) { $0.identity = SpawnIdentity(uid: 1, gid: .max, groups: []) },
    Case(phrase: "change to user", errno: EPERM) { $0.identity = SpawnIdentity(uid: .max, gid: 1, groups: []) },
    Case(phrase: "change to directory", errno: EACCES) {
      $0.identity = SpawnIdentity(uid: 65534, gid: 65534, groups: [])
      $0.workingDirectory = "/root"
    },
    Case(phrase: "change to directory", errno: ENOENT) { $0.workingDirectory = "/nonexistent" },
    Case(phrase: "execute", errno: EACCES) { $0.program = "/etc/passwd" },
    Case(phrase: "execute", errno: ENOENT) { $0.program = "/nonexistent" },
    Case(phrase: "execute", errno: ENOTDIR) { $0.program = "/etc/passwd/x" },
  ]

  @Test(.enabled(if: CurrentProcess.isRoot, "most steps need root"), arguments: cases)
  func theFailedStepIsReportedWithItsReason(_ failure: Case) throws {
    for memory in SpawnerTests.memories {
      var parameters = probeParameters("report")
      failure.change(&parameters)
      let spawner = try Spawner(memory: memory)
      let launch = try Launch(spawner, parameters)
      guard case .failed(let stage, let errno) = launch.outcome else {
        Issue.record("\(launch.outcome)")
        continue
      }
      #expect(stage.phrase == failure.phrase)
      #expect(errno == failure.errno)
      #expect(launch.output == "", "nothing reaches the client")
      #expect(spawner.inFlightCount == 0)
    }
  }

  @Test func aDescriptorThatIsNotOpenIsReported() throws {
    let spawner = try Spawner()
    let pid = try spawner.spawn(
      SpawnPlan(probeParameters("report")), socket: BorrowedDescriptor(raw: 999_999), context: .none)
    let outcome = spawner.reaped(pid, try ChildProcess.wait(for: pid))
    #expect(outcome == .failed(SpawnStage(rawValue: Int32(CSPAWN_STAGE_DESCRIPTORS.rawValue))!, errno: EBADF))
  }

  @Test func everyStepHasItsWords() {
    let stages = SpawnStage.all
    #expect(stages.count == Int(CSPAWN_STAGE_COUNT.rawValue) - 1)
    #expect(Set(stages.map(\.phrase)).count == stages.count)
    #expect(Set(stages.map(\.identifier)).count == stages.count)
    #expect(stages.allSatisfy { !$0.phrase.isEmpty && $0.identifier.allSatisfy { $0.isLowercase || $0 == "_" } })
    #expect(SpawnStage(rawValue: 0) == nil)
    #expect(SpawnStage(rawValue: Int32(CSPAWN_STAGE_COUNT.rawValue)) == nil)
  }

  @Test func startsInFlightAreBoundedAndFailuresKeptUntilReaped() throws {
    let spawner = try Spawner()
    var parameters = probeParameters("report")
    parameters.program = "/nonexistent"
    let plan = SpawnPlan(parameters)
    let connection = try Connection()
    var pids: [Int32] = []
    do {
      for _ in 0..<10_000 {
        pids.append(try spawner.spawn(plan, socket: connection.server.borrowed, context: .none))
      }
      Issue.record("no bound")
    } catch {
      #expect(error.errno == EAGAIN)
      #expect(error.description == "start server of probe: Resource temporarily unavailable")
    }
    #expect(pids.count == 256)
    for pid in pids {
      #expect(spawner.reaped(pid, try ChildProcess.wait(for: pid)) == .failed(.execute, errno: ENOENT))
    }
    #expect(spawner.inFlightCount == 0)
    let again = try spawner.spawn(plan, socket: connection.server.borrowed, context: .none)
    #expect(spawner.reaped(again, try ChildProcess.wait(for: again)) == .failed(.execute, errno: ENOENT))
  }

  @Test func aStrangersExitIsNotOurs() throws {
    #expect(try Spawner().reaped(1, .exited(3)) == .ended(.exited(3)))
  }
}
