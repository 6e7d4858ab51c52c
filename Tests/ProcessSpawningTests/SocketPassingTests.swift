import CLinux
import LinuxSystem
import ProcessSpawning
import Testing

/// `pass = listen_fds`: the sockets from 3 on, in order, whatever their numbers here.
@Suite struct SocketPassingTests {
  @Test(arguments: SpawnerTests.memories) func socketsComeInOrderWithTheirNames(_ memory: Spawner.Memory) throws {
    // Many, so that some lie at numbers where others belong; reversed, so that none is right by accident.
    var held = SocketHolder()
    for _ in 0..<60 { try held.add() }
    let sockets = Array(held.descriptors.reversed())
    let report = try FileDescriptor.open("/tmp", flags: O_TMPFILE | O_RDWR, mode: 0o600)

    var parameters = probeParameters("report")
    parameters.passing = .listenDescriptors(names: (0..<60).map { "s\($0)" })
    parameters.standardError = .descriptor
    // The probe writes to descriptor 1, which is the null device here: a shell sends it to 2.
    parameters.program = "/bin/sh"
    parameters.arguments = ["sh", "-c", "export LISTEN_PID LISTEN_FDS; exec \(probe) report >&2"]
    let spawner = try Spawner(memory: memory)
    let pid = try spawner.spawn(SpawnPlan(parameters), sockets: sockets, standardError: report.borrowed)
    #expect(spawner.reaped(pid, try ChildProcess.wait(for: pid)) == .ended(.exited(0)))

    let output = String(decoding: try FileSystem.contents(of: "/proc/self/fd/\(report.raw)").bytes, as: UTF8.self)
    let launch = Launch(pid: pid, output: output)
    #expect(launch.environment["LISTEN_PID"] == "\(pid)")
    #expect(launch.environment["LISTEN_FDS"] == "60")
    #expect(launch.environment["LISTEN_FDNAMES"]?.hasPrefix("s0:s1:s2:") == true)
    #expect(launch.descriptors == Array(0...62))
    #expect(launch.report["fd.0"] == "/dev/null")
    for (index, socket) in sockets.enumerated() {
      #expect(launch.report["fd.\(3 + index)"] == "socket:[\(try socket.status().inode)]")
    }
  }

  @Test func stdioServersHaveNoListenVariables() throws {
    let environment = try Launch(try Spawner(), probeParameters("report")).environment
    #expect(environment.keys.allSatisfy { !$0.hasPrefix("LISTEN") })
  }
}

/// Owns listening sockets for a test: an array cannot hold what is not copyable.
struct SocketHolder {
  private final class Box {
    let descriptor: FileDescriptor
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
  }

  private var boxes: [Box] = []

  mutating func add() throws { boxes.append(Box(try FileDescriptor.socket(.ipv4, .stream))) }
  var descriptors: [BorrowedDescriptor] { boxes.map { $0.descriptor.borrowed } }
}
