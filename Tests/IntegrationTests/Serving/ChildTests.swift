import Foundation
import Testing

/// How a server finds itself: descriptors, environment, identity, limits, signals.
@Suite struct ChildTests {
  static let isRoot = getuid() == 0

  @Test(arguments: Variant.all)
  func isStartedCleanly(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    let service = try setup.service("probe", "report", "two", "three")
    try setup.start([service], environment: ["SECRET": "kept", "LISTEN_FDS": "3", "INVOCATION_ID": "x"])
    let client = try setup.connect(service)
    let port = client.localPort
    let report = try ProbeReport(client.receiveText())

    #expect(report.arguments == ["probe-server", "report", "two", "three"])
    #expect(report["sid"] == report["pid"])
    #expect(report["pgid"] == report["pid"])
    #expect(report["ppid"] == "\(setup.daemon.pid)")
    #expect(report["umask"] == "022")
    #expect(report["nice"] == "0")
    #expect(report["cwd"] == "/")
    #expect(report["signals.blocked"] == "0000000000000000")
    #expect(report["signals.ignored"] == "0000000000000000")
    #expect(report["rlimit.files"]?.hasPrefix("1024 ") == true)

    let root = getpwuid(0)!.pointee
    let fixed = [
      "USER": "root", "LOGNAME": "root", "HOME": String(cString: root.pw_dir), "SHELL": String(cString: root.pw_shell),
      "REMOTE_ADDR": "127.0.0.1", "REMOTE_HOST": "127.0.0.1", "REMOTE_PORT": "\(port)", "PROTO": "TCP",
      "TCPREMOTEIP": "127.0.0.1", "TCPREMOTEPORT": "\(port)", "TCPLOCALIP": "127.0.0.1", "TCPLOCALPORT": service.port,
      "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ]
    var environment = report.environment
    // The id of a classic line is made of its fields; others carry the one they were given.
    let id = environment.removeValue(forKey: "INETD_SERVICE")
    #expect(id == (variant.syntax == .classic ? "\(service.port)/tcp" : "probe"))
    #expect(environment == fixed)
  }

  /// 0, 1 and 2 are the connection and nothing else is open, however many descriptors the daemon has.
  @Test(arguments: Variant.all)
  func getsItsConnectionAndNoOtherDescriptor(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    let service = try setup.service("probe", "report")
    let others = try (0..<20).map { try setup.service("other\($0)", "hold") }
    try setup.start([service] + others)
    let held = try others.map { try setup.connectGreeted($0) }
    let descriptors = try setup.report(service).descriptors
    #expect(Set(descriptors.keys) == ["0", "1", "2"])
    #expect(descriptors["0"]?.hasPrefix("socket:") == true)
    #expect(descriptors["1"] == descriptors["0"])
    // The native syntax logs what a server complains about, the traditional ones send it to the peer.
    #expect((descriptors["2"] == descriptors["0"]) == (variant.syntax != .flat))
    #expect(held.count == 20)
  }

  @Test(arguments: Variant.all)
  func theConnectionBlocks(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    // A shell's `read` fails at once on a descriptor that does not block.
    let service = Service(
      id: "reader", port: "\(try Ports.free())", server: try setup.scratch.script("reader", "read line; echo got $line")
    )
    try setup.start([service])
    let client = try setup.connect(service)
    try setup.synchronise()
    try client.send("it\n")
    #expect(try client.receiveText() == "got it\n")
  }

  @Test(.enabled(if: isRoot, "changing users needs root"), arguments: Variant.all)
  func becomesItsUser(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    var service = try setup.service("probe", "report")
    service.user = "games"
    var grouped = try setup.service("grouped", "report")
    grouped.user = "nobody"
    grouped.group = "tty"
    try setup.start([service, grouped])

    let games = getpwnam("games")!.pointee
    let report = try setup.report(service)
    #expect(report["uid"] == "\(games.pw_uid) \(games.pw_uid) \(games.pw_uid)")
    #expect(report["gid"] == "\(games.pw_gid) \(games.pw_gid) \(games.pw_gid)")
    #expect(report["groups"]?.split(separator: " ").contains("0") == false, "root's groups are gone")
    #expect(report.environment["USER"] == "games")
    #expect(report.environment["HOME"] == String(cString: games.pw_dir))

    let tty = getgrnam("tty")!.pointee.gr_gid
    let groupedReport = try setup.report(grouped)
    #expect(groupedReport["uid"] == "65534 65534 65534")
    #expect(groupedReport["gid"] == "\(tty) \(tty) \(tty)")
    #expect(groupedReport["groups"]?.split(separator: " ").contains("0") == false)
  }

  /// The attributes that xinetd's and the native syntax share.
  @Test(.enabled(if: isRoot, "raising priority needs root"), arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func getsWhatItsKeysSay(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    var service = try setup.service(
      "probe", "report",
      keys: [
        ("umask", "077"), ("nice", "-5"), ("env", "FIRST=1 SECOND=two"), ("env +", "THIRD=3"),
        ("passenv", "PASSED ABSENT"), ("rlimit_cpu", "30"), ("rlimit_files", "77"), ("rlimit_as", "512M"),
        ("rlimit_stack", "4M"), ("groups", "yes"),
      ])
    service.user = "nobody"
    try setup.start([service], environment: ["PASSED": "through", "SECRET": "kept"])
    let report = try setup.report(service)
    #expect(report["umask"] == "077")
    #expect(report["nice"] == "-5", "set before root is given up")
    #expect(report["rlimit.cpu"] == "30 30")
    #expect(report["rlimit.files"] == "77 77")
    #expect(report["rlimit.as"] == "\(512 << 20) \(512 << 20)")
    #expect(report["rlimit.stack"] == "\(4 << 20) \(4 << 20)")
    let groups = try ChildProcess.run("id", "-G", "nobody").output.trimmingCharacters(in: .newlines)
    #expect(report["groups"] == groups)
    let environment = report.environment
    #expect(environment["FIRST"] == "1")
    #expect(environment["SECOND"] == "two")
    #expect(environment["THIRD"] == "3")
    #expect(environment["PASSED"] == "through")
    #expect(environment["ABSENT"] == nil)
    #expect(environment["SECRET"] == nil)
  }

  @Test(arguments: DaemonBuild.present)
  func inheritsTheEnvironmentWhereAskedFor(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("probe", "report")
    try setup.start([service], options: ["-E"], environment: ["SECRET": "shared", "INVOCATION_ID": "x"])
    let environment = try setup.report(service).environment
    #expect(environment["SECRET"] == "shared")
    for name in ["NOTIFY_SOCKET", "INVOCATION_ID"] { #expect(environment[name] == nil, "\(name)") }
  }

  @Test(arguments: DaemonBuild.present)
  func whatAServerComplainsAboutIsLoggedUnderItsName(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("grumbler", "complain", keys: [("stderr", "log")])
    try setup.start([service])
    #expect(try setup.connect(service).receiveText() == "done\n")
    for line in ["first complaint", "second complaint"] {
      #expect(try setup.daemon.log.wait(containing: line).hasSuffix("grumbler: \(line)"))
    }
    // What a server complains about after its service is gone is still heard.
    let script = try setup.scratch.script("late", "read line; echo late complaint >&2; echo done")
    let late = Service(id: "late", port: "\(try Ports.free())", server: script, keys: [("stderr", "log")])
    try setup.write([late])
    try setup.daemon.reload()
    let client = try setup.connect(late)
    try setup.synchronise()
    try setup.write([service])
    try setup.daemon.reload()
    try client.send("go\n")
    #expect(try client.receiveText() == "done\n")
    try setup.daemon.log.wait(containing: "late: late complaint")
  }

  /// The daemon runs unprivileged: servers are the same user, and get the same care.
  @Test(.enabled(if: isRoot, "giving up root needs it"), arguments: DaemonBuild.present)
  func runsAsTheDaemonsOwnUserWithoutRoot(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    try setup.scratch.write(
      "\(Daemon.directoryName)/probe.conf", "port = \(port)\nprotocol = tcp\nserver = \(setup.probe)\n")
    try setup.start([], user: 65534)
    let report = try ProbeReport(Client(.stream, "127.0.0.1", port).receiveText())
    #expect(report["uid"] == "65534 65534 65534")
    #expect(report.environment["USER"] == "nobody")
    #expect(Set(report.descriptors.keys) == ["0", "1", "2"])
  }
}

extension Scratch {
  /// A shell script that servers of any user can be.
  func script(_ name: String, _ body: String) throws -> String {
    try write("bin/\(name)", "#!/bin/sh\n\(body)\n", mode: 0o755)
  }
}
