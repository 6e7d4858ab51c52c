import Foundation
import Testing

/// hosts.allow and hosts.deny, through the real library in `inetd-gate`.
@Suite(.enabled(if: OwnEtc.isPossible, "needs a mount name space"))
struct LibwrapTests {
  private func start(
    _ build: DaemonBuild, allow: String = "", deny: String, keys: [(String, String)] = [("libwrap", "yes")],
    syntax: Syntax = .flat, services more: (ProbeServices) throws -> [Service] = { _ in [] }
  ) throws -> (ProbeServices, Service, OwnEtc) {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.allow", allow)
    try etc.write("hosts.deny", deny)
    let service = try setup.service("wrapped", "hold", keys: keys + [("log_on_success", "PID HOST EXIT")])
    try setup.start([service] + more(setup), prefix: etc.prefix)
    return (setup, service, etc)
  }

  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func rulesDecide(_ build: DaemonBuild, _ syntax: Syntax) throws {
    // xinetd asks libwrap unless NOLIBWRAP says otherwise.
    let (setup, service, etc) = try start(
      build, allow: "probe-server: 127.0.0.3\n", deny: "ALL: 127.0.0.2 127.0.0.3\n",
      keys: syntax == .flat ? [("libwrap", "yes")] : [], syntax: syntax)
    #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: wrapped libwrap from=127.0.0.2")
    let (client, pid) = try setup.connectGreeted(service, from: "127.0.0.3")
    // The gate has become the server: same process.
    try setup.daemon.log.wait(containing: "START: wrapped pid=\(pid) from=127.0.0.3")
    client.finishSending()
    try setup.daemon.log.wait(containing: "EXIT: wrapped status=0 pid=\(pid)")
    #expect(setup.daemon.log.lines.filter { $0.contains("EXIT: ") }.count == 1)
    withExtendedLifetime(etc) {}
  }

  @Test(arguments: DaemonBuild.present)
  func theNameCanBeChosen(_ build: DaemonBuild) throws {
    let (setup, service, etc) = try start(build, deny: "other: ALL\n", keys: [("libwrap", "other")])
    #expect(try setup.connect(service).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: wrapped libwrap from=127.0.0.1")
    withExtendedLifetime(etc) {}
  }

  @Test(arguments: DaemonBuild.present)
  func noLibwrapDoesNotAsk(_ build: DaemonBuild) throws {
    let (setup, service, etc) = try start(
      build, deny: "ALL: ALL\n", keys: [("flags", "NOLIBWRAP")], syntax: .xinetd)
    _ = try setup.connectGreeted(service)
    withExtendedLifetime(etc) {}
  }

  /// hosts_options(5): `spawn` runs beside, `twist` answers in the server's place.
  @Test(arguments: DaemonBuild.present)
  func optionsWork(_ build: DaemonBuild) throws {
    let (setup, service, etc) = try start(
      build,
      allow: """
        probe-server: 127.0.0.2: spawn (echo %a %d >SCRATCH/draft; mv SCRATCH/draft SCRATCH/spawned): allow
        probe-server: 127.0.0.3: twist echo go away %a

        """, deny: "")
    let text = ProcessFacts.read(setup.scratch("etc/hosts.allow")) ?? ""
    try etc.write("hosts.allow", text.replacingOccurrences(of: "SCRATCH", with: setup.scratch.path))
    _ = try setup.connectGreeted(service, from: "127.0.0.2")
    let spawned = setup.scratch("spawned")
    try Deadline.poll("the spawned command has run") { FileManager.default.fileExists(atPath: spawned) }
    #expect(ProcessFacts.read(spawned) == "127.0.0.2 probe-server\n")
    #expect(try setup.connect(service, from: "127.0.0.3").receiveText() == "go away 127.0.0.3\n")
  }

