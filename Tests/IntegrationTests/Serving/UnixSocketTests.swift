import Foundation
import Testing

/// Services on unix sockets.
@Suite struct UnixSocketTests {
  func start(_ build: DaemonBuild, _ lines: String, probe arguments: String) throws -> (ProbeServices, String) {
    let setup = try ProbeServices(build)
    let path = setup.scratch("socket")
    try setup.scratch.write(
      "\(Daemon.directoryName)/local.conf",
      "listen = \(path)\nserver = \(setup.probe)\nserver_args = \(arguments)\nuser = \(Service.ownUser)\n\(lines)\n")
    try setup.start([])
    return (setup, path)
  }

  @Test(arguments: DaemonBuild.present)
  func streamServersLearnWhoTheirPeerIs(_ build: DaemonBuild) throws {
    let (setup, path) = try start(build, "socket_mode = 0600", probe: "report")
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    let environment = try ProbeReport(Client(unix: path).receiveText()).environment
    #expect(environment["REMOTE_PID"] == "\(getpid())")
    #expect(environment["REMOTE_UID"] == "\(getuid())")
    #expect(environment["REMOTE_GID"] == "\(getgid())")
    #expect(environment["REMOTE_ADDR"] == nil)
    #expect(try setup.daemon.stop() == .exited(0))
    #expect(!FileManager.default.fileExists(atPath: path), "its own socket is removed at the end")
  }

  @Test(arguments: DaemonBuild.present, ["nowait", "wait"])
  func seqpacketServersGetTheirConnections(_ build: DaemonBuild, waiting: String) throws {
    let wait = waiting == "wait"
    let (setup, path) = try start(
      build, "socket_type = seqpacket\nwait = \(wait ? "yes" : "no")", probe: wait ? "accept 2" : "hold")
    let pids = try (0..<2).map { _ in
      let client = try Client(.seqpacket, unix: path)
      let packet = String(decoding: try client.receive(), as: UTF8.self)
      return packet
    }
    #expect(Set(pids).count == (wait ? 1 : 2))
    withExtendedLifetime(setup) {}
  }

  @Test(arguments: DaemonBuild.present)
  func datagramWaitServersAnswer(_ build: DaemonBuild) throws {
    let (setup, path) = try start(build, "socket_type = dgram\nwait = yes", probe: "datagram 1")
    for turn in 0..<2 {
      let client = try Client(.datagram, unix: path, from: setup.scratch("client\(turn)"))
      try client.send("turn \(turn)")
      #expect(String(decoding: try client.receive(), as: UTF8.self).hasSuffix(" turn \(turn)"))
    }
  }

  @Test(arguments: DaemonBuild.present)
  func abstractNamesWork(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let name = "@inetd-test-\(UUID().uuidString)"
    try setup.scratch.write(
      "\(Daemon.directoryName)/local.conf",
      "listen = \(name)\nserver = \(setup.probe)\nserver_args = hold\nuser = \(Service.ownUser)\n")
    try setup.start([])
    #expect(try Client(unix: name).receivePid() > 0)
  }

  /// The forms of the BSDs' inetd.conf.
  @Test(.enabled(if: getuid() == 0, "giving the socket away needs root"), arguments: DaemonBuild.present)
  func classicLinesNameSocketsTheirWay(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let plain = setup.scratch("plain")
    let owned = setup.scratch("owned")
    try setup.scratch.write(
      Daemon.classicName,
      """
      \(plain)\tstream\tunix\tnowait\troot\t\(setup.probe)\tprobe-server hold
      :nobody:tty:0620:\(owned)\tstream\tunix\tnowait\troot\t\(setup.probe)\tprobe-server hold

      """)
    try setup.start([])
    for path in [plain, owned] { #expect(try Client(unix: path).receivePid() > 0) }
    var status = stat()
    #expect(stat(owned, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o620)
    #expect(status.st_uid == 65534)
    #expect(status.st_gid == getgrnam("tty")!.pointee.gr_gid)
  }

  /// A socket that a killed daemon left behind is no obstacle; one that somebody serves is.
  @Test(arguments: DaemonBuild.present)
  func aLeftOverSocketIsReplaced(_ build: DaemonBuild) throws {
    let (setup, path) = try start(build, "", probe: "hold")
    setup.daemon.process.end()
    #expect(FileManager.default.fileExists(atPath: path))
    let again = try Daemon(build, in: setup.scratch)
    #expect(try Client(unix: path).receivePid() > 0)
    withExtendedLifetime(again) {}
  }
}
