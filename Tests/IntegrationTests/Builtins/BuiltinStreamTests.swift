import Foundation
import Testing

/// The services that the daemon answers itself, over TCP, byte for byte.
@Suite(.enabled(if: Ports.mayUseWellKnown, "needs well-known ports"))
struct BuiltinStreamTests {
  @Test(arguments: Variant.all)
  func answersByteForByte(_ variant: Variant) throws {
    let services = try BuiltinServices(variant)

    let echo = try services.connect("echo")
    try echo.send("first\0line\r\n")
    #expect(try echo.receive(exactly: 12) == Array("first\0line\r\n".utf8))
    try echo.send("second")
    echo.finishSending()
    #expect(try echo.receiveText() == "second")

    let discard = try services.connect("discard")
    try discard.send([UInt8](repeating: 7, count: 200_000))
    discard.finishSending()
    #expect(try discard.receiveToEnd() == [])

    #expect(try services.connect("qotd").receiveToEnd() == BuiltinServices.quote)

    var start = Date()
    let daytime = try services.connect("daytime").receiveText()
    #expect(daytime.utf8.count == 26)
    #expect(BuiltinServices.isDaytime(daytime, between: start, and: Date()), "\(daytime)")

    start = Date()
    let time = try services.connect("time").receiveToEnd()
    #expect(BuiltinServices.isTime(time, between: start, and: Date()), "\(time)")

    let chargen = try services.connect("chargen")
    for index in 0..<200 {
      #expect(try chargen.receive(exactly: 74) == BuiltinServices.pattern(line: index), "line \(index)")
    }
  }

  @Test(arguments: DaemonBuild.present)
  func echoReturnsMoreThanAnyBufferHolds(_ build: DaemonBuild) throws {
    let services = try BuiltinServices(Variant(build: build, syntax: .flat), names: ["echo"])
    let client = try services.connect("echo")
    let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let sender = ErrorBox()
    Thread.detachNewThread {
      sender.run {
        try client.send(bytes)
        client.finishSending()
      }
    }
    let answer = try client.receiveToEnd()
    try sender.wait()
    #expect(answer == bytes)
  }

  /// A peer that does not read is not read from: what the daemon keeps for it is bounded.
  @Test(arguments: DaemonBuild.present)
  func aPeerThatDoesNotReadStopsBeingRead(_ build: DaemonBuild) throws {
    let services = try BuiltinServices(Variant(build: build, syntax: .flat), names: ["echo", "chargen"])
    let deaf = try services.connect("echo", receiveBuffer: 65536)
    let chunk = [UInt8](repeating: 1, count: 65536)
    // Two send buffers and the daemon's receive buffer may grow to what the kernel allows, our own one is fixed.
    let limit = 2 * Self.largestBuffer("tcp_wmem") + Self.largestBuffer("tcp_rmem") + 4 << 20
    let memory = ProcessFacts.privateMemory(of: services.daemon.pid)
    var accepted = 0
    var pause = timeval(tv_sec: 0, tv_usec: 300_000)
    setsockopt(deaf.descriptor, SOL_SOCKET, SO_SNDTIMEO, &pause, socklen_t(MemoryLayout<timeval>.size))
    while accepted < limit {
      let count = chunk.withUnsafeBytes {
        Glibc.send(deaf.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { break }
      accepted += count
    }
    #expect(accepted < limit, "more than all the kernel's buffers hold went into an echo that nobody reads")
    #expect(ProcessFacts.privateMemory(of: services.daemon.pid) - memory < 2 << 20, "the daemon's own memory")

    // And the others are served meanwhile.
    let other = try services.connect("echo")
    try other.send("still here")
    #expect(try other.receive(exactly: 10) == Array("still here".utf8))
  }

  @Test(arguments: DaemonBuild.present)
  func manyConnectionsAtOnceAreAllAnswered(_ build: DaemonBuild) throws {
    let services = try BuiltinServices(Variant(build: build, syntax: .flat), names: ["echo"])
    let clients = try (0..<300).map { _ in try services.connect("echo") }
    for (index, client) in clients.enumerated() { try client.send("\(index)\n") }
    for (index, client) in clients.enumerated() { #expect(try client.receiveLine() == "\(index)") }
  }

  /// A plain `tcp` service answers on IPv4 and IPv6, and an unprivileged daemon on high ports is a whole one.
  @Test(arguments: DaemonBuild.present, Ports.loopbacks)
  func servesUnprivilegedOnBothFamilies(_ build: DaemonBuild, host: String) throws {
    let scratch = try Scratch()
    let port = try Ports.free()
    try scratch.write(
      "\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nprotocol = tcp\nport = \(port)\nwait = no\n")
    let daemon = try Daemon(build, in: scratch, user: getuid() == 0 ? 65534 : nil)
    let client = try Client(.stream, host, port)
    try client.send("hello\n")
    #expect(try client.receiveLine() == "hello")
    #expect(try daemon.stop() == .exited(0))
  }

  @Test(arguments: DaemonBuild.present)
  func noBuiltinForks(_ build: DaemonBuild) throws {
    let services = try BuiltinServices(Variant(build: build, syntax: .flat))
    let clients = try ["echo", "discard", "chargen"].map { try services.connect($0) }
    _ = try clients[2].receive(exactly: 74)
    #expect(services.daemon.servers == [])
  }

  /// The most that the kernel gives one socket: the last of the three numbers of the setting (tcp(7)).
  static func largestBuffer(_ name: String) -> Int {
    let text = ProcessFacts.read("/proc/sys/net/ipv4/\(name)") ?? ""
    return text.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? 64 << 20
  }
}
