import Foundation
import Testing

/// What the README says openbsd-inetd and xinetd can do, and cannot.
@Suite(.enabled(if: Peer.canRun, "openbsd-inetd and xinetd are not there, or cannot run here"))
struct PeerServiceTests {
  /// A service that is the super-server's own, with its port's name.
  private func builtin(_ name: String) -> Service {
    var service = Service(id: name, port: name, server: "internal")
    service.protocolName = "tcp"
    return service
  }

  @Test(arguments: Peer.Kind.allCases)
  func eachEchoHasAProcess(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    try peer.start(peer.text(["discard", "chargen", "echo"].map(builtin)), listeningOn: "7")
    let echo = try peer.connect(7), discard = try peer.connect(9), chargen = try peer.connect(19)
    try echo.send("hello\n")
    #expect(try echo.receiveLine() == "hello")
    #expect(try chargen.receiveLine() != "")
    try Deadline.poll("three processes, now \(ProcessFacts.children(of: peer.pid))") {
      ProcessFacts.children(of: peer.pid).count == 3
    }
    withExtendedLifetime(discard) {}
  }

  /// openbsd-inetd starts servers as long as something waits on the one socket that all of them have; xinetd starts one,
  /// for everybody.
  @Test(arguments: Peer.Kind.allCases)
  func aPeerHasNoDatagramServerOfItsOwn(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    var answering = try peer.service("answering", "datagram", "1000")
    answering.socketType = "dgram"
    answering.protocolName = "udp"
    if kind == .openbsd { answering.perMinute = 20 }
    let other = try peer.service("other", "hold")
    try peer.start(peer.text([answering, other]), listeningOn: other.port)
    let clients = try (0..<2).map { _ in
      try Client(.datagram, "127.0.0.1", UInt16(answering.port)!, namespaceOf: peer.host.pid)
    }
    var servers: [Set<Substring>] = [[], []]
    try Deadline.poll("one has two servers, or two have one: \(servers)") {
      for index in [0, 0, 1, 1, 0, 1] {
        try clients[index].send("hello")
        let answer = String(decoding: try clients[index].receive(), as: UTF8.self)
        servers[index].insert(answer.split(separator: " ")[0])
      }
      return servers.contains { $0.count > 1 } || servers[0] == servers[1]
    }
    if kind == .xinetd { #expect(servers[0] == servers[1]) }
  }

  /// Not even a reload has them registered again.
  @Test(
    .enabled(if: RPCHost.hasPrograms, "needs rpcbind, rstatd and rusersd, see Tests/prepare"),
    arguments: Peer.Kind.allCases)
  func rpcbindForgetsWhatItIsNotTold(_ kind: Peer.Kind) throws {
    let host = try RPCHost()
    try host.startRpcbind()
    let peer = try Peer(kind, on: host)
    let other = try peer.service("other", "hold"), late = try peer.service("late", "hold")
    let registered =
      kind == .openbsd
      ? "rstatd/3\tdgram\trpc/udp\twait\troot\t\(peer.probe)\tprobe\tdatagram\n"
      : "service rstatd\n{\n\ttype = RPC\n\trpc_version = 3\n\tsocket_type = dgram\n\tprotocol = udp\n"
        + "\twait = yes\n\tuser = root\n\tserver = \(peer.probe)\n}\n"
    try peer.start(registered + peer.text([other]), listeningOn: other.port)
    try Deadline.poll("it is registered: \(peer.log)") { try host.entries(of: RPCTests.rstat).count == 1 }
    try host.endRpcbind()
    try host.startRpcbind()
    #expect(peer.serves(other))
    try peer.write(registered + peer.text([other, late]))
    peer.reload()
    try Deadline.poll("it has read its file: \(peer.log)") { peer.listens(late.port) }
    #expect(try host.entries(of: RPCTests.rstat) == [])
  }

  /// The one writes a file; the other ends by the same signal.
  @Test(arguments: Peer.Kind.allCases)
  func xinetdAloneDumpsItsStateOnASignal(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    let service = try peer.service("told", "hold")
    try peer.start(peer.text([service]), listeningOn: service.port)
    kill(peer.pid, SIGUSR1)
    if kind == .openbsd {
      #expect(try peer.process.wait() == .signalled(SIGUSR1))
    } else {
      let dump = "/proc/\(peer.pid)/root/run/xinetd.dump"
      try Deadline.poll("a dump") { ProcessFacts.read(dump)?.contains("= \(service.port)\n") == true }
    }
  }

  /// All that they can be asked for on the command line: nothing of a peer, of states, of metrics.
  @Test(arguments: Peer.Kind.allCases)
  func theirOptionsTryNobody(_ kind: Peer.Kind) throws {
    let result = try ChildProcess.run(kind.program!, kind == .openbsd ? "--try" : "-limit")
    #expect(result.status == .exited(1))
    let usage = try #require(result.errors.split(separator: "\n").last).replacing(#/^.*sage: \S+ /#, with: "")
    let options =
      kind == .openbsd
      ? "[-dEil] [-q len] [-R rate] [configuration_file]"
      : "[-d] [-f config_file] [-filelog filename] [-syslog facility] [-reuse] [-limit proc_limit] [-pidfile filename] "
        + "[-logprocs limit] [-shutdownprocs limit] [-cc interval]"
    #expect(usage == options)
  }

  @Test(arguments: Peer.Kind.allCases)
  func theyKnowNoMetrics(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    let other = try peer.service("other", "hold")
    try peer.start(peer.text([builtin("metrics"), other]), listeningOn: other.port)
    let refusal =
      kind == .openbsd
      ? "internal service metrics unknown" : "Port not specified and can't find service: metrics with getservbyname"
    try Deadline.poll("it says so: \(peer.log)") { peer.log.contains(refusal) }
  }

  /// They can, with what they write to a syslog or a file of text: of a mistake openbsd-inetd says nothing elsewhere.
  @Test(arguments: Peer.Kind.allCases)
  func processOneWithoutRoot(_ kind: Peer.Kind) throws {
    let peer = try Peer(kind)
    var orphaning = try peer.service("orphaning")
    orphaning.user = "nobody"
    orphaning.server = try peer.scratch.script("orphan", "(exec sleep 0.2 >/dev/null 2>&1 </dev/null & echo $!)")
    let mistake = kind == .openbsd ? "7 stream tcp\n" : ""
    try peer.start(mistake + peer.text([orphaning]), listeningOn: orphaning.port, asContainer: true)
    #expect(ProcessFacts.read("/proc/\(peer.pid)/status")?.contains("\nNSpid:\t\(peer.pid)\t1\n") == true)
    #expect(try peer.connect(orphaning).receiveLine() != "")
    try Deadline.poll("the orphan is reaped, children \(ProcessFacts.children(of: peer.pid))") {
      ProcessFacts.children(of: peer.pid).isEmpty
    }
    let process = peer.process!
    #expect(try peer.stop() == .exited(0))
    try Deadline.poll("it says something") { peer.log != "" }
    #expect(try process.output.untilEnd() + process.errors.untilEnd() == "")
  }
}
