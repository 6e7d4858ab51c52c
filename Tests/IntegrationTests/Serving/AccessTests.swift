import Foundation
import Testing

/// Who is let in, by address.
@Suite struct AccessTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let keys: [(String, String)]
    let allowed: [String]
    let refused: [String]
    var testDescription: String { keys.map { "\($0) = \($1)" }.joined(separator: ", ") }
  }

  static let cases = [
    Case(keys: [("only_from", "127.0.0.1")], allowed: ["127.0.0.1"], refused: ["127.0.0.2", "127.1.0.1"]),
    Case(keys: [("only_from", "127.0.0.0/30")], allowed: ["127.0.0.1", "127.0.0.3"], refused: ["127.0.0.4"]),
    Case(keys: [("no_access", "127.0.0.2")], allowed: ["127.0.0.1"], refused: ["127.0.0.2"]),
    // The more specific one wins, as xinetd's manual promised.
    Case(
      keys: [("only_from", "127.0.0.2"), ("no_access", "127.0.0.0/8")], allowed: ["127.0.0.2"], refused: ["127.0.0.1"]),
    Case(
      keys: [("only_from", "127.0.0.0/8"), ("no_access", "127.0.0.2")], allowed: ["127.0.0.1"], refused: ["127.0.0.2"]),
    Case(keys: [("only_from", "")], allowed: [], refused: ["127.0.0.1"]),
  ]

  @Test(arguments: Variant.all.filter { $0.syntax != .classic }, cases)
  func listsDecide(_ variant: Variant, _ expected: Case) throws {
    let setup = try ProbeServices(variant)
    let service = try setup.service("guarded", "hold", keys: expected.keys)
    try setup.start([service])
    for host in expected.allowed { #expect(try setup.connectGreeted(service, from: host).pid > 0, "\(host)") }
    for host in expected.refused {
      #expect(try setup.connect(service, from: host).isClosedSilently(), "\(host)")
      try setup.daemon.log.wait(containing: "FAIL: guarded address from=\(host)")
    }
  }

  /// No process is started for who is refused.
  @Test(arguments: DaemonBuild.present)
  func refusalStartsNothing(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let mark = setup.scratch("started")
    let script = try setup.scratch.script("mark", "echo x >>\(mark)")
    let service = Service(
      id: "guarded", port: "\(try Ports.free())", server: script, keys: [("only_from", "10.0.0.0/8")])
    try setup.start([service])
    #expect(try setup.connect(service).isClosedSilently())
    #expect(!FileManager.default.fileExists(atPath: mark))
  }

  /// A refused datagram is read and dropped; it neither starts the server nor stops the socket.
  @Test(arguments: DaemonBuild.present)
  func datagramServersAreGuardedToo(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("guarded", "datagram", "1", keys: [("only_from", "127.0.0.1")])
    service.socketType = "dgram"
    service.protocolName = "udp"
    service.wait = true
    try setup.start([service])
    let port = UInt16(service.port)!
    let refused = try Client(.datagram, "127.0.0.1", port, from: SocketName("127.0.0.2", 0))
    try refused.send("let me in")
    try setup.daemon.log.wait(containing: "FAIL: guarded address from=127.0.0.2")
    let allowed = try Client(.datagram, "127.0.0.1", port)
    try allowed.send("hello")
    #expect(String(decoding: try allowed.receive(), as: UTF8.self).hasSuffix(" hello"))
    #expect(refused.receiveNow() == nil)
  }

  /// A list with a mistake in it lets nobody in, rather than everybody: the service is in error.
  @Test(arguments: DaemonBuild.present)
  func aListWithAMistakeFailsClosed(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("guarded", "hold", keys: [("no_access", "10.0.0.300")])
    try setup.start([service])
    #expect(throws: Failure.self) { try setup.connect(service) }
  }
}
