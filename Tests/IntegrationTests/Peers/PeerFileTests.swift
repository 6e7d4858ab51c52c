import Foundation
import Testing

/// What the README says of the files that openbsd-inetd and xinetd read, and of mistakes in them.
@Suite(.enabled(if: Peer.canRun, "openbsd-inetd and xinetd are not there, or cannot run here"))
struct PeerFileTests {
  /// Lines as OpenBSD and Debian write them are served. Of FreeBSD's login class and NetBSD's key and value forms there is
  /// nothing.
  @Test func openbsdReadsItsOwnLines() throws {
    let peer = try Peer(.openbsd)
    let own = try peer.service("own", "hold"), last = try peer.service("last", "hold")
    var classed = try peer.service("classed", "hold")
    classed.user = "root/daemon"
    let named = try peer.service("named", "hold")
    let text =
      "#<off># \(named.text(.classic))127.0.0.1:\n\(own.text(.classic))\(classed.text(.classic))"
      + "\(named.port) on socktype=stream, protocol=tcp, wait=no, user=root, exec=\(peer.probe), args = probe hold;\n"
      + "\(last.text(.classic))"
    try peer.start(text, listeningOn: last.port)
    #expect(peer.serves(own))
    #expect(peer.serves(last))
    #expect(!peer.serves(classed))
    try Deadline.poll("the user: \(peer.log)") { peer.log.contains("getpwnam: root/daemon: No such user") }
    #expect(!peer.listens(named.port))
  }

  /// Nor is what stands before it: it reads on for ever.
  @Test func openbsdServesNoFileOfXinetd() throws {
    let peer = try Peer(.openbsd)
    let classic = try peer.service("classic", "hold"), block = try peer.service("block", "hold")
    try peer.start(classic.text(.classic), listeningOn: classic.port)
    #expect(peer.serves(classic))
    try peer.write(classic.text(.classic) + block.text(.xinetd))
    peer.reload()
    try Deadline.poll("it has read the block") { peer.log.contains("syntax error in inetd config file") }
    #expect(!peer.listens(block.port))
  }

  /// openbsd-inetd neither says where a mistake is nor what comes of it, and of some nothing before somebody comes.
  @Test func openbsdSaysOfSomeMistakesThatThereAreSome() throws {
    let peer = try Peer(.openbsd)
    var unknown = try peer.service("unknown", "hold"), last = try peer.service("last", "hold")
    unknown.user = "nobodi-of-that-name"
    last.user = "root"
    let text = "7 stream tcp\n\(unknown.text(.classic))9 stream\n\(last.text(.classic))"
    try peer.start(text, listeningOn: last.port)
    try Deadline.poll("it complains: \(peer.log)") { peer.log.contains("syntax error") }
    let messages = Set(peer.log.split(separator: "\n").map { $0.replacing(#/^.*?\]: /#, with: "") })
    #expect(messages == ["syntax error in inetd config file"])
    #expect(!peer.serves(unknown))
    try Deadline.poll("the user: \(peer.log)") { peer.log.contains("getpwnam: nobodi-of-that-name: No such user") }
  }

  /// xinetd names file and line, but not of what is missing.
  @Test func xinetdSaysTheLineOfSomeMistakes() throws {
    let peer = try Peer(.xinetd)
    let right = try peer.service("right", "hold")
    var wrong = try peer.service("wrong", "hold"), several = try peer.service("several", "hold")
    wrong.user = "nobodi-of-that-name"
    several.keys = [("colour", "red"), ("instances", "many")]
    let incomplete = "service incomplete\n{\n\ttype = UNLISTED\n\tport = 9\n\tsocket_type = stream\n\twait = no\n}\n"
    try peer.start(
      incomplete + wrong.text(.xinetd) + several.text(.xinetd) + right.text(.xinetd), listeningOn: right.port)
    let log = peer.log
    for pattern in [
      #/ERROR: Unknown user: nobodi-of-that-name \[file=\S+\] \[line=\d+\]/#,
      #/WARNING: bad service attribute: colour \[file=\S+\] \[line=\d+\]/#,
      #/ERROR: Error parsing attribute instances - DISABLING SERVICE \[file=\S+\] \[line=\d+\]/#,
      #/ERROR: Must specify a server in incomplete\n/#,
    ] { #expect(log.contains(pattern), "\(log)") }
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
