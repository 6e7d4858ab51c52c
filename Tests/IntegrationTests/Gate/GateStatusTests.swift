import Foundation
import Synchronization
import Testing

/// How `inetd-gate` ends, and what the daemon makes of it: 118 the lists, 119 libwrap, 120 cannot tell; always closed.
@Suite struct GateStatusTests {
  /// The gate that belongs to a build.
  static func path(_ build: DaemonBuild) -> String {
    ((build.path ?? "") as NSString).deletingLastPathComponent + "/inetd-gate"
  }

  /// What one gate did.
  private struct Judgement {
    let status: ChildProcess.Status
    /// What it told the daemon.
    let verdict: [UInt8]
    /// What it told the peer.
    let text: String
    let output: String
  }

  /// Runs the gate itself on a connection whose peer is 127.0.0.1, with a file in place of the verdict's pipe.
  private func judge(
    _ build: DaemonBuild, _ order: [String], command: [String] = ["/bin/sh", "sh", "-c", "echo served; exit 7"],
    prefix: [String] = []
  ) throws -> Judgement {
    let scratch = try Scratch()
    let heard = ErrorBox()
    let text = Mutex("")
    let peer = try TestServer("127.0.0.1") { client in
      heard.run {
        let all = try client.receiveText()
        text.withLock { $0 = all }
      }
    }
    let connection = try Client(.stream, "127.0.0.1", peer.port)
    try scratch.write("banner", "<banner>")
    let words = ["socket=0", "verdict=3", "banners=4:0:8"] + order + ["--"] + command
    let gate = try ChildProcess(
      prefix + ["sh", "-c", #"exec "$@" 3>"$0/verdict" 4<"$0/banner""#, scratch.path, Self.path(build)] + words,
      input: connection.descriptor)
    defer { gate.end() }
    let status = try gate.wait()
    connection.finishSending()
    try heard.wait()
    return Judgement(
      status: status, verdict: Array(FileManager.default.contents(atPath: scratch("verdict")) ?? Data()),
      text: text.withLock { $0 }, output: try gate.output.untilEnd())
  }

  @Test(arguments: DaemonBuild.present)
  func listsRefuseWith118(_ build: DaemonBuild) throws {
    // The last one cannot be read: it cannot be known that the peer may enter.
    for order in [["no_access=127.0.0.0/8"], ["only_from=10.0.0.0/8 .test"], ["only_from=10.0.0.300"]] {
      let judgement = try judge(build, order)
      #expect(judgement.status == .exited(118), "\(order)")
      #expect(judgement.verdict == [118], "\(order)")
      #expect(judgement.text == "<banner>", "\(order)")
      #expect(judgement.output == "", "\(order): the server did not run")
    }
  }

  @Test(.enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present)
  func libwrapRefusesWith119(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let etc = try OwnEtc(scratch)
    try etc.write("hosts.deny", "refused: ALL\n")
    let refused = try judge(build, ["libwrap=refused"], prefix: etc.prefix)
    #expect(refused.status == .exited(119))
    #expect(refused.verdict == [119])
    #expect(refused.text == "<banner>" && refused.output == "")
    // Who may enter has the gate become the server: its output, and its status.
    let allowed = try judge(build, ["libwrap=allowed"], prefix: etc.prefix)
    #expect(allowed.status == .exited(7))
    #expect(allowed.verdict == [1])
    #expect(allowed.text == "" && allowed.output == "served\n")
  }

  @Test(arguments: DaemonBuild.present)
  func whatCannotBeCarriedOutEndsWith120(_ build: DaemonBuild) throws {
    let unknown = try judge(build, ["colour=blue"])
    #expect(unknown.status == .exited(120) && unknown.verdict == [] && unknown.output == "")
    // A peer without a label cannot be served under it.
    let unlabelled = try judge(build, ["label=peer"])
    #expect(unlabelled.status == .exited(121) && unlabelled.verdict == [121])
    #expect(unlabelled.text == "<banner>" && unlabelled.output == "")
    let gone = try judge(build, [], command: ["/nonexistent/server", "server"])
    #expect(gone.status == .exited(120) && gone.verdict == [1, UInt8(ENOENT)] && gone.output == "")
    let byHand = try ChildProcess.run(Self.path(build))
    #expect(byHand.status == .exited(120))
    #expect(byHand.errors == "inetd-gate: started by hand? It is for inetd to start.\n")
    // Without a program it only judges.
    let judging = try judge(build, ["only_from=127.0.0.1"], command: [])
    #expect(judging.status == .exited(0) && judging.verdict == [1] && judging.text == "")
  }

  /// A gate whose verdict nobody heard says the same with its status: refused and counted, no slot is kept.
  @Test(
    .enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present,
    [118: "address", 119: "libwrap", 120: "address", 121: "label"].sorted { $0.key < $1.key })
  func theDaemonTakesTheStatusForARefusal(_ build: DaemonBuild, _ expected: (key: Int, value: String)) throws {
    let setup = try ProbeServices(build)
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.deny", "ALL: 10.0.0.1\n")
    // The daemon takes the gate that lies beside it.
    let daemon = try setup.scratch.install(build.path!)
    try setup.scratch.write("inetd-gate", "#!/bin/sh\nexit \(expected.key)\n", mode: 0o755)
    let service = try setup.service(
      "wrapped", "hold",
      keys: [
        ("libwrap", "yes"), ("instances", "1"), ("overflow", "refuse"), ("log_on_success", "PID HOST EXIT"),
      ])
    try setup.start([service], prefix: etc.prefix + ["sh", "-c", #"shift; exec "$0" "$@""#, daemon])
    for turn in 1...3 {
      #expect(try setup.connect(service).isClosedSilently())
      try setup.daemon.log.wait(for: "refusals", count: turn) {
        $0.hasSuffix("FAIL: wrapped \(expected.value) from=127.0.0.1")
      }
    }
    #expect(!setup.daemon.log.text.contains("START: ") && !setup.daemon.log.text.contains("EXIT: "))
  }

  /// The peer may enter, but there is no server any more: nothing has been started, and the log says why.
  @Test(.enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present)
  func aServerThatCannotBeExecutedWasNotStarted(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.deny", "ALL: 10.0.0.1\n")
    let script = try setup.scratch.script("server", "echo served")
    let service = Service(
      id: "wrapped", port: "\(try Ports.free())", server: script,
      keys: [("libwrap", "yes"), ("instances", "1"), ("overflow", "refuse"), ("log_on_success", "PID HOST EXIT")])
    try setup.start([service], prefix: etc.prefix)
    #expect(try setup.connect(service).receiveText() == "served\n")
    try setup.daemon.log.wait(containing: "EXIT: wrapped ")
    let started = setup.daemon.log.text.components(separatedBy: "START: wrapped ").count
    try FileManager.default.removeItem(atPath: script)
    for turn in 1...2 {
      #expect(try setup.connect(service).isClosedSilently())
      try setup.daemon.log.wait(for: "errors", count: turn) {
        $0.contains("wrapped: cannot start \(script): execute: No such file or directory")
      }
      try setup.daemon.log.wait(for: "refusals", count: turn) { $0.hasSuffix("FAIL: wrapped fork from=127.0.0.1") }
    }
    #expect(setup.daemon.log.text.components(separatedBy: "START: wrapped ").count == started)
  }

  /// Under some policies (SELinux) the daemon may have no files in memory: that costs the banners, which the log says once.
  @Test(
    .enabled(if: OwnEtc.isPossible, "needs a mount name space"),
    .enabled(if: FaultInjection.reasonUnavailable == nil, "strace cannot be used"), arguments: DaemonBuild.present)
  func withoutMemoryFilesTheBannersGoUnsent(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.deny", "ALL: 127.0.0.2\n")
    let banner = try setup.scratch.write("banner", "<refused>")
    let service = try setup.service("wrapped", "hold", keys: [("libwrap", "yes"), ("banner_fail", banner)])
    let forbidding = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "inject=memfd_create:error=EACCES"]
    try setup.start([service], prefix: etc.prefix + forbidding)
    for _ in 0..<2 {
      #expect(try setup.connectGreeted(service).pid > 0)
      #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
    }
    let lines = setup.daemon.log.text.split(separator: "\n").filter { $0.contains("banners of wrapped are not sent") }
    #expect(lines.count == 1 && lines[0].contains("Permission denied"), "\(lines)")
  }

  /// Banners that are not what they should be cost the banner, behind the gate as before it.
  @Test(
    .enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present,
    ["missing", "huge", "FIFO", "directory"])
  func aBadBannerCostsTheBannerBehindTheGateToo(_ build: DaemonBuild, _ kind: String) throws {
    let setup = try ProbeServices(build)
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.deny", "ALL: 127.0.0.2\n")
    let path = setup.scratch("banner")
    switch kind {
    case "huge": try setup.scratch.write("banner", bytes: [UInt8](repeating: 65, count: 1 << 20))
    case "FIFO": #expect(mkfifo(path, 0o666) == 0)
    case "directory": _ = try setup.scratch.makeDirectory("banner")
    default: break
    }
    let banners = ["banner", "banner_success", "banner_fail"].map { ($0, path) }
    let wrapped = try setup.service("wrapped", "hold", keys: banners + [("libwrap", "yes")])
    let named = try setup.service("named", "hold", keys: banners + [("only_from", "127.0.0.1 .test")])
    try setup.start([wrapped, named], prefix: etc.prefix)
    for service in [wrapped, named] {
      for _ in 0..<2 {
        #expect(try setup.connectGreeted(service).pid > 0, "\(service.id)")
        #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently(), "\(service.id)")
      }
      try setup.daemon.log.wait(for: "refusals", count: 2) {
        $0.contains("FAIL: \(service.id) ") && $0.hasSuffix(" from=127.0.0.2")
      }
    }
    let complaints = setup.daemon.log.lines.filter { $0.contains(path) }
    #expect(complaints.count == 6, "one for each of the three keys of each: \(complaints)")
  }
}
