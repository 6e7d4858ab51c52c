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

  @Test(.enabled(if: geteuid() == 0, "only root can run the daemon from elsewhere"), arguments: DaemonBuild.present)
  func aFailedExecutionChangesNothing(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try holder(setup)
    try setup.start([service], user: 0)
    let (client, server) = try setup.connectGreeted(service)
    try setup.scratch.remove("inetd")
    setup.daemon.process.send(SIGUSR2)
    try setup.daemon.log.wait(containing: "No such file or directory; the daemon goes on as it is")
    #expect(ProcessFacts.exists(server))
    try setup.synchronise()
    let second = try setup.connectGreeted(service).pid
    #expect(second != server)
    withExtendedLifetime(client) {}
  }
}
