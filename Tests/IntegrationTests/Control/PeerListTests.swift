import Foundation
import Testing

/// `connections` lists everybody who is served, by a process or by the daemon itself, and `kill` ends one of them.
@Suite struct PeerListTests {
  /// A daemon with one service of each kind, and a peer at each.
  private final class Setup {
    let operations: Operations
    let target: TestServer
    /// Peers by the service that they have.
    private(set) var peers: [String: Client] = [:]
    private(set) var pid: pid_t = 0

    static let builtins = ["chargen", "discard", "echo", "ident", "metrics", "tcpmux"]

    init(_ build: DaemonBuild) throws {
      operations = try Operations(build)
      target = try TestServer("127.0.0.1") { client in
        try client.send("you said \(try client.receiveLine())\n")
        _ = try? client.receive()
      }
      let held = try operations.probes.service("held", "hold")
      var ports: [String: UInt16] = [:]
      for name in Self.builtins + ["relay"] {
        let port = try Ports.free()
        ports[name] = port
        let what =
          name == "relay"
          ? "redirect = 127.0.0.1 \(target.port)\n" : "service = \(name == "ident" ? "auth" : name)\ntype = INTERNAL\n"
        try operations.scratch.write(
          "\(Daemon.directoryName)/\(name).conf", "id = \(name)\nport = \(port)\nprotocol = tcp4\n\(what)")
      }
      try operations.start([held])
      // Who is greeted has been there before the next comes.
      (peers["held"], pid) = try operations.probes.connectGreeted(held)
      for name in Self.builtins + ["relay"] { peers[name] = try Client(.stream, "127.0.0.1", ports[name]!) }
      try operations.probes.synchronise()
      try peers["relay"]!.send("seventeen bytes !\n")
      #expect(try peers["relay"]!.receiveLine() == "you said seventeen bytes !")
    }

    func name(_ service: String) -> String { "127.0.0.1:\(peers[service]!.localPort)" }
    func end(_ service: String) { peers[service] = nil }
  }

  @Test(arguments: DaemonBuild.present)
  func everybodyIsListed(_ build: DaemonBuild) throws {
    let setup = try Setup(build)
    let operations = setup.operations
    let blocks = try operations.json("connections")
    #expect(blocks.first?["id"] as? String == "held", "the longest first")
    let kinds = blocks.map { "\($0["id"] ?? ""): \($0["kind"] ?? "")" }
    #expect(kinds.sorted() == (["held: server", "relay: redirect"] + Setup.builtins.map { "\($0): \($0)" }).sorted())
    for block in blocks {
      let id = try #require(block["id"] as? String)
      #expect(block["peer"] as? String == setup.name(id))
      #expect((block["seconds"] as? Int).map { (0..<60).contains($0) } == true, "\(block)")
      #expect(block["pid"] as? Int == (id == "held" ? Int(setup.pid) : nil))
      #expect(block["received"] as? Int == (id == "relay" ? 18 : nil))
      #expect(block["sent"] as? Int == (id == "relay" ? 27 : nil))
    }
    // As many as ACTIVE says, service by service.
    for listed in try operations.json("list") {
      let id = listed["id"] as? String
      #expect(listed["active"] as? Int == blocks.count { $0["id"] as? String == id }, "\(listed)")
    }
    #expect(try operations.json("connections", "relay").map { $0["id"] as? String } == ["relay"])
    let text = try operations.run("connections", "relay").output
    let words = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(words[0] == ["ID", "KIND", "PID", "PEER", "SECONDS", "RECEIVED", "SENT"])
    #expect(words[1].count == 7 && words[1][...3] == ["relay", "redirect", "-", setup.name("relay")], "\(text)")
    #expect(words[1][5...] == ["18", "27"], "\(text)")
    // Who has gone is no longer there.
    setup.end("echo")
    try operations.probes.synchronise()
    #expect(try operations.json("connections", "echo").isEmpty)
  }

  @Test(arguments: DaemonBuild.present)
  func whatHasNoProcessCanBeEndedToo(_ build: DaemonBuild) throws {
    let setup = try Setup(build)
    let operations = setup.operations
    // By its peer, whoever serves it.
    for service in ["echo", "relay", "tcpmux"] {
      let ended = try operations.json("kill", setup.name(service))
      #expect(ended[0]["signalled"] as? Int == 0 && ended[0]["ended"] as? Int == 1, "\(service): \(ended)")
      #expect(setup.peers[service]!.isClosedSilently(), "\(service)")
      try operations.daemon.log.wait(containing: "\(service): a connection is ended: by hand")
    }
    let killed = try operations.json("kill", setup.name("held"))
    #expect(killed[0]["signalled"] as? Int == 1 && killed[0]["ended"] as? Int == 0, "\(killed)")
    #expect(setup.peers["held"]!.isClosedSilently())
    // By its service, and only by signals that mean an end.
    for service in ["ident", "metrics", "discard"] {
      let other = try operations.run("kill", "--signal", "USR1", service)
      #expect(other.errors == "inetctl: no server of '\(service)' is running\n", "\(other)")
      let ended = try operations.run("kill", "--signal", service == "discard" ? "KILL" : "TERM", service)
      #expect(ended.output == "SIGNALLED  ENDED\n        0      1\n", "\(ended)")
      #expect(setup.peers[service]!.isClosedSilently(), "\(service)")
    }
    #expect(try operations.json("connections").map { $0["id"] as? String } == ["chargen"])
    let counts = try operations.json("list").map { $0["active"] as? Int ?? -1 }
    #expect(counts.reduce(0, +) == 1, "what was ended is counted out")
  }

  /// More than one portion of the reply: nobody is left out, and nobody is told twice.
  @Test(arguments: DaemonBuild.present)
  func hundredsAreListedOnceEach(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let port = try Ports.free()
    try operations.scratch.write(
      "\(Daemon.directoryName)/many.conf",
      "service = echo\nid = many\ntype = INTERNAL\nport = \(port)\nprotocol = tcp4\n")
    try operations.start([])
    let clients = try (0..<300).map { _ in try Client(.stream, "127.0.0.1", port) }
    try operations.probes.synchronise()
    let peers = try operations.json("connections", "many").compactMap { $0["peer"] as? String }
    #expect(peers.count == 300)
    #expect(Set(peers) == Set(clients.map { "127.0.0.1:\($0.localPort)" }))
    #expect(try operations.json("kill", "many")[0]["ended"] as? Int == 300)
    for client in clients { #expect(client.isClosedSilently()) }
  }
}
