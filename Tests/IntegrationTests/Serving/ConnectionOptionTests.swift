import Foundation
import Testing

/// What a server finds on its connection, and about itself, that the daemon's own sockets cannot show.
@Suite struct ConnectionOptionTests {
  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func flagsReachTheServersSocket(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let flagged = try setup.service("flagged", "report", keys: [("flags", "KEEPALIVE NODELAY")])
    let plain = try setup.service("plain", "report")
    try setup.start([flagged, plain])
    let report = try setup.report(flagged)
    #expect(report["socket.keepalive"] == "1")
    #expect(report["socket.no_delay"] == "1")
    let other = try setup.report(plain)
    #expect(other["socket.keepalive"] == "0")
    #expect(other["socket.no_delay"] == "0")
  }

  /// The native form says how often, too.
  @Test(arguments: DaemonBuild.present)
  func keepaliveTimesReachTheServersSocket(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("flagged", "report", keys: [("keepalive", "60 7 4")])
    try setup.start([service])
    let report = try setup.report(service)
    #expect(report["socket.keepalive"] == "1")
    #expect(report["socket.keepalive_times"] == "60 7 4")
  }

  /// A change of flags reaches the connections that come after it, on the same listening socket.
  @Test(arguments: DaemonBuild.present)
  func flagsChangeWithAReload(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("flagged", "report")
    try setup.start([service])
    #expect(try setup.report(service)["socket.keepalive"] == "0")
    service.keys.append(("flags", "KEEPALIVE NODELAY"))
    try setup.write([service])
    try setup.daemon.reload()
    let report = try setup.report(service)
    #expect(report["socket.keepalive"] == "1")
    #expect(report["socket.no_delay"] == "1")
  }

  /// argv[0]: the program's name, its path, or another; rlimit_rss.
  @Test(arguments: DaemonBuild.present)
  func argv0IsWhatTheFileSays(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let services = try [("named", "other-name"), ("path", "path")].map { id, value in
      try setup.service(id, "report", "x", keys: [("argv0", value), ("rlimit_rss", "64M")])
    }
    let plain = try setup.service("plain", "report", "x")
    try setup.start(services + [plain])
    for (service, name) in zip(services + [plain], ["other-name", setup.probe, "probe-server"]) {
      let report = try setup.report(service)
      #expect(report.arguments == [name, "report", "x"], "\(service.id)")
      #expect(report["rlimit.rss"] == (service.id == "plain" ? "-1 -1" : "\(64 << 20) \(64 << 20)"))
    }
  }

  @Test(arguments: DaemonBuild.present)
  func nameInArgumentsIsXinetdsForm(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: .xinetd))
    let service = try setup.service(
      "named", "another-name", "report", "x", keys: [("flags", "NAMEINARGS"), ("rlimit_rss", "64M")])
    try setup.start([service])
    let report = try setup.report(service)
    #expect(report.arguments == ["another-name", "report", "x"])
    #expect(report["rlimit.rss"] == "\(64 << 20) \(64 << 20)")
  }
}
