import Foundation
import Testing

/// `inetctl enable` and `disable`: only the switch changes, in whatever syntax the service is written.
@Suite struct SwitchTests {
  private func run(_ words: String..., in scratch: Scratch) throws -> ChildProcess.Result {
    // Without a control path the commands would reach a daemon of the machine.
    try Operations.inetctl(
      words + Daemon.files(in: scratch) + ["--control", scratch("control")], in: scratch)
  }

  private func text(_ scratch: Scratch, _ name: String) -> String? { ProcessFacts.read(scratch(name)) }

  /// Mode, owner and group.
  private func permissions(of path: String) -> [UInt32] {
    var status = stat()
    return stat(path, &status) == 0 ? [status.st_mode, status.st_uid, status.st_gid] : []
  }

  static let classic = """
    # services of this host
    echo\tstream\ttcp\tnowait\troot\tinternal
    7777\tstream\ttcp\tnowait\troot\t/bin/cat cat
    \t-u
    # the end

    """

  @Test func linesOfInetdConfGetAndLoseTheirMark() throws {
    let scratch = try Scratch()
    let file = try scratch.write(Daemon.classicName, Self.classic, mode: 0o640)
    // A group that may only read: what others could write is not believed.
    chown(file, getuid(), getuid() == 0 ? 4 : getgid())
    let before = permissions(of: file)
    #expect(before[0] & 0o7777 == 0o640)

    let off = try run("disable", "7777/tcp", in: scratch)
    #expect(off.succeeded, "\(off)")
    #expect(off.output.hasPrefix("7777/tcp: disabled in \(file)\nno daemon runs at \(scratch("control"))"), "\(off)")
    #expect(
      text(scratch, Daemon.classicName)
        == Self.classic.replacing("7777", with: "#<off># 7777").replacing("\t-u", with: "#<off># \t-u"))
    #expect(permissions(of: file) == before)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [Daemon.classicName], "nothing is left")

