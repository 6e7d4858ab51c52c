import Foundation
import Testing

/// Packets from invented addresses, in a network of the daemon's own.
@Suite(
  .enabled(if: getuid() == 0, "raw sockets need root"),
  .enabled(if: Flood.reasonNotIsolated == nil, "\(Flood.reasonNotIsolated ?? "")"))
struct SpoofedTrafficTests {
  static let names = ["echo", "daytime", "time", "chargen", "qotd", "discard"]
  static let ports = Dictionary(uniqueKeysWithValues: zip(names, (7001...7006).map { UInt16($0) }))

  private static func start() throws -> Daemon {
    let scratch = try Scratch()
    for (name, port) in ports {
      try scratch.write(
        "\(Daemon.directoryName)/\(name)-udp.conf",
        "service = \(name)\ntype = INTERNAL\nport = \(port)\nsocket_type = dgram\nprotocol = udp4\nwait = yes\n")
      try scratch.write(
        "\(Daemon.directoryName)/\(name)-tcp.conf",
        "service = \(name)\ntype = INTERNAL\nport = \(port)\nprotocol = tcp4\ninstances = UNLIMITED\n")
    }
    return try Daemon(OnslaughtTests.build, in: scratch, prefix: Flood.isolation)
  }

  /// 20,000 half-open connections: who means it still gets through, as they never reach the daemon.
  @Test func halfOpenConnections() throws {
    let daemon = try Self.start()
    let echo = "\(Self.ports["echo"]!)"
    let descriptors = ProcessFacts.descriptors(of: daemon.pid).count
    #expect(try Flood.run("syn", echo, "\(Flood.count(20_000))", beside: daemon)["sent"] == Flood.count(20_000))
    #expect(try Flood.run("exchange", echo, "50", beside: daemon)["failed"] == 0)
    #expect(ProcessFacts.descriptors(of: daemon.pid).count <= descriptors + 1)
    #expect(try daemon.stop() == .exited(0))
  }

  /// Datagrams of all kinds of sources: what the daemon remembers of them is bounded.
  @Test func datagramFloods() throws {
    let daemon = try Self.start()
    for name in Self.names { try Flood.run("udp", "\(Self.ports[name]!)", "1000", beside: daemon) }
    let memory = ProcessFacts.residentKilobytes(of: daemon.pid)
    for name in Self.names {
      try Flood.run("udp", "\(Self.ports[name]!)", "\(Flood.count(100_000))", beside: daemon)
    }
    #expect(try Flood.run("exchange", "\(Self.ports["echo"]!)", "50", beside: daemon)["failed"] == 0)
    let grown = ProcessFacts.residentKilobytes(of: daemon.pid) - memory
    // A batch's buffers, and the table of sources with its most of 65,536 entries.
    #expect(grown < 8192, "\(grown) KB")
    #expect(try daemon.stop() == .exited(0))
  }

  /// Two hosts cannot be set against each other: nothing is answered that another service, a built-in of ours, a group
  /// or a broadcast address would get.
  @Test func nothingIsReflectedWhereItWouldLoop() throws {
    let daemon = try Self.start()
    let loops = [
      ("10.1.1.1", 7), ("10.1.1.1", 19), ("10.1.1.1", 53), ("10.1.1.1", 123), ("10.1.1.1", 1023), ("10.1.1.1", 0),
      ("127.0.0.1", 7004), ("10.1.1.1", 7001), ("10.1.1.1", 7006), ("224.0.0.1", 40_000), ("239.255.255.250", 1900),
      ("255.255.255.255", 40_000), ("0.0.0.0", 40_000),
    ]
    for name in ["echo", "daytime", "time", "chargen", "qotd"] {
      for (host, port) in loops where !(host == "127.0.0.1" && name == "chargen") {
        let answer = try Flood.run("reflect", "\(Self.ports[name]!)", host, "\(port)", "10", beside: daemon)
        #expect((answer["proof"] ?? 0) > 0, "\(name) answers nobody")
        #expect(answer["answered"] == 0, "\(name) to \(host):\(port)")
      }
    }
  }

  /// One datagram in, one out at the most, and never longer than the service's own text.
  @Test func amplificationIsBounded() throws {
    let daemon = try Self.start()
    for (name, most) in [("echo", 0), ("daytime", 26), ("time", 4), ("chargen", 74), ("qotd", 512)] {
      for size in [1, 100, 1000] {
        let answer = try Flood.run("reflect", "\(Self.ports[name]!)", "10.1.1.1", "40001", "\(size)", beside: daemon)
        #expect(answer["packets"] == 1, "\(name)")
        let limit = name == "echo" ? size : most
        #expect((answer["answered"] ?? .max) <= limit, "\(name): \(size) bytes became \(answer["answered"] ?? 0)")
      }
    }
  }
}
