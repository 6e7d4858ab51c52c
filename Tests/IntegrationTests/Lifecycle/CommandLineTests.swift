import Foundation
import Testing

/// What the command accepts, and how it ends.
@Suite struct CommandLineTests {
  func run(_ build: DaemonBuild, _ arguments: [String]) throws -> ChildProcess.Result {
    let child = try ChildProcess([build.path!] + arguments)
    defer { child.end() }
    return ChildProcess.Result(
      status: try child.wait(), output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
  }

  @Test(
    arguments: DaemonBuild.present,
    [
      ["--nonsense"], ["-Z"], ["--backlog"], ["--backlog", "many"], ["--rate", "-1"], ["--process-limit", "x"],
      ["--log-format", "xml"], ["--log-level", "loud"], ["-a", "300.1.1.1"], ["-a", ""],
    ])
  func badUsageIsExplained(_ build: DaemonBuild, _ arguments: [String]) throws {
    let result = try run(build, arguments + ["--foreground", "--config", "none", "--directory", "none"])
    #expect(result.status == .exited(64), "\(result.errors)")
    #expect(!result.errors.isEmpty)
    #expect(result.output.isEmpty)
  }

  @Test(arguments: DaemonBuild.present)
  func helpAndVersionGoToStandardOutput(_ build: DaemonBuild) throws {
    let help = try run(build, ["--help"])
    #expect(help.status == .exited(0))
    for option in ["--foreground", "--config", "--directory", "--pidfile", "--check", "--stay"] {
      #expect(help.output.contains(option), "\(option)")
    }
    let version = try run(build, ["--version"])
    #expect(version.status == .exited(0))
    #expect(version.output.hasPrefix("inetd "))
  }

  @Test(arguments: DaemonBuild.present)
  func checkReportsAndEnds(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let good = "type = INTERNAL\nport = 7\nprotocol = tcp\n"
    try scratch.write("\(Daemon.directoryName)/echo.conf", good)
    let fine = try run(build, ["--check"] + Daemon.files(in: scratch))
    #expect(fine.status == .exited(0), "\(fine.errors)")
    let file = try scratch.write(
      "\(Daemon.directoryName)/discard.conf", "port = 9\nserver = /bin/true\nuser = nosuchuser\n")
    let wrong = try run(build, ["--check"] + Daemon.files(in: scratch))
    #expect(wrong.status == .exited(1))
    let said = wrong.output + wrong.errors
    #expect(said.contains("\(file):3:8: error: "), "\(said)")
    #expect(said.contains("nosuchuser"))
  }

  @Test(arguments: DaemonBuild.present)
  func nothingToServeIsAConfigurationError(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let result = try run(build, ["--debug", "--control", "none"] + Daemon.files(in: scratch))
    #expect(result.status == .exited(78))
    #expect(!result.errors.isEmpty)
  }

  @Test(arguments: DaemonBuild.present)
  func staysWithoutServicesWhereAsked(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    _ = try scratch.makeDirectory(Daemon.directoryName)
    let daemon = try Daemon(build, in: scratch, options: ["--stay"])
    let port = try Ports.free()
    try scratch.write("\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp\n")
    try daemon.reload()
    let client = try Client(.stream, "127.0.0.1", port)
    try client.send("x\n")
    #expect(try client.receiveLine() == "x")
  }

  /// CONFIG alone means: this file and no directory, as with every inetd.
  @Test(.enabled(if: Ports.mayUseWellKnown, "needs well-known ports"), arguments: DaemonBuild.present)
  func takesAClassicFileAsItsArgument(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let address = Ports.loopbackAddress()
    // A relative path, which a reload still finds.
    try scratch.write("inetd.conf", "echo\tstream\ttcp\tnowait\troot\tinternal\n")
    let notify = try NotifySocket(path: scratch("notify"))
    let child = try ChildProcess(
      ["sh", "-c", "cd \(scratch.path) && exec \(build.path!) -d -a \(address) --control none inetd.conf"],
      environment: ChildProcess.plainEnvironment.merging(["NOTIFY_SOCKET": notify.path]) { $1 })
    defer { child.end() }
    #expect(try notify.wait(for: "READY=1") { child.isRunning }, "\(child.errors.text)")
    for turn in 0..<2 {
      let client = try Client(.stream, address, 7)
      try client.send("\(turn)\n")
      #expect(try client.receiveLine() == "\(turn)")
      let before = notify.messages.count
      child.send(SIGHUP)
      #expect(try notify.wait(for: "READY=1", after: before) { child.isRunning })
    }
  }

  @Test(arguments: DaemonBuild.present, [SIGTERM, SIGINT, SIGQUIT])
  func endsInOrder(_ build: DaemonBuild, _ signal: Int32) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("held", "hold")
    try setup.start([service])
    let held = try setup.connectGreeted(service)
    setup.daemon.process.send(signal)
    #expect(try setup.daemon.wasNotified("STOPPING=1"))
    #expect(try setup.daemon.process.wait() == .exited(0))
    #expect(throws: Failure.self) { try setup.connect(service) }
    // Servers are left alone.
    try held.client.send("still here\n")
    #expect(try held.client.receiveLine() == "still here")
    held.client.finishSending()
    try Deadline.poll("the server gone") { !ProcessFacts.exists(held.pid) }
  }

  /// The examples of inetd(8), made harmless by an option that ends the command once all others are understood.
  @Test(arguments: DaemonBuild.present)
  func examplesOfTheManualAreUnderstood(_ build: DaemonBuild) throws {
    let page = try String(contentsOf: Checkout.root.appending(path: "man/inetd.8"), encoding: .utf8)
    let lines = page.split(separator: "\n").filter { $0.hasPrefix(".Dl inetd ") }
    #expect(lines.count >= 3)
    for command in lines.flatMap({ $0.dropFirst(4).components(separatedBy: " && ") }) {
      let words = command.split(separator: " ").dropFirst().map(String.init) + ["--version"]
      let child = try ChildProcess([build.path!] + words)
      defer { child.end() }
      #expect(try child.wait() == .exited(0), "\(command): \(child.errors.text)")
    }
  }
}
