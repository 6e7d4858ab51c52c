import Foundation
import Testing

/// SIGUSR2: the program executes itself anew, and nobody outside notices.
@Suite struct ReexecutionTests {
  private func holder(_ setup: ProbeServices) throws -> Service {
    try setup.service("holder", "hold", keys: [("log_on_success", "PID EXIT")])
  }

  @Test(arguments: DaemonBuild.present)
  func socketsAndServersOutliveIt(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try holder(setup)
    try setup.start([service])
    let (client, server) = try setup.connectGreeted(service)
    for round in 1...3 {
      let before = setup.daemon.log.lines.count
      try setup.daemon.reexecute()
      try setup.daemon.log.wait(containing: "holder: its socket on 0.0.0.0:\(service.port) was kept", after: before)
      try setup.daemon.log.wait(
        containing: "1 servers of the run before still run and are counted", after: before)
      #expect(ProcessFacts.exists(server), "round \(round)")
      try setup.synchronise()
    }
    // Still a child of the same process: its end is seen, with its status.
    withExtendedLifetime(client) {}
    kill(server, SIGTERM)
    try setup.daemon.log.wait(for: "the server's end") {
      $0.contains("EXIT: holder signal=15 pid=\(server)") || $0.contains("EXIT: holder status=")
    }
  }

  private func inodes(_ daemon: Daemon, _ services: Service...) -> [Set<String>] {
    services.map { ProcessFacts.socketInodes(of: daemon.pid, port: UInt16($0.port)!) }
  }

  /// It is a reload, too: what stays keeps its sockets, servers, counts and limits, whatever else has changed.
  @Test(arguments: DaemonBuild.present)
  func aChangedConfigurationComesWithIt(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let setup = operations.probes
    var held = try setup.service(
      "held", "hold", keys: [("overflow", "refuse"), ("per_source", "1"), ("instances", "5")])
    var waiter = try setup.service("waiter", "accept", "3")
    waiter.wait = true
    let leaving = try setup.service("leaving", "hold")
    let coming = try setup.service("coming", "hold")
    try operations.start([held, waiter, leaving])
    let (first, old) = (try setup.connectGreeted(held, from: "127.0.0.2"), try setup.connectGreeted(leaving))
    let accepting = try setup.connectGreeted(waiter).pid
    let before = inodes(setup.daemon, held, waiter)
    #expect(before.allSatisfy { !$0.isEmpty }, "\(before)")

    held.keys[2] = ("instances", "2")
    try setup.write([held, waiter, coming])
    try setup.daemon.reexecute()
    #expect(inodes(setup.daemon, held, waiter) == before)
    #expect((try? setup.connect(leaving)) == nil, "nobody listens for what is gone")
    _ = try setup.connectGreeted(coming)
    let status = try operations.json("status", "held")[0]
    #expect(status["started"] as? Int == 1 && status["active"] as? Int == 1, "\(status)")
    // Who is served counts, by source and in all.
    #expect(try setup.connect(held, from: "127.0.0.2").isClosedSilently())
    let second = try setup.connectGreeted(held, from: "127.0.0.3")
    #expect(try setup.connect(held, from: "127.0.0.4").isClosedSilently())
    // Conversations go on, also with the server of a service that is gone.
    for client in [first.client, second.client, old.client] {
      try client.send("still here\n")
      #expect(try client.receiveLine() == "still here")
    }
    // The wait server has its socket until it ends, which the new program sees.
    for _ in 0..<2 { #expect(try setup.connectGreeted(waiter).pid == accepting) }
    #expect(try setup.connectGreeted(waiter).pid != accepting)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can run the daemon from elsewhere"), arguments: DaemonBuild.present)
  func aFailedExecutionChangesNothing(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let setup = operations.probes
    let service = try holder(setup)
    var waiter = try setup.service("waiter", "accept", "2")
    waiter.wait = true
    let idle = try setup.service("idle", "hold")
    try operations.start([service, waiter, idle], user: 0)
    let (client, server) = try setup.connectGreeted(service)
    let accepting = try setup.connectGreeted(waiter).pid
    try operations.run("pause", "idle")
    func facts() throws -> [String] {
      let sockets = inodes(setup.daemon, service, waiter, idle).map { "\($0.sorted())" }
      return sockets + ["\(setup.daemon.pid)"] + [try operations.run("status", "--json").output]
    }
    let before = try facts()
    // The files have changed meanwhile: they are not read either.
    try setup.write([service, waiter])
    try setup.scratch.remove("inetd")
    setup.daemon.process.send(SIGUSR2)
    try setup.daemon.log.wait(containing: "No such file or directory; the daemon goes on as it is")
    #expect(try facts() == before)
    #expect(ProcessFacts.exists(server))
    try setup.synchronise()
    let second = try setup.connectGreeted(service).pid
    #expect(second != server)
    #expect(try setup.connectGreeted(waiter).pid == accepting)
    #expect(try setup.connectGreeted(waiter).pid != accepting)
    withExtendedLifetime(client) {}
  }
}
