import Foundation
import Testing

/// How many at once, how many a minute, and what happens to who comes too many.
@Suite struct LimitTests {
  /// Beyond `instances` a connection waits in the backlog, and is served when a server has ended.
  @Test(arguments: DaemonBuild.present)
  func queuesBeyondInstances(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("held", "hold", keys: [("instances", "2")])
    try setup.start([service])
    var held = try (0..<2).map { _ in try setup.connectGreeted(service) }
    let third = try setup.connect(service)
    try setup.synchronise()
    #expect(third.receiveNow() == nil)
    #expect(setup.daemon.servers.count == 2)

    held.removeFirst().client.finishSending()
    let pid = try third.receivePid()
    #expect(pid != held[0].pid)
    #expect(setup.daemon.servers.count == 2)
  }

  /// In xinetd's syntax who comes too many is told so and closed, as xinetd does.
  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func refusesBeyondInstancesWhereAsked(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let overflow = syntax == .flat ? [("overflow", "refuse")] : []
    let service = try setup.service("held", "hold", keys: [("instances", "1")] + overflow)
    try setup.start([service])
    let held = try setup.connectGreeted(service)
    #expect(try setup.connect(service).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: held service_limit from=127.0.0.1")
    held.client.finishSending()
    try setup.daemon.waitForServersToEnd()
    #expect(try setup.connectGreeted(service).pid != held.pid)
  }

  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func limitsEachSource(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let service = try setup.service("held", "hold", keys: [("per_source", "1")])
    try setup.start([service])
    let held = try setup.connectGreeted(service)
    #expect(try setup.connect(service).isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: held per_source_limit from=127.0.0.1")
    // Another source is not concerned.
    let other = try setup.connectGreeted(service, from: "127.0.0.2")
    #expect(other.pid != held.pid)
    held.client.finishSending()
    try Deadline.poll("the first server gone") { !ProcessFacts.exists(held.pid) }
    try setup.synchronise()
    #expect(try setup.connectGreeted(service).pid != held.pid)
  }

  /// `nowait.3` serves three a minute, not two, and keeps the port: the fourth waits in the backlog.
  @Test(arguments: DaemonBuild.present)
  func servesExactlyTheNumberBehindNowait(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: .classic))
    var service = try setup.service("counted", "fail", "0")
    service.perMinute = 3
    try setup.start([service])
    for _ in 0..<3 { #expect(try setup.connect(service).isClosedSilently()) }
    let fourth = try setup.connect(service)
    try setup.synchronise()
    #expect(fourth.receiveNow() == nil)
    #expect(errno == EAGAIN, "still open, in the backlog")
  }

  /// A rate is a bucket that fills again by itself.
  @Test(arguments: DaemonBuild.present, [("rate", "4/2s"), ("cps", "2 1")])
  func ratesHealByThemselves(_ build: DaemonBuild, _ key: (String, String)) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("rated", "hold", keys: [key])
    try setup.start([service])
    let burst = key.0 == "rate" ? 4 : 2
    // From before the first one: however slow this machine is, the bucket has to fill for the last one, at 2 a second.
    let began = ContinuousClock.now
    for _ in 0..<burst { _ = try setup.connectGreeted(service) }
    let late = try setup.connectGreeted(service)
    let passed = ContinuousClock.now - began
    #expect(passed > .milliseconds(450), "all served after \(passed)")
    #expect(late.pid > 0)
  }

  /// FreeBSD's three numbers: instances / starts a minute and source / instances a source.
  @Test(arguments: DaemonBuild.present)
  func freeBSDsNumbersLimitTheSource(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    try setup.scratch.write(
      Daemon.classicName, "\(port)\tstream\ttcp\tnowait/10/0/1\t\(Service.ownUser)\t\(setup.probe)\tprobe-server hold\n"
    )
    try setup.start([])
    let held = try Client(.stream, "127.0.0.1", port)
    _ = try held.receivePid()
    #expect(try Client(.stream, "127.0.0.1", port).isClosedSilently())
    try setup.daemon.log.wait(containing: "per_source_limit from=127.0.0.1")
  }

  /// The middle one: starts a minute for each source.
  @Test(arguments: DaemonBuild.present)
  func freeBSDsMiddleNumberCountsStartsOfASource(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    let name = "\(port)/tcp"
    try setup.scratch.write(
      Daemon.classicName, "\(port)\tstream\ttcp\tnowait/10/2\t\(Service.ownUser)\t\(setup.probe)\tprobe-server hold\n")
    try setup.start([])
    func connect(from host: String) throws -> Client {
      try Client(.stream, "127.0.0.1", port, from: SocketName(host, 0))
    }
    // Starts are counted, not servers: the first has ended when the third comes.
    for _ in 0..<2 {
      let client = try connect(from: "127.0.0.1")
      _ = try client.receivePid()
      client.finishSending()
    }
    try setup.daemon.waitForServersToEnd()
    #expect(try connect(from: "127.0.0.1").isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: \(name) connections per second from=127.0.0.1")
    // Another source has a number of its own, and the one that is over it stays over it.
    for _ in 0..<2 { #expect(try connect(from: "127.0.0.2").receivePid() > 0) }
    for host in ["127.0.0.1", "127.0.0.2"] { #expect(try connect(from: host).isClosedSilently(), "\(host)") }
  }

  @Test(arguments: DaemonBuild.present)
  func theDaemonsOwnLimitCountsAllServices(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let services = try (0..<2).map { try setup.service("held\($0)", "hold") }
    try setup.start(services, options: ["--process-limit", "2"])
    let held = try services.map { try setup.connectGreeted($0) }
    let extra = try setup.connect(services[0])
    try setup.synchronise()
    #expect(setup.daemon.servers.count == 2)
    withExtendedLifetime((held, extra)) {}
  }
}