  /// A gate that judges while the daemon executes itself: nobody is left to hear its verdict, and its client is served.
  @Test(arguments: DaemonBuild.present)
  func gatesOutliveAnUpgrade(_ build: DaemonBuild) throws {
    let (setup, service, etc) = try start(build, deny: "")
    let begun = setup.scratch("begun"), go = setup.scratch("go")
    #expect(mkfifo(begun, 0o666) == 0 && mkfifo(go, 0o666) == 0)
    // hosts_options(5): libwrap waits until the command has ended.
    try etc.write("hosts.allow", "ALL: ALL: spawn (echo >\(begun); read word <\(go)): allow\n")
    // Both ends of each: neither open waits, and no word is lost.
    let hears = open(begun, O_RDWR), says = open(go, O_RDWR)
    defer { for end in [hears, says] { close(end) } }
    let client = try setup.connect(service)
    var ready = pollfd(fd: hears, events: Int16(POLLIN), revents: 0)
    #expect(poll(&ready, 1, 20_000) == 1, "the gate does not judge")
    try setup.daemon.reexecute()
    #expect(write(says, "go\n", 3) == 3)
    _ = try client.receivePid()
    withExtendedLifetime(etc) {}
  }

  /// Refused peers hold no slot, and leave none behind.
  @Test(arguments: DaemonBuild.present)
  func refusalsDoNotCountAsInstances(_ build: DaemonBuild) throws {
    let (setup, service, etc) = try start(
      build, deny: "ALL: 127.0.0.2\n",
      keys: [("libwrap", "yes"), ("instances", "1"), ("overflow", "refuse"), ("per_source", "1")])
    for _ in 0..<5 { #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently()) }
    try setup.daemon.log.wait(for: "refusals", count: 5) { $0.hasSuffix("FAIL: wrapped libwrap from=127.0.0.2") }
    try setup.daemon.waitForServersToEnd()
    let held = try setup.connectGreeted(service)
    #expect(try setup.connect(service).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: wrapped per_source_limit from=127.0.0.1")
    held.client.finishSending()
    try setup.daemon.waitForServersToEnd()
    _ = try setup.connectGreeted(service)
    withExtendedLifetime(etc) {}
  }

  /// Banners come in xinetd's order: one for everybody, then the one that fits the judgement. They are the daemon's to
  /// read: the gate is the server's user already.
  @Test(arguments: DaemonBuild.present)
  func bannersFollowTheJudgement(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.deny", "ALL: 127.0.0.2\n")
    let files = try ["banner", "banner_success", "banner_fail"].map { ($0, try setup.scratch.write($0, "<\($0)>")) }
    for (_, path) in files { chmod(path, 0o600) }
    var service = try setup.service("wrapped", "fail", "0", keys: [("libwrap", "yes")] + files)
    if geteuid() == 0 { service.user = "nobody" }
    var plain = try setup.service("plain", "fail", "0", keys: files)
    plain.keys.append(("no_access", "127.0.0.2"))
    try setup.start([service, plain], prefix: etc.prefix)
    for service in [service, plain] {
      #expect(try setup.connect(service).receiveText() == "<banner><banner_success>", "\(service.id)")
      #expect(try setup.connect(service, from: "127.0.0.2").receiveText() == "<banner><banner_fail>", "\(service.id)")
    }
  }

  /// Behind a gate a server is what it is without one: arguments, standard error, sockets.
  @Test(arguments: DaemonBuild.present)
  func serversNoticeNoGate(_ build: DaemonBuild) throws {
    let (setup, _, etc) = try start(build, deny: "ALL: 10.0.0.1\n") { setup in
      var complaining = try setup.service("complaining", "complain", keys: [("libwrap", "yes"), ("stderr", "log")])
      complaining.user = "nobody"
      return [
        complaining,
        try setup.service(
          "reporting", "report", "%a", "100%%", keys: [("libwrap", "yes"), ("banner_fail", setup.scratch("50%a"))]),
        try setup.service("plain", "report", "%a", "100%%"),
      ]
    }
    let complaining = setup.services[1]
    _ = try setup.connect(complaining).receiveText()
    try setup.daemon.log.wait(for: "complaints", count: 2) { $0.contains("complaining: ") }
    let reports = try setup.services[2...3].map { try setup.report($0) }
    #expect(reports[0].arguments.suffix(2) == ["127.0.0.1", "100%"])
    #expect(reports[0].arguments == reports[1].arguments)
    #expect(Set(reports[0].descriptors.keys) == Set(reports[1].descriptors.keys))
    #expect(Set(reports[0].environment.keys) == Set(reports[1].environment.keys))
    withExtendedLifetime(etc) {}
  }

  /// With `pass = listen_fds` a server behind a gate gets all of the service's sockets.
  @Test(arguments: DaemonBuild.present)
  func activatedServersGetAllTheirSockets(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.deny", "ALL: 127.0.0.2\n")
    let ports = try [Ports.free(), Ports.free()]
    let output = setup.scratch("report")
    let script = try setup.scratch.script(
      "server", "\(setup.probe) report >\(output).draft; mv \(output).draft \(output); exec 3<&- 4<&-; sleep 60")
    try setup.scratch.write(
      "\(Daemon.directoryName)/activated.conf",
      """
      listen = 127.0.0.1:\(ports[0]) 127.0.0.1:\(ports[1])
      protocol = udp
      wait = yes
      pass = listen_fds
      server = \(script)
      user = \(Service.ownUser)
      libwrap = yes

      """)
    try setup.start([], prefix: etc.prefix)
    let refused = try Client(.datagram, "127.0.0.1", ports[1], from: SocketName("127.0.0.2", 0))
    try refused.send("x")
    try setup.daemon.log.wait(containing: "FAIL: activated libwrap from=127.0.0.2")
    let allowed = try Client(.datagram, "127.0.0.1", ports[1])
    try allowed.send("x")
    try Deadline.poll("the server has reported") { FileManager.default.fileExists(atPath: output) }
    let report = try ProbeReport(ProcessFacts.read(output) ?? "")
    #expect(report.environment["LISTEN_FDS"] == "2")
    #expect(report.descriptors["3"]?.hasPrefix("socket:") == true)
    #expect(report.descriptors["4"]?.hasPrefix("socket:") == true)
    #expect(report.descriptors["5"] == nil, "the pipe of the gate's verdict")
  }

  /// What runs in the loop is judged by a gate, too.
  @Test(arguments: DaemonBuild.present)
  func builtinsAndRedirectsAreJudged(_ build: DaemonBuild) throws {
    let target = try TestServer("127.0.0.1") { try $0.send("from the target\n") }
    let ports = try [Ports.free(), Ports.free()]
    let (setup, _, etc) = try start(build, deny: "ALL: 127.0.0.2\n") { setup in
      for (index, text) in ["service = echo\ntype = INTERNAL", "redirect = 127.0.0.1 \(target.port)"].enumerated() {
        try setup.scratch.write(
          "\(Daemon.directoryName)/loop\(index).conf",
          "\(text)\nport = \(ports[index])\nprotocol = tcp\nlibwrap = yes\n")
      }
      return []
    }
    for (index, port) in ports.enumerated() {
      let refused = try Client(.stream, "127.0.0.1", port, from: SocketName("127.0.0.2", 0))
      #expect(refused.isClosedSilently())
      try setup.daemon.log.wait(containing: "FAIL: loop\(index) libwrap from=127.0.0.2")
    }
    #expect(try Client(.stream, "127.0.0.1", ports[1]).receiveText() == "from the target\n")
    let echo = try Client(.stream, "127.0.0.1", ports[0])
    try echo.send("hello\n")
    #expect(try echo.receiveLine() == "hello")
    withExtendedLifetime(etc) {}
  }
}

/// A gate costs a process: it is started only where something needs it.
@Suite(.enabled(if: OwnEtc.isPossible, "needs a mount name space"))
struct GateNeedTests {
  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func noGateStartsWithoutARule(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let etc = try OwnEtc(setup.scratch)
    try etc.write("hosts.allow", "# nothing\n\n  \t\n#ALL: ALL\n")
    let mark = setup.scratch("gate-started")
    // The daemon takes the gate that lies beside it.
    let daemon = try setup.scratch.install(build.path!)
    try setup.scratch.write("inetd-gate", "#!/bin/sh\necho x >>\(mark)\nexit 120\n", mode: 0o755)
    let service = try setup.service(
      "wrapped", "hold",
      keys: [("only_from", "127.0.0.0/8 localhost"), ("no_access", "127.0.0.9")]
        + (syntax == .flat ? [("libwrap", "yes")] : []))
    try setup.start([service], prefix: etc.prefix + ["sh", "-c", #"shift; exec "$0" "$@""#, daemon])
    for _ in 0..<3 { _ = try setup.connectGreeted(service) }
    #expect(try setup.connect(service, from: "127.0.0.9").isClosedSilently())
    #expect(!FileManager.default.fileExists(atPath: mark))

    // A rule appears; the files are looked at again within a second.
    try etc.write("hosts.deny", "ALL: 10.0.0.1\n")
    try Deadline.poll("the gate is started") {
      _ = try setup.connect(service).receive(1)
      return FileManager.default.fileExists(atPath: mark)
    }
  }
}
