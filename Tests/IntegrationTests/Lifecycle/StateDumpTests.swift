import Foundation
import Testing

/// SIGUSR1: the state of everything to the log, and no secrets with it.
@Suite struct StateDumpTests {
  @Test(arguments: DaemonBuild.present)
  func theDumpTellsStateAndNoSecrets(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service(
      "dumped", "hold", "0", "--password=hunter2",
      keys: [("env", "TOKEN=hunter2"), ("passenv", "INHERITED"), ("instances", "1")])
    let idle = try setup.service("idle", "hold")
    try setup.start([service, idle], environment: ["INHERITED": "hunter2"])
    let served = try setup.connectGreeted(service)
    // Waits for its turn.
    let client = try setup.connect(service)
    try setup.synchronise()
    let mark = setup.daemon.log.lines.count
    setup.daemon.process.send(SIGUSR1)
    try setup.daemon.log.wait(containing: "state: 3 services, 1 active", after: mark)
    let line = try setup.daemon.log.wait(containing: "state: dumped:", after: mark)
    #expect(line.contains(":\(service.port)"), "\(line)")
    #expect(line.contains("1 live, 1 accepted, 1 started, 0 refused, 0 failed"), "\(line)")
    #expect(line.contains("limited: instances: all 1 are running"), "\(line)")
    try setup.daemon.log.wait(containing: "state: idle:", after: mark)
    try setup.synchronise()
    #expect(!setup.daemon.log.text.contains("hunter2"))
    withExtendedLifetime((served, client)) {}
  }
}
