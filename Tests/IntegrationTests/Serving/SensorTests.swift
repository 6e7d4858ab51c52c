import Foundation
import Testing

/// Sensors: who touches a port where nobody has business is locked out of all services for a time.
@Suite struct SensorTests {
  private func start(
    _ build: DaemonBuild, denyTime: String?, flags: String = "SENSOR", lines: String = ""
  ) throws -> (ProbeServices, Service, UInt16) {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    let time = denyTime.map { "deny_time = \($0)\n" } ?? ""
    try setup.scratch.write(
      "\(Daemon.directoryName)/trap",
      """
      service trap
      {
        type = INTERNAL UNLISTED
        flags = \(flags)
        port = \(port)
        socket_type = stream
        wait = no
        user = nobody
        log_on_failure = HOST
        \(time)\(lines)
      }

      """)
    let service = try setup.service("guarded", "hold")
    try setup.start([service])
    return (setup, service, port)
  }

  @Test(arguments: DaemonBuild.present, ["FOREVER", "30"])
  func locksTheSourceOutOfAllServices(_ build: DaemonBuild, _ time: String) throws {
    let (setup, service, port) = try start(build, denyTime: time)
    _ = try setup.connectGreeted(service, from: "127.0.0.2")
    #expect(try Client(.stream, "127.0.0.1", port, from: SocketName("127.0.0.2", 0)).isClosedSilently())
    // The line that xinetd writes, and that fail2ban reads.
    try setup.daemon.log.wait(containing: "FAIL: trap address from=127.0.0.2")
    let span = time == "FOREVER" ? "for ever" : "for 30 minutes"
    try setup.daemon.log.wait(containing: "trap: 127.0.0.2 is locked out of all services \(span)")
    #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: guarded address from=127.0.0.2")
    _ = try setup.connectGreeted(service, from: "127.0.0.3")
    // A reload forgives nothing.
    try setup.daemon.reload()
    #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
  }

  @Test(arguments: DaemonBuild.present, ["NEVER", nil])
  func onlyLogsWhereNoTimeIsGiven(_ build: DaemonBuild, _ time: String?) throws {
    let (setup, service, port) = try start(build, denyTime: time)
    #expect(try Client(.stream, "127.0.0.1", port, from: SocketName("127.0.0.2", 0)).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: trap address from=127.0.0.2")
    _ = try setup.connectGreeted(service, from: "127.0.0.2")
  }

  /// One host is one source, whether it comes to an IPv4 socket or, mapped, to a dual-stack one.
  @Test(.enabled(if: Ports.loopbacks.contains("::1"), "needs IPv6"), arguments: DaemonBuild.present)
  func knowsMappedAddresses(_ build: DaemonBuild) throws {
    let (setup, service, port) = try start(build, denyTime: "5", flags: "SENSOR IPv6", lines: "v6only = no\n")
    #expect(try Client(.stream, "::ffff:127.0.0.1", port).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: trap address from=127.0.0.1")
    #expect(try setup.connect(service).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: guarded address from=127.0.0.1")
  }
}
