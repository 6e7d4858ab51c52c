import Foundation
import Testing

/// Peers that send without reading, or say a little and then nothing: nobody else waits for them, and what they hold is
/// bounded.
@Suite struct SlowPeerTests {
  static let names = ["echo", "discard", "daytime", "time", "chargen", "qotd"]

  private static func start(_ text: String) throws -> (daemon: Daemon, port: UInt16, echo: UInt16) {
    let scratch = try Scratch()
    let port = try Ports.free(), echo = try Ports.free()
    let common = "protocol = tcp4\ninstances = UNLIMITED\n"
    try scratch.write("\(Daemon.directoryName)/slow.conf", "id = slow\nport = \(port)\n\(text)\n\(common)")
    try scratch.write("\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(echo)\n\(common)")
    return (try Daemon(OnslaughtTests.build, in: scratch), port, echo)
  }

  /// The daemon answers others at once and sleeps when they are gone.
  private static func expectCalm(_ daemon: Daemon, echo: UInt16) throws {
    #expect(try Flood.run("exchange", "\(echo)", "200")["failed"] == 0)
    let processor = ProcessFacts.processorTime(of: daemon.pid)
    let switches = ProcessFacts.switches(of: daemon.pid)
    let begun = ContinuousClock.now
    try Deadline.poll("a moment") { ContinuousClock.now - begun > .milliseconds(300) }
    #expect(ProcessFacts.processorTime(of: daemon.pid) - processor <= 0.1, "the daemon spins")
    #expect(ProcessFacts.switches(of: daemon.pid) - switches < 60)
  }

  @Test(arguments: names) func whoDoesNotReadIsNotReadFrom(_ name: String) throws {
    let (daemon, port, echo) = try Self.start("service = \(name)\ntype = INTERNAL")
    #expect(try Flood.run("exchange", "\(echo)", "50")["failed"] == 0)
    // What all connections of a service share (chargen's text) is there before anything is measured.
    #expect(try HeldConnections("stuff", port: port, count: 1).open == 1)
    let memory = ProcessFacts.residentKilobytes(of: daemon.pid)
    let descriptors = ProcessFacts.descriptors(of: daemon.pid).count
    let count = Flood.count(2_500)
    do {
      let peers = try HeldConnections("stuff", port: port, count: count)
      #expect(peers.open == count)
      try Self.expectCalm(daemon, echo: echo)
      // At the most one buffer of 64 KB each, beside the common ones; most hold less.
      let grown = ProcessFacts.residentKilobytes(of: daemon.pid) - memory
      #expect(grown < count * 72 + 4096, "\(grown) KB for \(count) peers")
    }
    try Deadline.poll("as many descriptors as before") {
      ProcessFacts.descriptors(of: daemon.pid).count <= descriptors
    }
    #expect(try daemon.stop() == .exited(0))
  }

  /// A multiplexer's or metrics client that stops in the middle of its line costs nothing while it is waited for.
  @Test(arguments: ["tcpmux", "metrics"]) func whoStopsInTheMiddleIsWaitedForInPeace(_ name: String) throws {
    let (daemon, port, echo) = try Self.start("service = \(name)\ntype = INTERNAL")
    let clients = try (0..<20).map { _ in try Client(.stream, "127.0.0.1", port) }
    for client in clients { try client.send("ab") }
    try Self.expectCalm(daemon, echo: echo)
    for client in clients { try client.send("c") }
    // Half-closed: no more will come, and that is an end rather than something to look at for ten seconds.
    for client in clients { client.finishSending() }
    try Self.expectCalm(daemon, echo: echo)
    for client in clients { _ = try client.receiveToEnd() }
    #expect(try daemon.stop() == .exited(0))
  }

  /// A redirect's pipes hold a segment in each place however small: a client of tiny segments and a target that does not
  /// read must not make the loop spin.
  @Test func tinySegmentsToATargetThatDoesNotRead() throws {
    let target = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(target) }
    var name = try SocketName("127.0.0.1", 0)
    guard name.withPointer({ bind(target, $0, $1) }) == 0, listen(target, 8) == 0 else { throw Failure(errorText()) }
    _ = name.fill { getsockname(target, $0, $1) }
    var small: Int32 = 2048
    setsockopt(target, SOL_SOCKET, SO_RCVBUF, &small, 4)
    let (daemon, port, echo) = try Self.start("redirect = 127.0.0.1 \(name.port)")
    let client = try Client(.stream, "127.0.0.1", port)
    var on: Int32 = 1
    setsockopt(client.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    let connection = accept(target, nil, nil)
    defer { close(connection) }
    // Until the way is full from end to end.
    var sent = 0
    var byte: UInt8 = 1
    let deadline = Deadline()
    while !deadline.hasPassed {
      var ready = pollfd(fd: client.descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&ready, 1, 100) == 1 else { break }
      guard send(client.descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) == 1 else { break }
      sent += 1
    }
    try Self.expectCalm(daemon, echo: echo)
    // And all of it arrives once the target reads.
    client.finishSending()
    var received = 0
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = read(connection, &buffer, buffer.count), count > 0 { received += count }
    #expect(received == sent)
  }
}
