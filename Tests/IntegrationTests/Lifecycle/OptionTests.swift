import Foundation
import Testing

/// Options that change what services do.
@Suite struct OptionTests {
  @Test(arguments: DaemonBuild.present)
  func theBacklogIsTheKernels(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let plain = try setup.service("plain", "hold")
    let own = try setup.service("own", "hold", keys: [("backlog", "7")])
    try setup.start([plain, own], options: ["--backlog", "33"])
    #expect(try backlog(plain) == ["33"])
    #expect(try backlog(own) == ["7"])
  }

  /// Send-Q of a listening socket in ss(8) is its backlog.
  func backlog(_ service: Service) throws -> Set<Substring> {
    let output = try ChildProcess.run("ss", "-Hltn", "sport = :\(service.port)").output
    return Set(output.split(separator: "\n").map { $0.split(separator: " ")[2] })
  }

  @Test(arguments: DaemonBuild.present)
  func theRateIsEveryServices(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: .classic))
    let limited = try setup.service("limited", "fail", "0")
    var free = try setup.service("free", "fail", "0")
    free.perMinute = 0
    try setup.start([limited, free], options: ["--rate", "2"])
    for _ in 0..<2 { #expect(try setup.connect(limited).isClosedSilently()) }
    let third = try setup.connect(limited)
    // `nowait.0` means no limit, whatever the default is.
    for _ in 0..<5 { #expect(try setup.connect(free).isClosedSilently()) }
    #expect(third.receiveNow() == nil)
    #expect(errno == EAGAIN, "still open, in the backlog")
  }

  /// The letters mean what their long names mean: in the foreground, with a pid file, a backlog and a rate.
  @Test(arguments: DaemonBuild.present, ["-f", "-i", "--foreground"])
  func theForegroundHasShortLetters(_ build: DaemonBuild, _ foreground: String) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("limited", "fail", "0")
    try setup.scratch.write(service, .flat)
    let pidFile = setup.scratch("pid")
    let notify = try NotifySocket(path: setup.scratch("notify"))
    let child = try ChildProcess(
      [build.path!, foreground, "-p", pidFile, "-q", "21", "-R", "1", "--control", "none"]
        + Daemon.files(in: setup.scratch),
      environment: ChildProcess.plainEnvironment.merging(["NOTIFY_SOCKET": notify.path]) { $1 })
    defer { child.end() }
    #expect(try notify.wait(for: "READY=1") { child.isRunning }, "\(child.errors.text)")
    // It is this process, not one behind it, and told on standard error.
    #expect(ProcessFacts.read(pidFile) == "\(child.pid)\n")
    #expect(try backlog(service) == ["21"])
    #expect(try setup.connect(service).isClosedSilently())
    let second = try setup.connect(service)
    #expect(second.receiveNow() == nil && errno == EAGAIN, "one start a minute")
    child.send(SIGTERM)
    #expect(try child.wait() == .exited(0))
    #expect(!FileManager.default.fileExists(atPath: pidFile))
  }

  /// What the daemon has to say of itself and is less important than `--log-level` is not told. Faults are, and what a
  /// service logs is the service's own choice.
  @Test(arguments: DaemonBuild.present)
  func theLogLevelIsABound(_ build: DaemonBuild) throws {
    for (level, isTold) in [("info", true), ("warning", false)] {
      let setup = try ProbeServices(build)
      let service = try setup.service("held", "hold", keys: [("log_on_success", "PID")])
      try setup.scratch.write("\(Daemon.directoryName)/bad.conf", "port = 1\nno_such_key = 1\n")
      try setup.start([service], options: ["--log-level", level])
      _ = try setup.connectGreeted(service)
      try setup.daemon.log.wait(containing: "unknown key 'no_such_key'")
      #expect(try setup.daemon.stop() == .exited(0))
      let text = try setup.daemon.process.errors.untilEnd()
      #expect(text.contains("ready: ") == isTold && text.contains("stopping on SIGTERM") == isTold, "\(level): \(text)")
      #expect(text.contains("START: held"))
    }
  }

  /// Of two files with one name the later directory's wins as a whole; a link to /dev/null masks; snippets are merged.
  @Test(arguments: DaemonBuild.present)
  func laterDirectoriesOverrideEarlierOnes(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let ports = try (0..<3).map { _ in try Ports.free() }
    let user = Service.ownUser
    for (index, name) in ["replaced", "masked", "amended"].enumerated() {
      try setup.scratch.write(
        "vendor/\(name).conf",
        "port = \(ports[index])\nserver = \(setup.probe)\nserver_args = report vendor\nuser = \(user)\n")
    }
    try setup.scratch.write(
      "\(Daemon.directoryName)/replaced.conf",
      "port = \(ports[0])\nserver = \(setup.probe)\nserver_args = report own\nuser = \(user)\n")
    #expect(symlink("/dev/null", setup.scratch("\(Daemon.directoryName)/masked.conf")) == 0)
    try setup.scratch.write("\(Daemon.directoryName)/amended.conf.d/50-site.conf", "env = SITE=here\n")
    let daemon = try Daemon(
      build, in: setup.scratch,
      files: ["-c", "none", "-D", setup.scratch("vendor"), "-D", setup.scratch(Daemon.directoryName)])
    let replaced = try ProbeReport(Client(.stream, "127.0.0.1", ports[0]).receiveText())
    #expect(replaced.arguments.last == "own")
    #expect(throws: Failure.self) { try Client(.stream, "127.0.0.1", ports[1]) }
    let amended = try ProbeReport(Client(.stream, "127.0.0.1", ports[2]).receiveText())
    #expect(amended.arguments.last == "vendor")
    #expect(amended.environment["SITE"] == "here")
    withExtendedLifetime(daemon) {}
  }

  @Test(arguments: DaemonBuild.present)
  func theStateGoesToTheLogOnRequest(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("shown", "hold")
    try setup.start([service])
    let held = try setup.connectGreeted(service)
    let before = setup.daemon.log.lines.count
    setup.daemon.process.send(SIGUSR1)
    try setup.daemon.log.wait(for: "state of the service", after: before) { $0.contains("shown") }
    #expect(setup.daemon.process.isRunning)
    withExtendedLifetime(held.client) {}
  }
}
