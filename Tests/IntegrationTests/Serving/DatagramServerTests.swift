import Foundation
import Testing

/// Datagram services with wait = no: a server for each peer, while the others are served, too.
@Suite struct DatagramServerTests {
  private func start(
    _ build: DaemonBuild, count: Int, keys: [(String, String)] = []
  ) throws -> (ProbeServices, UInt16) {
    let setup = try ProbeServices(build)
    var service = try setup.service("datagrams", "datagram", "\(count)", keys: keys)
    service.socketType = "dgram"
    service.protocolName = "udp4"
    try setup.start([service])
    return (setup, UInt16(service.port)!)
  }

  /// The pid and the text of a probe's answer.
  private func answer(_ client: Client) throws -> (pid: pid_t, text: String) {
    let words = String(decoding: try client.receive(), as: UTF8.self).split(separator: " ", maxSplits: 1)
    guard words.count == 2, let pid = pid_t(words[0]) else { throw Failure("not an answer: \(words)") }
    return (pid, String(words[1]))
  }

  /// Each peer has one server, to which all of its datagrams go, and hears from the address that it asked.
  @Test(arguments: DaemonBuild.present)
  func eachPeerHasItsServerAndItsAddress(_ build: DaemonBuild) throws {
    let (setup, port) = try start(build, count: 3)
    let hosts = ["127.0.0.1", "127.99.88.77", "127.1.2.3", "127.255.255.254"]
    // A connected socket takes datagrams from its peer's address only.
    let clients = try hosts.map { try Client(.datagram, $0, port) }
    for client in clients { try client.send("first") }
    let first = try clients.map { try answer($0) }
    #expect(first.allSatisfy { $0.text == "first" })
    #expect(Set(first.map(\.pid)).count == hosts.count)
    for round in 1...2 {
      for (client, earlier) in zip(clients, first) {
        try client.send("more \(round)")
        let next = try answer(client)
        #expect(next == (earlier.pid, "more \(round)"))
      }
    }
    try setup.daemon.waitForServersToEnd()
    // After its server's end a peer is served anew.
    try clients[0].send("again")
    #expect(try answer(clients[0]).pid != first[0].pid)
  }

  @Test(arguments: DaemonBuild.present)
  func limitsCountPeers(_ build: DaemonBuild) throws {
    let (setup, port) = try start(
      build, count: 2, keys: [("instances", "2"), ("overflow", "refuse"), ("no_access", "127.0.0.9")])
    let refused = try Client(.datagram, "127.0.0.1", port, from: SocketName("127.0.0.9", 0))
    try refused.send("x")
    try setup.daemon.log.wait(containing: "FAIL: datagrams address from=127.0.0.9")
    let clients = try (0..<3).map { _ in try Client(.datagram, "127.0.0.1", port) }
    for client in clients[..<2] {
      try client.send("x")
      _ = try answer(client)
    }
    try clients[2].send("x")
    try setup.daemon.log.wait(containing: "FAIL: datagrams service_limit from=127.0.0.1")
    #expect(clients[2].receiveNow() == nil)
    // The two who came first are still served.
    try clients[0].send("y")
    #expect(try answer(clients[0]).text == "y")
  }
}
