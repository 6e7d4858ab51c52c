import Foundation
import Testing

/// What the README says of openbsd-inetd and xinetd, where they can be made to show it at once.
@Suite(.enabled(if: Peer.canRun, "openbsd-inetd and xinetd are not there, or cannot run here"))
struct PeerClaimsTests {
  private static let wrongUser = "nobodi-of-that-name"

  /// One service with a mistake and one without, with a client at each.
  private func started(_ kind: Peer.Kind) throws -> (Peer, wrong: Service, right: Service) {
    let peer = try Peer(kind)
    let wrong = try peer.service("wrong", "hold"), right = try peer.service("right", "hold")
    try peer.start(peer.text([wrong, right]), listeningOn: right.port)
    return (peer, wrong, right)
  }

  private func conversation(_ peer: Peer, _ service: Service) throws -> Client {
    let client = try peer.connect(service)
    _ = try client.receivePid()
    return client
  }

  private func goesOn(_ client: Client) -> Bool {
    do {
      try client.send("still here\n")
      return try client.receiveLine() == "still here"
    } catch {
      return false
    }
  }

  @Test(arguments: Peer.Kind.allCases)
  func aMistakeInAReloadEndsTheService(_ kind: Peer.Kind) throws {
    let (peer, wrong, right) = try started(kind)
    #expect(peer.serves(wrong))
    var mistaken = wrong
    mistaken.user = Self.wrongUser
    try peer.write(peer.text([mistaken, right]))
    peer.reload()
    try Deadline.poll("\(kind) serves it no more: \(peer.log)") { !peer.serves(wrong) }
    #expect(peer.serves(right))
  }

  /// openbsd-inetd leaves servers alone; xinetd kills those of a service that has gone, or that now has a mistake.
  @Test(arguments: Peer.Kind.allCases)
  func aReloadAndRunningServers(_ kind: Peer.Kind) throws {
    let (peer, gone, right) = try started(kind)
    let ofGone = try conversation(peer, gone), ofRight = try conversation(peer, right)
    try peer.write(peer.text([right]))
    peer.reload()
    try Deadline.poll("\(kind) has read its file: \(peer.log)") { !peer.listens(gone.port) }
    if kind == .xinetd { #expect(ofGone.isClosedSilently()) } else { #expect(goesOn(ofGone)) }
    #expect(goesOn(ofRight))
  }

  @Test(arguments: Peer.Kind.allCases)
  func halfAFileIsRead(_ kind: Peer.Kind) throws {
    let (peer, first, second) = try started(kind)
    let text = peer.text([first, second])
    try peer.write(String(text.prefix(peer.text([first]).count + 20)))
    peer.reload()
    try Deadline.poll("\(kind) has lost the second service: \(peer.log)") { !peer.listens(second.port) }
    #expect(peer.serves(first))
  }

  /// openbsd-inetd keeps the port and resets everybody, by its manual for ten minutes.
  @Test func theRateOfOpenBSDShutsEverybodyOut() throws {
    let peer = try Peer(.openbsd)
    var rated = try peer.service("rated", "hold")
    rated.perMinute = 3
    try peer.start(peer.text([rated]), listeningOn: rated.port)
    let served = (0..<10).map { _ in peer.serves(rated) }
    let count = served.count { $0 }
    #expect((1...3).contains(count) && served.prefix(count).allSatisfy { $0 }, "\(served)")
    #expect(peer.listens(rated.port))
    #expect(try peer.connect(rated).isClosedSilently())
  }

  /// xinetd closes the port, for everybody, and opens it again by itself.
  @Test func theRateOfXinetdClosesThePortForAWhile() throws {
    let peer = try Peer(.xinetd)
    var rated = try peer.service("rated", "hold")
    rated.keys = [("cps", "2 1")]
    try peer.start(peer.text([rated]), listeningOn: rated.port)
    try Deadline.poll("closed: \(peer.log)") { (try? peer.connect(rated)) == nil }
    #expect(!peer.listens(rated.port))
    // Who comes with others, all having waited for it, closes it anew.
    try Deadline.poll("open again: \(peer.log)") { peer.serves(rated) }
  }

  @Test(arguments: Peer.Kind.allCases)
  func eachEchoHasAProcess(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    var echo = Service(id: "echo", port: "echo", server: "internal")
    echo.protocolName = "tcp"
    try peer.start(peer.text([echo]), listeningOn: "7")
    let clients = try (0..<3).map { number in
      let client = try peer.connect(7)
      try client.send("\(number)\n")
      #expect(try client.receiveLine() == "\(number)")
      return client
    }
    #expect(ProcessFacts.children(of: peer.pid).count == clients.count)
  }

  @Test func xinetdDumpsItsStateOnASignal() throws {
    let (peer, _, right) = try started(.xinetd)
    kill(peer.pid, SIGUSR1)
    let dump = "/proc/\(peer.pid)/root/run/xinetd.dump"
    try Deadline.poll("a dump") { ProcessFacts.read(dump)?.contains("= \(right.port)\n") == true }
  }

  /// They can, with what they write to a syslog or a file of text.
  @Test(arguments: Peer.Kind.allCases)
  func processOneWithoutRoot(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    var orphaning = try peer.service("orphaning")
    orphaning.user = "nobody"
    orphaning.server = try peer.scratch.script("orphan", "(exec sleep 0.2 >/dev/null 2>&1 </dev/null & echo $!)")
    try peer.start(peer.text([orphaning]), listeningOn: orphaning.port, asContainer: true)
    #expect(ProcessFacts.read("/proc/\(peer.pid)/status")?.contains("\nNSpid:\t\(peer.pid)\t1\n") == true)
    #expect(try peer.connect(orphaning).receiveLine() != "")
    try Deadline.poll("the orphan is reaped, children \(ProcessFacts.children(of: peer.pid))") {
      ProcessFacts.children(of: peer.pid).isEmpty
    }
    kill(peer.pid, SIGTERM)
    #expect(try peer.wait() == .exited(0))
  }

  /// Lines of inetd.conf in the place that is compiled in, where it is told to.
  @Test(.enabled(if: OwnEtc.isPossible, "needs a mount name space"))
  func xinetdReadsInetdConfWhereAsked() throws {
    let scratch = try Scratch()
    let etc = try OwnEtc(scratch)
    let port = try Ports.free(), unwanted = try Ports.free()
    try etc.write("services", "classic \(port)/tcp\nnamed \(unwanted)/tcp\n")
    let rest = "stream tcp nowait root /bin/cat cat\n"
    try etc.write("inetd.conf", "classic \(rest)127.0.0.1:named \(rest)")
    let xinetd = try ChildProcess(
      etc.prefix + [
        Peer.Kind.xinetd.program!, "-dontfork", "-inetd_compat", "-stayalive", "-f", "/dev/null", "-filelog",
        scratch("messages"), "-pidfile", scratch("pid"),
      ])
    defer { xinetd.end() }
    try Deadline.poll("the line is served: \(ProcessFacts.read(scratch("messages")) ?? "")") {
      !ProcessFacts.socketInodes(of: xinetd.pid, port: port).isEmpty
    }
    #expect(ProcessFacts.socketInodes(of: xinetd.pid, port: unwanted).isEmpty, "an address is not understood")
  }
}
