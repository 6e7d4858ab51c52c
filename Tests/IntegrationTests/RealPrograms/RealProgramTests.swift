import Foundation
import Testing

/// Real servers, real clients: all from one inetd.conf, again from one xinetd.d, again from flat files.
@Suite(.enabled(if: RealPrograms.canRun, "needs root and Debian's servers, see Tests/prepare"))
struct RealProgramTests {
  @Test(arguments: Variant.all)
  func everyClientIsServed(_ variant: Variant) throws {
    let world = try RealPrograms(variant)
    try finger(world)
    try web(world)
    try git(world)
    try rsync(world)
    try tftp(world)
    try talk(world)
    try secureShell(world)
    try telnet(world)
    // All but the wait servers, which linger, are gone, and the daemon has noticed.
    try Deadline.poll("only wait servers left, now \(world.daemon.servers)") { world.daemon.servers.count <= 2 }
    #expect(try world.daemon.stop() == .exited(0))
  }

  func finger(_ world: RealPrograms) throws {
    let text = try RealPrograms.run("finger", "root@\(world.address)")
    #expect(text.contains("Login: root"), "\(text)")
  }

  func web(_ world: RealPrograms) throws {
    let copy = world.scratch("copy.http")
    try RealPrograms.run("curl", "--silent", "--fail", "--output", copy, "http://\(world.address)/file.bin")
    #expect(try contents(copy) == contents(world.scratch("www/file.bin")))
  }

  func git(_ world: RealPrograms) throws {
    let copy = world.scratch("copy.git")
    try RealPrograms.run("git", "clone", "--quiet", "git://\(world.address)/project.git", copy)
    #expect(try contents("\(copy)/hello.txt") == Data("hello from git\n".utf8))
  }

  func rsync(_ world: RealPrograms) throws {
    let copy = world.scratch("copy.rsync")
    try RealPrograms.run("rsync", "--archive", "rsync://\(world.address)/module/", "\(copy)/")
    #expect(try contents("\(copy)/file.bin") == contents(world.scratch("module/file.bin")))
  }

  /// Twice: the first datagram starts the server, which stays for the next transfer.
  func tftp(_ world: RealPrograms) throws {
    for turn in 1...2 {
      let copy = world.scratch("copy.tftp.\(turn)")
      try RealPrograms.run("tftp", "-m", "binary", world.address, "-c", "get", "file.bin", copy)
      #expect(try contents(copy) == contents(world.scratch("tftp/file.bin")))
    }
  }

  /// Asks ntalkd whether anybody has invited us: <protocols/talkd.h>, a CTL_MSG of type LOOK_UP, answered NOT_HERE.
  func talk(_ world: RealPrograms) throws {
    let client = try Client(.datagram, world.address, 518)
    let port = client.localPort
    let own: [UInt8] = [0, 2, UInt8(port >> 8), UInt8(port & 255), 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
    func text(_ text: String, _ length: Int) -> [UInt8] {
      Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
    }
    let head: [UInt8] = [1, 1, 0, 0, 0, 0, 0, 77]
    let process: [UInt8] = [0, 0, 0, 1]
    try client.send(head + own + own + process + text("root", 12) + text("nobody", 12) + text("", 16))
    let answer = try client.receive()
    #expect(answer.count == 24)
    #expect(answer.prefix(3) == [1, 1, 1], "version, type LOOK_UP, answer NOT_HERE: \(answer)")
  }

  func secureShell(_ world: RealPrograms) throws {
    let text = try RealPrograms.run(
      "ssh", "-F", "none", "-i", world.scratch("client_key"), "-o", "StrictHostKeyChecking=no", "-o",
      "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "root@\(world.address)", "echo from $SSH_CONNECTION; id -u"
    )
    #expect(text.hasPrefix("from 127.0.0.1 "), "\(text)")
    #expect(text.hasSuffix(" \(world.address) 22\n0\n"), "\(text)")
  }

  /// The client shows the prompt of login(1), which runs on a terminal that telnetd has made.
  func telnet(_ world: RealPrograms) throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    defer { close(ends[0]) }
    var isOpen = true
    defer { if isOpen { close(ends[1]) } }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let client = try ChildProcess(
      ["telnet", world.address], environment: RealPrograms.clientEnvironment, input: ends[0])
    defer { client.end() }
    try client.output.wait(containing: "login: ")
    #expect(write(ends[1], "nosuchuser\n", 11) == 11)
    try client.output.wait(containing: "Password: ")
    close(ends[1])
    isOpen = false
    _ = try client.wait(seconds: 30)
  }

  func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }
}
