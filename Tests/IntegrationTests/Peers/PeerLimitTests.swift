import Foundation
import Testing

/// What the README says of limits in openbsd-inetd and xinetd, and of what the machine has no more of.
@Suite(.enabled(if: Peer.canRun, "openbsd-inetd and xinetd are not there, or cannot run here"))
struct PeerLimitTests {
  /// openbsd-inetd keeps the port and resets everybody, by its manual for ten minutes. Who comes from elsewhere, too.
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
    #expect(try peer.connect(rated, from: "127.0.0.2").isClosedSilently())
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

  /// Two addresses of one network have two shares.
  @Test func aSourceOfXinetdIsAnAddress() throws {
    let peer = try Peer(.xinetd)
    try peer.host.shell("for i in 1 2; do ip address add 2001:db8::$i/64 dev lo nodad; done")
    var shared = try peer.service("shared", "hold")
    shared.keys = [("per_source", "1"), ("flags", "IPv6")]
    try peer.start(shared.text(.xinetd), listeningOn: shared.port)
    let port = UInt16(shared.port)!
    let first = try peer.connect(port, to: "2001:db8::1", from: "2001:db8::1")
    _ = try first.receivePid()
    #expect(try peer.connect(port, to: "2001:db8::1", from: "2001:db8::1").isClosedSilently())
    #expect(try peer.connect(port, to: "2001:db8::1", from: "2001:db8::2").receivePid() > 0)
    withExtendedLifetime(first) {}
  }

  /// openbsd-inetd asks again and again; xinetd closes the port for ten seconds. Both serve when there are some again.
  @Test(arguments: Peer.Kind.allCases)
  func descriptorsRunningOut(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    let starved = try peer.service("starved", "hold")
    try peer.start(peer.text([starved]), listeningOn: starved.port)
    let open = ProcessFacts.descriptors(of: peer.pid)
    let free = try #require((0..<100).first { open[$0] == nil })
    func limit(_ number: Int) throws {
      let result = try ChildProcess.run("prlimit", "--pid=\(peer.pid)", "--nofile=\(number):")
      #expect(result.succeeded, "\(result.errors)")
    }
    try limit(free)
    let waiting = try peer.connect(starved)
    switch kind {
    case .openbsd:
      let before = ProcessFacts.processorTime(of: peer.pid)
      try Deadline.poll("it is busy") { ProcessFacts.processorTime(of: peer.pid) - before > 0.2 }
      try limit(100)
      #expect(try waiting.receivePid() > 0)
    case .xinetd:
      #expect(waiting.isClosedSilently())
      try Deadline.poll("it says for how long: \(peer.log)") {
        peer.log.contains("due to no available descriptors.  Restarting in 10 seconds.")
      }
      #expect(!peer.listens(starved.port))
      try limit(100)
      try Deadline.poll("it serves again: \(peer.log)") { peer.serves(starved) }
    }
  }
}