    let again = try run("disable", "7777/tcp", in: scratch)
    #expect(again.succeeded && again.output == "7777/tcp is disabled already\n", "\(again)")
    let on = try run("enable", "7777/tcp", "--json", in: scratch)
    #expect(on.succeeded, "\(on)")
    #expect(text(scratch, Daemon.classicName) == Self.classic)
    let block = try #require(try Operations.blocks(on.output).first)
    #expect(block["id"] as? String == "7777/tcp" && block["state"] as? String == "enabled")
    #expect(block["file"] as? String == file && block["reload"] as? String == "no daemon")
  }

  @Test func linkIsFollowedAndStays() throws {
    let scratch = try Scratch()
    let real = try scratch.write("real/inetd.conf", Self.classic)
    try FileManager.default.createSymbolicLink(atPath: scratch(Daemon.classicName), withDestinationPath: real)
    #expect(try run("disable", "echo/tcp", in: scratch).succeeded)
    #expect(ProcessFacts.read(real)?.contains("#<off># echo") == true)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch(Daemon.classicName)) == real)
  }

  @Test(arguments: [Syntax.flat, .xinetd])
  func dropInsGetAnOverride(_ syntax: Syntax) throws {
    let scratch = try Scratch()
    let one = Service(id: "one", port: "7001", server: "/bin/cat")
    let two = Service(id: "two", port: "7002", server: "/bin/cat")
    try scratch.write(
      "inetd.d/both\(syntax == .flat ? ".conf" : "")",
      syntax == .flat
        ? "[service one]\nport = 7001\nserver = /bin/cat\nuser = root\n[service two]\nport = 7002\nserver = /bin/cat\nuser = root\n"
        : one.text(.xinetd) + two.text(.xinetd))
    let original = text(scratch, "inetd.d/both\(syntax == .flat ? ".conf" : "")")
    let snippet = "inetd.d/both.conf.d/zz-inetctl.conf"

    let off = try run("disable", "one", in: scratch)
    #expect(off.succeeded && off.output.hasPrefix("one: disabled in \(scratch(snippet))\n"), "\(off)")
    #expect(text(scratch, snippet)?.hasSuffix("\n[service one]\ndisable = yes\n") == true)
    #expect(try run("disable", "two", in: scratch).succeeded)
    #expect(
      text(scratch, snippet)?.hasSuffix("\n\n[service one]\ndisable = yes\n\n[service two]\ndisable = yes\n") == true)
    #expect(try Operations.inetctl(["show"] + Daemon.files(in: scratch), in: scratch).output.contains("disable = yes"))
    #expect(try run("enable", "one", in: scratch).succeeded)
    #expect(
      text(scratch, snippet)?.hasSuffix("\n\n[service two]\ndisable = yes\n") == true, "\(text(scratch, snippet) ?? "")"
    )
    #expect(try run("enable", "two", in: scratch).succeeded)
    #expect(text(scratch, snippet) == nil, "nothing is left to say")
    #expect(!FileManager.default.fileExists(atPath: scratch("inetd.d/both.conf.d")))
    #expect(text(scratch, "inetd.d/both\(syntax == .flat ? ".conf" : "")") == original)
  }

  @Test func whatItsOwnFileSwitchesOffIsSwitchedOnByAnOverride() throws {
    let scratch = try Scratch()
    let own = Service(id: "own", port: "7001", server: "/bin/cat", keys: [("disable", "yes")])
    try scratch.write([own], .flat)
    let snippet = "inetd.d/own.conf.d/zz-inetctl.conf"
    #expect(try run("enable", "own", in: scratch).succeeded)
    #expect(text(scratch, snippet)?.hasSuffix("[service own]\ndisable = no\n") == true)
    // Other lines of the snippet are the administrator's.
    try scratch.write(snippet, (text(scratch, snippet) ?? "") + "nice = 5\n")
    #expect(try run("disable", "own", in: scratch).succeeded)
    #expect(text(scratch, snippet)?.hasSuffix("[service own]\nnice = 5\n") == true, "\(text(scratch, snippet) ?? "")")
  }

  @Test func nothingChangesWhereItWouldNotDoWhatWasAsked() throws {
    let scratch = try Scratch()
    // xinetd's list of what is on leaves everything else off.
    try scratch.write("inetd.d/aa", "defaults\n{\n\tenabled = one\n}\n")
    for id in ["one", "two"] {
      try scratch.write(Service(id: id, port: id == "one" ? "7001" : "7002", server: "/bin/cat"), .xinetd)
    }
    let result = try run("enable", "two", in: scratch)
    #expect(result.status == .exited(1))
    #expect(result.errors.contains("'two' would still be off"), "\(result)")
    #expect(result.errors.hasSuffix("; nothing was changed\n"))
    #expect(!FileManager.default.fileExists(atPath: scratch("inetd.d/two.conf.d")))

    try scratch.write(Daemon.classicName, "#<off># 7003 stream tcp nowait nobodi /bin/cat cat\n")
    let broken = try run("enable", "7003/tcp", in: scratch)
    #expect(broken.status == .exited(1))
    #expect(
      broken.errors.contains("service '7003/tcp' is in error: ") && broken.errors.contains("[unknown-user]"),
      "\(broken)")
    #expect(text(scratch, Daemon.classicName)?.hasPrefix("#<off># 7003") == true)

    let unknown = try run("enable", "tow", in: scratch)
    #expect(unknown.status == .exited(1))
    #expect(unknown.errors == "inetctl: there is no service 'tow'; did you mean 'two'?\n")
    #expect(try run("enable", in: scratch).status == .exited(64))
  }

  /// What is written is on the disk before it takes the old file's name, and the name before the command ends: a crash
  /// at any moment leaves the old file or the new one.
  @Test(.enabled(if: FaultInjection.reasonUnavailable == nil, "strace cannot be used"))
  func filesSurviveACrash() throws {
    let scratch = try Scratch()
    let classic = try scratch.write(Daemon.classicName, Self.classic, mode: 0o640)
    try scratch.write([Service(id: "one", port: "7001", server: "/bin/cat")], .flat)
    let trace = scratch("trace")
    func calls(_ words: [String]) throws -> [String] {
      let result = try ChildProcess.run(
        "strace", "-f", "-y", "-qq", "-s", "4096", "-o", trace, "-e",
        "trace=write,fsync,fdatasync,rename,renameat,renameat2,unlink,fchown,fchmod", "sh", "-c",
        #"exec "$@""#, "sh", Checkout.product("inetctl"), words[0], words[1], "--control", scratch("control"),
        "--config", scratch(Daemon.classicName), "--directory", scratch(Daemon.directoryName))
      #expect(result.succeeded, "\(result)")
      // pid, call, and of each descriptor the path.
      return (ProcessFacts.read(trace) ?? "").split(separator: "\n").map {
        String($0.trimmingPrefix(while: { $0.isNumber || $0 == " " }))
      }
    }
    for words in [["disable", "7777/tcp"], ["enable", "7777/tcp"], ["disable", "one"]] {
      let isClassic = words[1] != "one"
      let directory = isClassic ? scratch.path : scratch("inetd.d/one.conf.d")
      let file = isClassic ? classic : scratch("inetd.d/one.conf.d/zz-inetctl.conf")
      let lines = try calls(words)
      let move = try #require(lines.firstIndex { $0.hasPrefix("rename") && $0.contains("\"\(file)\"") }, "\(lines)")
      let draft = try #require(lines[move].firstMatch(of: #/"([^"]+)"/#)).1
      #expect(draft.hasPrefix("\(directory)/."), "in the same directory")
      func place(_ call: String, of path: Substring) -> Int? {
        lines.firstIndex { $0.hasPrefix("\(call)(") && $0.contains("<\(path)>") && $0.contains(" = ") }
      }
      let written = try #require(place("write", of: draft), "\(lines)")
      let synchronised = try #require(place("fsync", of: draft), "\(lines)")
      let named = try #require(lines.lastIndex { $0.hasPrefix("fsync(") && $0.contains("<\(directory)>") }, "\(lines)")
      #expect(written < synchronised && synchronised < move && move < named, "\(words): \(lines)")
      #expect(try #require(place("fchmod", of: draft)) < move, "the mode is there before the name")
      // The directory for overrides is new: its own name has to last, too.
      if !isClassic { #expect(try #require(place("fsync", of: scratch("inetd.d")[...])) < move, "\(lines)") }
    }
    #expect(permissions(of: classic)[0] & 0o7777 == 0o640)
  }

  @Test func twoAtOnceLoseNothing() throws {
    let scratch = try Scratch()
    let count = 12
    let lines = (0..<count).map { "\(7100 + $0)\tstream\ttcp\tnowait\troot\t/bin/cat cat\n" }
    try scratch.write(Daemon.classicName, lines.joined())
    try scratch.write(
      "inetd.d/all.conf",
      (0..<count).map { "[service s\($0)]\nport = \(7200 + $0)\nserver = /bin/cat\nuser = root\n" }.joined())
    let ids = (0..<count).flatMap { ["\(7100 + $0)/tcp", "s\($0)"] }
    let files = Daemon.files(in: scratch)
    for verb in ["disable", "enable"] {
      let all = try ids.map { id in
        try ChildProcess([Checkout.product("inetctl"), verb, id, "--control", scratch("control")] + files)
      }
      for child in all {
        #expect(try child.wait(seconds: 60) == .exited(0), "\(child.errors.text)")
      }
      if verb == "disable" {
        #expect(text(scratch, Daemon.classicName) == lines.map { "#<off># " + $0 }.joined())
        let snippet = text(scratch, "inetd.d/all.conf.d/zz-inetctl.conf") ?? ""
        #expect(snippet.components(separatedBy: "disable = yes").count == count + 1, "\(snippet)")
      }
    }
    #expect(text(scratch, Daemon.classicName) == lines.joined())
    #expect(text(scratch, "inetd.d/all.conf.d/zz-inetctl.conf") == nil)
  }

  @Test(arguments: DaemonBuild.present)
  func livingDaemonFollows(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    let other = try operations.probes.service("other", "hold")
    try operations.start([held, other])
    let (client, _) = try operations.probes.connectGreeted(held)

    let off = try operations.run(["disable", "held"] + operations.files)
    #expect(off.succeeded, "\(off)")
    #expect(off.output.hasSuffix("- held\n2 unchanged\n"), "\(off)")
    #expect(try operations.listed("held")?["state"] as? String == "disabled")
    #expect(throws: Failure.self) { try operations.probes.connect(held) }
    try client.send("in peace\n")
    #expect(try client.receiveLine() == "in peace")

    let quiet = try operations.run(["enable", "held", "--no-reload"] + operations.files)
    #expect(quiet.succeeded)
    #expect(try operations.listed("held")?["state"] as? String == "disabled")
    #expect(try operations.run(["disable", "held", "--no-reload"] + operations.files).succeeded)
    let on = try operations.run(["enable", "held"] + operations.files)
    #expect(on.succeeded && on.output.hasSuffix("+ held\n2 unchanged\n"), "\(on)")
    let again = try operations.probes.connectGreeted(held)
    withExtendedLifetime(again) {}

    // A daemon that reads other files does not do what was meant, and that is said.
    let elsewhere = try Scratch()
    try elsewhere.write([Service(id: "far", port: "7001", server: "/bin/cat")], .flat)
    let far = try operations.run(["disable", "far"] + Daemon.files(in: elsewhere))
    #expect(far.succeeded, "off is what it is there: \(far)")
    let back = try operations.run(["enable", "far"] + Daemon.files(in: elsewhere))
    #expect(back.status == .exited(1))
    #expect(back.errors.contains("reads other files"), "\(back)")
  }

  @Test(.enabled(if: getuid() == 0, "only root can become somebody else"))
  func whoMayNotWriteChangesNothing() throws {
    let scratch = try Scratch()
    try scratch.write(Daemon.classicName, Self.classic)
    let result = try Operations.inetctl(
      ["disable", "echo/tcp", "--control", scratch("control")] + Daemon.files(in: scratch), as: 65534, in: scratch)
    #expect(result.status == .exited(1))
    #expect(result.errors.contains("Permission denied"), "\(result)")
    #expect(text(scratch, Daemon.classicName) == Self.classic)
  }
}
