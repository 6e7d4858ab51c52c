import Foundation
import Testing

/// The daemon in the background: ready when the command returns, one per pid file, gone with its traces.
@Suite struct BackgroundTests {
  /// A daemon started as an init script starts it, by its pid file.
  struct Background {
    let scratch: Scratch
    let build: DaemonBuild
    let pidFile: String
    let port: UInt16

    init(_ build: DaemonBuild) throws {
      self.build = build
      scratch = try Scratch()
      pidFile = scratch("inetd.pid")
      port = try Ports.free()
      try scratch.write(
        "\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp\n")
    }

    /// - Parameter prefix: words before the command, which replace themselves by it.
    func start(_ options: [String] = [], prefix: [String] = []) throws -> ChildProcess.Result {
      let child = try ChildProcess(
        prefix + [build.path!, "--control", "none", "--pidfile", pidFile] + Daemon.files(in: scratch) + options)
      defer { child.end() }
      // The output ends only if the daemon has let go of it.
      return ChildProcess.Result(
        status: try child.wait(), output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
    }

    var pid: pid_t? { ProcessFacts.read(pidFile).flatMap { pid_t($0.trimmingCharacters(in: .newlines)) } }

    func end() {
      guard let pid, ProcessFacts.exists(pid) else { return }
      kill(pid, SIGKILL)
    }
  }

  /// debconf leaves a descriptor open in what a package starts, and waits until it is closed.
  @Test(arguments: DaemonBuild.present)
  func letsGoOfWhateverItsStarterLeftOpen(_ build: DaemonBuild) throws {
    let background = try Background(build)
    defer { background.end() }
    let result = try background.start(prefix: ["sh", "-c", "exec \"$@\" 3>&1 9>&2", "sh"])
    #expect(result.status == .exited(0), "\(result.errors)")
    #expect(background.pid.map(ProcessFacts.exists) == true)
  }

  @Test(arguments: DaemonBuild.present)
  func returnsWhenItIsReady(_ build: DaemonBuild) throws {
    let background = try Background(build)
    defer { background.end() }
    let result = try background.start()
    #expect(result.status == .exited(0), "\(result.errors)")
    // No waiting here: who has seen the command return finds the port open and the pid file written.
    let client = try Client(.stream, "127.0.0.1", background.port)
    try client.send("hello\n")
    #expect(try client.receiveLine() == "hello")
    let pid = try #require(background.pid)
    #expect(ProcessFacts.read("/proc/\(pid)/comm") == "inetd\n", "update-inetd looks for this name")
    #expect(ProcessFacts.read(background.pidFile) == "\(pid)\n")
    // A daemon: its own session, no terminal, `/`, and nothing of the caller's on 0, 1, 2.
    #expect(getsid(pid) == pid || getsid(pid) != getsid(0))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd") == "/")
    let descriptors = ProcessFacts.descriptors(of: pid)
    for number in 0...2 { #expect(descriptors[number] == "/dev/null", "descriptor \(number)") }

    kill(pid, SIGTERM)
    try Deadline.poll("\(pid) gone") { !ProcessFacts.exists(pid) }
    #expect(!FileManager.default.fileExists(atPath: background.pidFile))
    #expect(throws: Failure.self) { try Client(.stream, "127.0.0.1", background.port) }
  }

  @Test(arguments: DaemonBuild.present)
  func aSecondStartIsRefused(_ build: DaemonBuild) throws {
    let background = try Background(build)
    defer { background.end() }
    #expect(try background.start().status == .exited(0))
    let pid = try #require(background.pid)
    let second = try background.start()
    #expect(second.status == .exited(69))
    #expect(second.errors.contains("\(pid)"), "it says who is there: \(second.errors)")
    #expect(background.pid == pid)
    #expect(ProcessFacts.exists(pid))
  }

  /// What a killed daemon left behind is no obstacle.
  @Test(arguments: DaemonBuild.present)
  func aStalePidFileIsReplaced(_ build: DaemonBuild) throws {
    let background = try Background(build)
    defer { background.end() }
    try background.scratch.write("inetd.pid", "\(getpid())\n")
    #expect(try background.start().status == .exited(0))
    #expect(background.pid != getpid())
  }

  @Test(arguments: DaemonBuild.present)
  func failuresBeforeReadinessReachTheCaller(_ build: DaemonBuild) throws {
    let background = try Background(build)
    defer { background.end() }
    try background.scratch.write("\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = nosuchport\n")
    let result = try background.start()
    #expect(result.status == .exited(78))
    #expect(result.errors.contains("echo.conf:2:8: error: "), "\(result.errors)")
    #expect(background.pid == nil)
  }

  @Test(arguments: DaemonBuild.present)
  func aPidFileThatCannotBeWrittenIsASystemError(_ build: DaemonBuild) throws {
    let background = try Background(build)
    let result = try background.start(["--pidfile", background.scratch("missing/inetd.pid")])
    #expect(result.status == .exited(71))
    #expect(result.errors.contains("missing/inetd.pid"), "\(result.errors)")
  }
}
