import Foundation
import Testing

/// Listeners that cannot be bound: the rest works, and the daemon tries again.
@Suite struct BindTests {
  @Test(arguments: DaemonBuild.present)
  func aPortInUseIsTakenWhenItIsFree(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("late", "hold")
    service.protocolName = "tcp4"
    let blocker = try ChildProcess(
      [
        "perl", "-MSocket", "-e",
        """
        socket(S, PF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(\(service.port), INADDR_ANY)) or die; listen(S, 1);
        $| = 1; print "bound\\n"; sleep
        """,
      ])
    defer { blocker.end() }
    try blocker.output.wait(containing: "bound")
    try setup.start([service])
    let line = try setup.daemon.log.wait(containing: "Address already in use")
    #expect(line.contains("/late.conf:"), "it says where the port was written: \(line)")
    #expect(line.hasSuffix("; trying again in 1 s"), "\(line)")
    try setup.synchronise()
    blocker.end()
    try Deadline.poll("the service bound") {
      guard let client = try? setup.connect(service) else { return false }
      return try client.receivePid() > 0
    }
  }

  static let privileged: UInt16? = {
    let first = ProcessFacts.read("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    guard getuid() == 0, let start = first.flatMap({ Int($0.trimmingCharacters(in: .newlines)) }), start > 80 else {
      return nil
    }
    return (1..<UInt16(min(start, 1024))).reversed().first { Ports.isFree($0, .stream, hosts: ["127.0.0.1"]) }
  }()

  @Test(.enabled(if: privileged != nil, "no port here needs a privilege"), arguments: DaemonBuild.present)
  func noPermissionForAPortCostsThatService(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let file = try setup.scratch.write(
      "\(Daemon.directoryName)/low.conf",
      "protocol = tcp4\nport = \(Self.privileged!)\nserver = \(setup.probe)\n")
    try setup.start([], user: 65534)
    let line = try setup.daemon.log.wait(containing: "Permission denied")
    #expect(line.contains("\(file):2:8: low: cannot listen on 0.0.0.0:\(Self.privileged!): "), "\(line)")
    #expect(line.hasSuffix("; trying again in 1 s"), "\(line)")
    try setup.synchronise()
  }
}
