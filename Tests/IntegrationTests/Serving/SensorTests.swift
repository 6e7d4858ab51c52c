import Foundation
import Testing

/// Sensors: who touches a port where nobody has business is locked out of all services for a time.
@Suite struct SensorTests {
  private func start(
    _ build: DaemonBuild, denyTime: String?, flags: String = "SENSOR", type: String = "stream", lines: String = ""
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
        socket_type = \(type)
        wait = \(type == "dgram" ? "yes" : "no")
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

  /// One datagram is enough, and gets no answer; not even a source port below 1024 hides who sent it, which answers of
  /// other services must avoid.
  @Test(arguments: DaemonBuild.present, ["30", "FOREVER", "NEVER"])
  func touchesOverUDPCountToo(_ build: DaemonBuild, _ time: String) throws {
    let (setup, service, port) = try start(build, denyTime: time, type: "dgram")
    var toucher = try SocketName("127.0.0.2", 0)
    if Ports.mayUseWellKnown { toucher = try SocketName("127.0.0.2", BuiltinDatagramTests.freeWellKnownPort()) }
    let client = try Client(.datagram, "127.0.0.1", port, from: toucher)
    try client.send("is anybody there?")
    try setup.daemon.log.wait(containing: "FAIL: trap address from=127.0.0.2")
    if time == "NEVER" {
      _ = try setup.connectGreeted(service, from: "127.0.0.2")
      #expect(!setup.daemon.log.text.contains("is locked out"))
    } else {
      let span = time == "FOREVER" ? "for ever" : "for 30 minutes"
      try setup.daemon.log.wait(containing: "trap: 127.0.0.2 is locked out of all services \(span)")
      #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
      try setup.daemon.log.wait(containing: "FAIL: guarded address from=127.0.0.2")
      // Who is locked out is refused by the sensor as well, without a second sentence.
      try client.send("again")
      try setup.daemon.log.wait(for: "refusals", count: 2) { $0.hasSuffix("FAIL: trap address from=127.0.0.2") }
      #expect(setup.daemon.log.lines.filter { $0.contains("is locked out") }.count == 1)
    }
    #expect(client.receiveNow() == nil && errno == EAGAIN)
    _ = try setup.connectGreeted(service, from: "127.0.0.3")
  }

  /// deny_time is a number of minutes: what `inetctl denied` counts down from, and a time that is none is an error.
  @Test(arguments: DaemonBuild.present)
  func aNumberIsMinutes(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let port = try Ports.free(), other = try Ports.free()
    func trap(_ name: String, _ port: UInt16, _ time: String) throws {
      try operations.scratch.write(
        "\(Daemon.directoryName)/\(name).conf",
        "service = discard\ntype = INTERNAL\nflags = SENSOR\nport = \(port)\nprotocol = tcp4\ndeny_time = \(time)\n")
    }
    try trap("trap", port, "90")
    try trap("wrong", other, "a while")
    try operations.start([])
    #expect(try Client(.stream, "127.0.0.1", port, from: SocketName("127.0.0.2", 0)).isClosedSilently())
    try operations.daemon.log.wait(containing: "trap: 127.0.0.2 is locked out of all services for 90 minutes")
    let denied = try operations.json("denied")
    #expect(denied.map { $0["source"] as? String } == ["127.0.0.2"])
    let left = try #require(denied.first?["seconds"] as? Int)
    #expect((90 * 60 - 120...90 * 60).contains(left), "\(left)")
    #expect(operations.daemon.log.text.contains("deny_time"), "the value that is none")
    #expect(throws: Failure.self) { try Client(.stream, "127.0.0.1", other) }
  }

  /// Locked out over IPv4, a source does not come in through a dual-stack socket, which sees it mapped.
  @Test(.enabled(if: Ports.loopbacks.contains("::1"), "needs IPv6"), arguments: DaemonBuild.present)
  func dualSocketsKnowWhoIsLockedOut(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    try setup.scratch.write(
      "\(Daemon.directoryName)/trap.conf",
      "service = discard\ntype = INTERNAL\nflags = SENSOR\nport = \(port)\nprotocol = tcp4\ndeny_time = FOREVER\n")
    var dual = try setup.service("dual", "hold")
    dual.protocolName = "tcp46"
    var datagrams = try setup.service("datagrams", "datagram", "1")
    datagrams.protocolName = "udp46"
    datagrams.socketType = "dgram"
    try setup.start([dual, datagrams])
    let number = UInt16(dual.port)!
    #expect(try Client(.stream, "::ffff:127.0.0.1", number).receivePid() > 0)
    #expect(try Client(.stream, "127.0.0.1", port).isClosedSilently())
    for host in ["::ffff:127.0.0.1", "127.0.0.1"] {
      #expect(try Client(.stream, host, number).isClosedSilently(), "\(host)")
    }
    try setup.daemon.log.wait(for: "refusals", count: 2) { $0.hasSuffix("FAIL: dual address from=127.0.0.1") }
    try Client(.datagram, "127.0.0.1", UInt16(datagrams.port)!).send("x")
    try setup.daemon.log.wait(containing: "FAIL: datagrams address from=127.0.0.1")
    #expect(try Client(.stream, "::1", number).receivePid() > 0)
  }
}
