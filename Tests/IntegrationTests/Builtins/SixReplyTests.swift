import Foundation
import Testing

/// A host with several IPv6 addresses answers from the one that was asked (IPV6_RECVPKTINFO).
@Suite(.enabled(if: PrivateHost.canRun && Ports.loopbacks.contains("::1"), "needs a network name space and IPv6"))
struct SixReplyTests {
  private static let addresses = ["fd00:1::1", "fd00:1::2", "fd00:2::1", "::1"]

  /// Asks `port` on each address through a connected socket, which takes datagrams from its peer's address only.
  private func ask(_ host: PrivateHost, _ port: UInt16, _ what: String) throws {
    for address in Self.addresses {
      let client = try Client(.datagram, address, port, namespaceOf: host.pid)
      for text in ["first", "second"] {
        try client.send(text)
        let answer = String(decoding: try client.receive(), as: UTF8.self)
        #expect(answer == text || answer.hasSuffix(" \(text)"), "\(what) at \(address): \(answer)")
      }
    }
  }

  @Test(arguments: DaemonBuild.present)
  func answersFromTheAddressAsked(_ build: DaemonBuild) throws {
    let host = try PrivateHost(places: [])
    for address in Self.addresses.dropLast() { try host.shell("ip -6 addr add \(address)/128 dev lo nodad") }
    let setup = try ProbeServices(build)
    let echo = try Ports.free(), dual = try Ports.free(), waiting = try Ports.free()
    for (name, port, transport) in [("echo", echo, "udp6"), ("dual", dual, "udp46")] {
      try setup.scratch.write(
        "\(Daemon.directoryName)/\(name).conf",
        "type = INTERNAL\nservice = echo\nport = \(port)\nprotocol = \(transport)\n")
    }
    var each = try setup.service("each", "datagram", "2")
    each.socketType = "dgram"
    each.protocolName = "udp6"
    // A wait server answers through the service's own socket: one for each address has that address.
    let listen = Self.addresses.map { "[\($0)]:\(waiting)" }.joined(separator: " ")
    try setup.scratch.write(
      "\(Daemon.directoryName)/waiting.conf",
      """
      listen = \(listen)
      protocol = udp6
      wait = yes
      user = \(Service.ownUser)
      server = \(setup.probe)
      server_args = datagram 2

      """)
    try setup.write([each])
    let daemon = try Daemon(build, in: setup.scratch, prefix: host.prefix)
    try ask(host, echo, "a built-in")
    try ask(host, dual, "a built-in at a dual-stack socket")
    try ask(host, UInt16(each.port)!, "a server for each peer")
    try ask(host, waiting, "a wait server")
    #expect(try daemon.stop() == .exited(0))
  }
}
