import Foundation
import Testing

/// When the machine has no more of something.
@Suite struct StarvationTests {
  /// Out of descriptors: nobody hangs for ever, nothing spins, and it is over when it is over.
  @Test(arguments: DaemonBuild.present)
  func descriptorsRunningOutHealsByItself(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let port = try Ports.free()
    try scratch.write(
      "\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp4\ninstances = UNLIMITED\n")
    let daemon = try Daemon(build, in: scratch, prefix: ["prlimit", "--nofile=40:40"])
    var clients = try (0..<80).map { _ in try Client(.stream, "127.0.0.1", port) }
    for (index, client) in clients.enumerated() { try? client.send("\(index)\n") }
    #expect(try clients[0].receiveLine() == "0")

    let before = ProcessFacts.processorTime(of: daemon.pid)
    let began = ContinuousClock.now
    try Deadline.poll("a second of being out of descriptors") { ContinuousClock.now - began > .seconds(1) }
    let used = ProcessFacts.processorTime(of: daemon.pid) - before
    #expect(used < 0.3, "\(used) s of CPU in one second")
    #expect(daemon.log.lines.count < 30, "\(daemon.log.lines.count) lines")

    clients = []
    try Deadline.poll("served again") {
      guard let client = try? Client(.stream, "127.0.0.1", port, seconds: 2) else { return false }
      try client.send("again\n")
      return (try? client.receiveLine()) == "again"
    }
    #expect(daemon.process.isRunning)
  }

  /// No process can be started: who connects waits or is refused, and is served once there is room again.
  @Test(.enabled(if: getuid() == 0, "limits another user"), arguments: DaemonBuild.present)
  func processesRunningOutHealsByItself(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    try setup.scratch.write(
      "\(Daemon.directoryName)/held.conf",
      "port = \(port)\nprotocol = tcp4\nserver = \(setup.probe)\nserver_args = hold\n")
    // A user nobody else runs as: the limit counts all its processes.
    let user = uid_t.random(in: 400_000..<500_000)
    let daemon = try Daemon(build, in: setup.scratch, user: user, prefix: ["prlimit", "--nproc=3:3"])
    let first = try (0..<2).map { _ in
      let client = try Client(.stream, "127.0.0.1", port)
      _ = try client.receivePid()
      return client
    }
    let waiting = try Client(.stream, "127.0.0.1", port)
    try daemon.log.wait(containing: "Resource temporarily unavailable")
    first[0].finishSending()
    // Either the one that waited is served, or it was refused and the next one is.
    if (try? waiting.receivePid()) == nil {
      #expect(try Client(.stream, "127.0.0.1", port).receivePid() > 0)
    }
    #expect(daemon.process.isRunning)
  }
}
