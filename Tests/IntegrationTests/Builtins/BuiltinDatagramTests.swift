import Foundation
import Testing

/// The services that the daemon answers itself, over UDP, byte for byte.
@Suite(.enabled(if: Ports.mayUseWellKnown, "needs well-known ports"))
struct BuiltinDatagramTests {
  @Test(arguments: Variant.all)
  func answersByteForByte(_ variant: Variant) throws {
    let services = try BuiltinServices(variant)

    let echo = try services.connect("echo", .datagram)
    let largest = (0..<8192).map { UInt8(truncatingIfNeeded: $0) }
    for datagram in [Array("hello".utf8), [0], largest] {
      try echo.send(datagram)
      #expect(try echo.receive() == datagram)
    }

    var start = Date()
    let daytime = try services.connect("daytime", .datagram)
    try daytime.send("?")
    let text = String(decoding: try daytime.receive(), as: UTF8.self)
    #expect(BuiltinServices.isDaytime(text, between: start, and: Date()), "\(text)")

    start = Date()
    let time = try services.connect("time", .datagram)
    try time.send("")
    let bytes = try time.receive()
    #expect(BuiltinServices.isTime(bytes, between: start, and: Date()), "\(bytes)")

    // One line a datagram.
    let chargen = try services.connect("chargen", .datagram)
    try chargen.send("?")
    let line = try chargen.receive()
    #expect((0..<95).contains { BuiltinServices.pattern(line: $0) == line }, "\(line)")

    let quote = try services.connect("qotd", .datagram)
    try quote.send("?")
    #expect(try quote.receive() == BuiltinServices.quote)

    // Silent, also for a datagram without a byte; echo's answer proves that they have been looked at.
    let discard = try services.connect("discard", .datagram)
    for datagram in ["", "gone"] { try discard.send(datagram) }
    try echo.send("proof")
    _ = try echo.receive()
    #expect(discard.receiveNow() == nil && errno == EAGAIN)
  }

  /// Two echo services must not be talked into answering each other for ever (CERT CA-1996-01).
  @Test(arguments: DaemonBuild.present)
  func staysSilentForWellKnownSourcePorts(_ build: DaemonBuild) throws {
    let services = try BuiltinServices(Variant(build: build, syntax: .flat))
    for name in ["echo", "daytime", "time", "chargen"] {
      let wellKnown = try services.connect(name, .datagram, from: try Self.freeWellKnownPort())
      try wellKnown.send("loop")
      // The answer to the second proves that the first has been looked at.
      let ordinary = try services.connect(name, .datagram)
      try ordinary.send("proof")
      _ = try ordinary.receive()
      #expect(wellKnown.receiveNow() == nil, "\(name)")
    }
  }

  static func freeWellKnownPort() throws -> UInt16 {
    for port in (600..<1024).shuffled() where Ports.isFree(UInt16(port), .datagram, hosts: ["127.0.0.1"]) {
      return UInt16(port)
    }
    throw Failure("no free port below 1024")
  }

  /// The answer comes from the address that was asked, also where the service listens on all (IP_PKTINFO).
  @Test(arguments: DaemonBuild.present)
  func answersFromTheAddressAsked(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let port = try Ports.free()
    try scratch.write(
      "\(Daemon.directoryName)/echo.conf",
      "type = INTERNAL\nsocket_type = dgram\nprotocol = udp\nport = \(port)\nwait = yes\n")
    let daemon = try Daemon(build, in: scratch)
    for host in ["127.0.0.1", "127.99.88.77"] {
      // A connected socket takes datagrams from its peer's address only.
      let client = try Client(.datagram, host, port)
      try client.send("from \(host)")
      #expect(try client.receive() == Array("from \(host)".utf8))
    }
    #expect(try daemon.stop() == .exited(0))
  }
}
