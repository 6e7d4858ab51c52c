import Foundation
import Testing

/// Servers that cannot be started.
@Suite struct FailureTests {
  /// The program is there when the files are read and gone when somebody comes: the log says what failed, the
  /// connection closes, the service goes on.
  @Test(arguments: Variant.all)
  func aFailedStartIsLoggedWithItsStage(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    let script = try setup.scratch.script("fickle", "echo served")
    let service = Service(id: "fickle", port: "\(try Ports.free())", server: script)
    try setup.start([service])
    #expect(try setup.connect(service).receiveText() == "served\n")
    try FileManager.default.moveItem(atPath: script, toPath: script + ".away")
    #expect(try setup.connect(service).isClosedSilently())
    let line = try setup.daemon.log.wait(containing: "No such file or directory")
    #expect(line.contains("execute"), "\(line)")
    #expect(line.contains(script), "\(line)")
    try FileManager.default.moveItem(atPath: script + ".away", toPath: script)
    #expect(try setup.connect(service).receiveText() == "served\n")
  }

  @Test(arguments: DaemonBuild.present)
  func aProgramThatIsNoProgramIsLogged(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let file = try setup.scratch.write("bin/garbage", bytes: [0x7f, 0x45, 0x4c, 0x46, 1, 2, 3], mode: 0o755)
    let service = Service(id: "garbage", port: "\(try Ports.free())", server: file)
    try setup.start([service])
    #expect(try setup.connect(service).isClosedSilently())
    try setup.daemon.log.wait(containing: "Exec format error")
  }

  /// No server, no zombie, no descriptor is left after many that failed or died.
  @Test(arguments: DaemonBuild.present)
  func nothingIsLeftOfManyServers(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let dying = try setup.service("dying", "fail", "3")
    let garbage = try setup.scratch.write("bin/garbage", bytes: [0x7f, 0x45, 0x4c, 0x46], mode: 0o755)
    let failing = Service(id: "failing", port: "\(try Ports.free())", server: garbage)
    try setup.start([dying, failing])
    try setup.synchronise()
    for service in [dying, failing] { _ = try setup.connect(service).isClosedSilently() }
    try setup.daemon.waitForServersToEnd()
    let before = ProcessFacts.descriptors(of: setup.daemon.pid).count
    for _ in 0..<100 {
      for service in [dying, failing] { #expect(try setup.connect(service).isClosedSilently()) }
    }
    try Deadline.poll("all servers reaped") { ProcessFacts.children(of: setup.daemon.pid).isEmpty }
    try setup.synchronise()
    try Deadline.poll("as many descriptors as before") {
      ProcessFacts.descriptors(of: setup.daemon.pid).count <= before
    }
  }

  /// A client that resets while it waits in the backlog stops nothing.
  @Test(arguments: DaemonBuild.present)
  func resetsInTheBacklogDoNotBlock(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("held", "hold", keys: [("instances", "1")])
    try setup.start([service])
    let held = try setup.connectGreeted(service)
    for _ in 0..<20 {
      let client = try setup.connect(service)
      var abort = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client.descriptor, SOL_SOCKET, SO_LINGER, &abort, socklen_t(MemoryLayout<linger>.size))
    }
    try setup.synchronise()
    held.client.finishSending()
    #expect(try setup.connectGreeted(service).pid != held.pid)
  }
}
