import Foundation
import Testing

/// More than anyone should send. Afterwards the daemon serves as before, with as many descriptors and as much memory.
@Suite(.serialized) struct OnslaughtTests {
  static let build = DaemonBuild.present.last ?? .ordinary
  /// What a process may keep of a flood, in KB: allocators round up.
  static let slack = 2048

  private struct Setup {
    let probes: ProbeServices
    let echo: UInt16
    let held: Service
    var daemon: Daemon { probes.daemon }

    init() throws {
      probes = try ProbeServices(OnslaughtTests.build)
      echo = try Ports.free()
      try probes.scratch.write(
        "\(Daemon.directoryName)/flooded.conf",
        "service = echo\nid = flooded\ntype = INTERNAL\nport = \(echo)\nprotocol = tcp4\ninstances = UNLIMITED\n")
      held = Service(
        id: "held", port: "\(try Ports.free())", server: "/bin/cat", keys: [("instances", "UNLIMITED")])
      try probes.start([held])
    }

    func expectLevel(descriptors: Int, memory: Int) throws {
      try probes.synchronise()
      try Deadline.poll("\(descriptors) descriptors, now \(ProcessFacts.descriptors(of: daemon.pid).count)") {
        ProcessFacts.descriptors(of: daemon.pid).count <= descriptors
      }
      try Deadline.poll("\(memory) KB, now \(ProcessFacts.residentKilobytes(of: daemon.pid))") {
        ProcessFacts.residentKilobytes(of: daemon.pid) <= memory + OnslaughtTests.slack
      }
    }

    /// What is open and resident after a first use of everything.
    func level() throws -> (descriptors: Int, memory: Int) {
      #expect(try Flood.run("exchange", "\(echo)", "500")["failed"] == 0)
      #expect(try Flood.run("reset", "\(held.port)", "50")["failed"] == 0)
      try daemon.waitForServersToEnd()
      try probes.synchronise()
      return (ProcessFacts.descriptors(of: daemon.pid).count, ProcessFacts.residentKilobytes(of: daemon.pid))
    }
  }

  /// 50,000 connections that reset at once.
  @Test func resets() throws {
    let setup = try Setup()
    let level = try setup.level()
    #expect(try Flood.run("reset", "\(setup.echo)", "\(Flood.count(50_000))")["failed"] == 0)
    #expect(try Flood.run("reset", "\(setup.held.port)", "\(Flood.count(2_500))")["failed"] == 0)
    #expect(try Flood.run("exchange", "\(setup.echo)", "50")["failed"] == 0)
    try setup.daemon.waitForServersToEnd()
    try setup.expectLevel(descriptors: level.descriptors, memory: level.memory)
  }

  /// 100,000 connections in all, each served.
  @Test func manyConnections() throws {
    let setup = try Setup()
    let level = try setup.level()
    #expect(try Flood.run("exchange", "\(setup.echo)", "\(Flood.count(95_000))")["failed"] == 0)
    #expect(try Flood.run("exchange", "\(setup.held.port)", "\(Flood.count(5_000))")["failed"] == 0)
    try setup.daemon.waitForServersToEnd()
    try setup.expectLevel(descriptors: level.descriptors, memory: level.memory)
  }

  /// 5,000 servers that end at one instant: the daemon sleeps while they die, and finds one signal for all of them.
  @Test func manyServersEndAtOnce() throws {
    let setup = try Setup()
    let level = try setup.level()
    let count = Flood.count(5_000)
    do {
      let clients = try HeldConnections("hold", port: UInt16(setup.held.port)!, count: count)
      #expect(clients.open == count)
      try Deadline.poll("\(count) servers") { setup.daemon.servers.count == count }
      setup.daemon.process.send(SIGSTOP)
      for server in ProcessFacts.children(of: setup.daemon.pid) { kill(server, SIGKILL) }
      setup.daemon.process.send(SIGCONT)
      try Deadline.poll("all reaped") { ProcessFacts.children(of: setup.daemon.pid).isEmpty }
    }
    #expect(try Flood.run("exchange", "\(setup.held.port)", "20")["failed"] == 0)
    try setup.daemon.waitForServersToEnd()
    try setup.expectLevel(descriptors: level.descriptors, memory: level.memory)
  }

  /// A storm of reloads loses no connection and disables no service.
  @Test func reloadsWhileServing() throws {
    let setup = try Setup()
    let level = try setup.level()
    let client = try ChildProcess([Flood.program, "exchange", "\(setup.echo)", "\(Flood.count(25_000))"])
    let spawning = try ChildProcess([Flood.program, "exchange", "\(setup.held.port)", "\(Flood.count(2_500))"])
    defer {
      client.end()
      spawning.end()
    }
    var storm = 0
    while client.isRunning || spawning.isRunning {
      setup.daemon.process.send(SIGHUP)
      storm += 1
      // As fast as the daemon takes them: the kernel merges what comes faster.
      try setup.daemon.log.wait(for: "reloads", count: 1, after: 0) { $0.contains("reloaded") }
      sched_yield()
    }
    #expect(storm > 10)
    for child in [client, spawning] {
      #expect(try child.wait(seconds: 120) == .exited(0))
      #expect(Flood.values(try child.output.untilEnd())["failed"] == 0, "\(setup.daemon.log.lines.suffix(20))")
    }
    try setup.daemon.waitForServersToEnd()
    try setup.expectLevel(descriptors: level.descriptors, memory: level.memory)
  }
}
