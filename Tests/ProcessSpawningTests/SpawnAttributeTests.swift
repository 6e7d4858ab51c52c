import CLinux
import LinuxSystem
import ProcessSpawning
import Testing

/// Identity, limits and other attributes of a server's process.
@Suite struct SpawnAttributeTests {
  static let isRoot = CurrentProcess.isRoot

  static func report(_ change: (inout SpawnParameters) -> Void) throws -> [String: String] {
    var parameters = probeParameters("report")
    change(&parameters)
    let launch = try Launch(try Spawner(), parameters)
    #expect(launch.outcome == .ended(.exited(0)))
    return launch.report
  }

  @Test(.enabled(if: isRoot, "changing user needs root"))
  func theServerIsTheUserInEveryRespect() throws {
    let report = try Self.report { $0.identity = SpawnIdentity(uid: 65534, gid: 65533, groups: [65533, 7, 1000]) }
    #expect(report["uid"] == "65534 65534 65534")
    #expect(report["gid"] == "65533 65533 65533")
    #expect(report["groups"].map { Set($0.split(separator: " ")) } == ["65533", "7", "1000"])
  }

  @Test(.enabled(if: isRoot, "changing groups needs root"))
  func noGroupMeansNone() throws {
    #expect(try Self.report { $0.identity = SpawnIdentity(uid: 0, gid: 0, groups: []) }["groups"] == "")
  }

  @Test func withoutIdentityTheServerIsTheDaemonsUser() throws {
    #expect(try Self.report { _ in }["uid"] == "\(getuid()) \(getuid()) \(getuid())")
  }

  @Test func umaskAndDirectoryAreThePlans() throws {
    var report = try Self.report { _ in }
    #expect(report["umask"] == "022")
    #expect(report["cwd"] == "/")
    report = try Self.report {
      $0.umask = 0o077
      $0.workingDirectory = "/usr"
    }
    #expect(report["umask"] == "077")
    #expect(report["cwd"] == "/usr")
  }

  @Test func niceAddsToTheDaemonsAndIsBounded() throws {
    let own = getpriority(PRIO_PROCESS, 0)
    #expect(try Self.report { $0.nice = 3 }["nice"] == "\(min(own + 3, 19))")
    #expect(try Self.report { $0.nice = 100 }["nice"] == "19")
  }

  @Test(.enabled(if: isRoot, "a negative nice value needs root"))
  func aNegativeNiceValueHoldsForOtherUsersToo() throws {
    let report = try Self.report {
      $0.nice = -5
      $0.identity = SpawnIdentity(uid: 65534, gid: 65534, groups: [])
    }
    #expect(report["nice"] == "\(getpriority(PRIO_PROCESS, 0) - 5)")
  }

  @Test func limitsAreThePlans() throws {
    let report = try Self.report {
      $0.limits = [
        SpawnLimit(.cpu, ResourceLimit(soft: 10, hard: 20)), SpawnLimit(.core, ResourceLimit(soft: 0, hard: 0)),
        SpawnLimit(.openFiles, ResourceLimit(soft: 64, hard: 128)),
        SpawnLimit(.stack, ResourceLimit(soft: 4 << 20, hard: nil)),
      ]
    }
    #expect(report["rlimit.cpu"] == "10 20")
    #expect(report["rlimit.files"] == "64 128")
    #expect(report["rlimit.stack"] == "\(4 << 20) -1")
  }

  @Test func openFilesAreLimitedForOldProgramsUnlessThePlanSays() throws {
    let own = try CurrentProcess.limit(.openFiles)
    let hard = own.hard.map { "\($0)" } ?? "-1"
    #expect(try Self.report { _ in }["rlimit.files"] == "\(min(1024, own.hard ?? 1024)) \(hard)")
  }

  @Test func theOOMScoreIsTheServersAlone() throws {
    let before = try FileSystem.contents(of: "/proc/self/oom_score_adj").bytes
    #expect(try Self.report { $0.oomScoreAdjust = 321 }["oom_score_adjust"] == "321")
    #expect(try FileSystem.contents(of: "/proc/self/oom_score_adj").bytes == before)
  }

  @Test func ioPriorityAndPrivilegesAreThePlans() throws {
    let report = try Self.report {
      $0.ioPriority = 3 << 13 | 0
      $0.noNewPrivileges = true
      $0.cpuAffinity = [0]
    }
    #expect(report["io_priority"] == "\(3 << 13)")
    #expect(report["no_new_privs"] == "1")
    #expect(try Self.report { _ in }["no_new_privs"] == "0")
  }

  @Test(.enabled(if: isRoot, "chroot needs root"))
  func theRootDirectoryIsThePlans() throws {
    // Nothing is there to execute: only the probe's absence tells that the root has changed.
    var parameters = probeParameters("report")
    parameters.rootDirectory = "/proc/self/fdinfo"
    let launch = try Launch(try Spawner(), parameters)
    #expect(launch.outcome == .failed(.execute, errno: ENOENT))
  }
}
