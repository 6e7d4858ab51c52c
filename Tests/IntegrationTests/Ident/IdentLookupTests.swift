import Foundation
import Testing

/// Asking a peer's own host who the peer is: USERID for the log, IDONLY as a condition.
@Suite(.enabled(if: Ports.mayUseWellKnown, "needs port 113"))
struct IdentLookupTests {
  /// A host that has an ident server of the test's making.
  private struct Host {
    let address = Ports.loopbackAddress()
    let server: TestServer

    /// `answer` gets the question's two ports as text.
    init(_ answer: @escaping @Sendable (Client, String, String) throws -> Void) throws {
      server = try TestServer(address, 113) { client in
        let question = try client.receiveLine()
        guard question.hasSuffix("\r") else { throw Failure("'\(question)' does not end as RFC 1413 says") }
        let ports = question.dropLast().split(separator: ",").map(String.init)
        guard ports.count == 2 else { throw Failure("'\(question)' is no question") }
        try answer(client, ports[0], ports[1])
      }
    }
  }

  private static func service(_ setup: ProbeServices, idOnly: Bool, keys: [(String, String)] = []) throws -> Service {
    try setup.service("asked", "hold", keys: (idOnly ? [("flags", "IDONLY")] : []) + keys)
  }

  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func logsWhatThePeersHostSays(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let service = try Self.service(setup, idOnly: false, keys: [("log_on_success", "PID HOST USERID")])
    try setup.start([service])
    let host = try Host { client, own, other in try client.send("\(own), \(other) : USERID : UNIX : joe\r\n") }
    let (client, pid) = try setup.connectGreeted(service, from: host.address)
    try setup.daemon.log.wait(containing: "START: asked pid=\(pid) from=\(host.address)")
    let line = try setup.daemon.log.wait(containing: "USERID: asked")
    #expect(line.hasSuffix("USERID: asked UNIX : joe"), "\(line)")
    #expect(host.server.errors == [])
    withExtendedLifetime(client) {}
  }

  /// What a stranger's host says cannot forge a line or fill the log.
  @Test(arguments: DaemonBuild.present)
  func escapesAndCutsWhatItLogs(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try Self.service(setup, idOnly: true, keys: [("log_on_success", "HOST USERID")])
    try setup.start([service])
    let host = try Host { client, own, other in
      let name = "a\r\u{1b}[2Jb\u{7f}\\" + String(repeating: "x", count: 400)
      try client.send("\(own),\(other):USERID:OTHER:\(name)\r\n")
    }
    _ = try setup.connectGreeted(service, from: host.address)
    let line = try setup.daemon.log.wait(containing: "USERID: asked")
    #expect(line.contains(#"USERID: asked OTHER:a\x0d\x1b[2Jb\x7f\\xxx"#), "\(line)")
    #expect(line.hasSuffix("...") && line.utf8.count < 400, "\(line)")
  }

  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func idOnlyLetsInWhoIsKnown(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let service = try Self.service(setup, idOnly: true, keys: [("log_on_success", "HOST USERID")])
    try setup.start([service])
    let host = try Host { client, own, other in
      // In pieces, as a network may deliver it.
      try client.send("\(own) , \(other)")
      try client.send(" : USERID : UNIX , UTF-8 :joe")
      try client.send("\r\n")
    }
    let (client, _) = try setup.connectGreeted(service, from: host.address)
    try client.send("ping\n")
    #expect(try client.receiveLine() == "ping")
    try setup.daemon.log.wait(containing: "USERID: asked UNIX , UTF-8 :joe")

    let unknown = Ports.loopbackAddress()
    #expect(try setup.connect(service, from: unknown).isClosedSilently())
    try setup.daemon.log.wait(containing: "NOID: asked \(unknown) no server")
    // No slot was lost.
    _ = try setup.connectGreeted(service, from: host.address)
  }

  static let refusals: [(name: String, reason: String, answer: @Sendable (Client, String, String) throws -> Void)] = [
    ("an error", "bad response", { try $0.send("\($1) , \($2) : ERROR : HIDDEN-USER\r\n") }),
    ("other ports", "bad response", { client, _, other in try client.send("1 , \(other) : USERID : UNIX : joe\r\n") }),
    ("no user", "bad response", { try $0.send("\($1) , \($2) : USERID : \r\n") }),
    ("nonsense", "bad response", { client, _, _ in try client.send("\0\u{ff}\n") }),
    ("an end", "error while receiving response", { _, _, _ in }),
    (
      "a million bytes", "error while receiving response",
      { client, _, _ in
        // Whoever sends so much is not listened to for so long: that the sending fails is to be expected.
        try? client.send([UInt8](repeating: UInt8(ascii: "1"), count: 1 << 20))
      }
    ),
  ]

  @Test(arguments: DaemonBuild.present, refusals.indices)
  func idOnlyRefusesWhoIsNot(_ build: DaemonBuild, _ index: Int) throws {
    let setup = try ProbeServices(build)
    let service = try Self.service(setup, idOnly: true, keys: [("instances", "1"), ("overflow", "refuse")])
    try setup.start([service])
    let expected = Self.refusals[index]
    let host = try Host(expected.answer)
    for turn in 1...2 {
      #expect(try setup.connect(service, from: host.address).isClosedSilently(), "\(expected.name), turn \(turn)")
      try setup.daemon.log.wait(for: "NOID line", count: turn) {
        $0.hasSuffix("NOID: asked \(host.address) \(expected.reason)")
      }
    }
    #expect(setup.daemon.servers == [])
  }

  /// A server that never answers costs its peer ten seconds and nobody else anything.
  @Test(arguments: DaemonBuild.present)
  func neverWaitsForAnIdentServer(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try Self.service(setup, idOnly: true)
    let logged = try setup.service("logged", "hold", keys: [("log_on_success", "HOST USERID")])
    try setup.start([service, logged])
    let release = DispatchSemaphore(value: 0)
    defer { for _ in 0..<20 { release.signal() } }
    let host = try Host { _, _, _ in release.wait() }
    let waiting = try (0..<8).map { _ in try setup.connect(service, from: host.address) }
    // Where the name is only for the log, nobody waits.
    _ = try setup.connectGreeted(logged, from: host.address)
    try setup.synchronise()
    for client in waiting { #expect(client.receiveNow() == nil && errno == EAGAIN) }
    for client in waiting { #expect(client.isClosedSilently()) }
    try setup.daemon.log.wait(for: "timeouts", count: waiting.count) {
      $0.hasSuffix("NOID: asked \(host.address) timeout")
    }
  }

  /// A refused connection stays until its host has said who it was.
  @Test(arguments: DaemonBuild.present)
  func logsTheUserOfARefusedPeer(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service(
      "guarded", "hold", keys: [("only_from", "10.0.0.0/8"), ("log_on_failure", "HOST USERID")])
    try setup.start([service])
    let host = try Host { client, own, other in try client.send("\(own),\(other):USERID:UNIX:mallory\r\n") }
    #expect(try setup.connect(service, from: host.address).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: guarded address from=\(host.address)")
    try setup.daemon.log.wait(containing: "USERID: guarded UNIX:mallory")
  }
}
