import Foundation
import Testing

/// The port service multiplexer (RFC 1078) and the services below it.
@Suite struct TCPMuxTests {
  static let isRoot = getuid() == 0

  private struct Setup {
    let services: ProbeServices
    let port: UInt16

    /// `targets`: id, type, probe arguments, further lines.
    init(
      _ build: DaemonBuild, _ targets: [(String, String, String, String)], user: String = Service.ownUser
    ) throws {
      services = try ProbeServices(build)
      port = try Ports.free()
      let place = Daemon.directoryName
      try services.scratch.write(
        "\(place)/tcpmux.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp\nlog_on_success = HOST\n")
      for (id, type, arguments, lines) in targets {
        try services.scratch.write(
          "\(place)/\(id).conf",
          """
          type = \(type)
          protocol = tcp
          user = \(user)
          server = \(services.probe)
          server_args = \(arguments)
          log_on_success = PID HOST
          \(lines)

          """)
      }
      try services.start([])
    }

    func connect(from host: String? = nil) throws -> Client {
      try Client(.stream, "127.0.0.1", port, from: host.map { try SocketName($0, 0) })
    }
  }

  /// What is sent right behind the name is the server's, to the byte.
  @Test(arguments: DaemonBuild.present)
  func theNameIsTakenToTheByte(_ build: DaemonBuild) throws {
    let setup = try Setup(build, [("held", "TCPMUX", "hold", ""), ("greeted", "TCPMUXPLUS", "hold", "")])
    let client = try setup.connect()
    try client.send("held\r\nat once\n")
    _ = try client.receivePid()
    #expect(try client.receiveLine() == "at once")

    let greeted = try setup.connect()
    try greeted.send("greeted\r\n\0binary\u{7f}\n")
    #expect(try greeted.receiveLine() == "+Go\r")
    let pid = try greeted.receivePid()
    #expect(try greeted.receiveLine() == "\0binary\u{7f}")
    try setup.services.daemon.log.wait(containing: "START: greeted pid=\(pid) from=127.0.0.1")
  }

  @Test(arguments: DaemonBuild.present)
  func namesComeInPiecesAndAnyCase(_ build: DaemonBuild) throws {
    let setup = try Setup(build, [("held", "TCPMUX", "hold", "")])
    let client = try setup.connect()
    for piece in ["H", "eL", "d"] {
      try client.send(piece)
      try setup.services.synchronise()
    }
    #expect(client.receiveNow() == nil)
    try client.send("\r")
    try client.send("\nx\n")
    _ = try client.receivePid()
    #expect(try client.receiveLine() == "x")
  }

  @Test(arguments: DaemonBuild.present)
  func helpListsAndTheRestIsRefused(_ build: DaemonBuild) throws {
    let setup = try Setup(build, [("held", "TCPMUX", "hold", ""), ("other", "TCPMUXPLUS", "hold", "")])
    let help = try setup.connect()
    try help.send("HELP\r\n")
    #expect(try help.receiveText() == "held\r\nother\r\n")
    for question in ["nothing\r\n", "\r\n", "held \r\n", "held\0\r\n", String(repeating: "x", count: 300)] {
      let client = try setup.connect()
      try client.send(question)
      #expect(try client.receiveText() == "-Service not available\r\n", "\(question)")
    }
    #expect(setup.services.daemon.servers == [])
  }

  /// The target's own user, limits, access list and log apply, not the multiplexer's.
  @Test(.enabled(if: isRoot, "changing users needs root"), arguments: DaemonBuild.present)
  func theTargetsRulesApply(_ build: DaemonBuild) throws {
    let setup = try Setup(
      build,
      [
        ("guarded", "TCPMUX", "hold", "only_from = 127.0.0.2\ninstances = 1\noverflow = refuse"),
        ("reporting", "TCPMUXPLUS", "report", ""),
      ], user: "nobody")
    let refused = try setup.connect()
    try refused.send("guarded\r\n")
    #expect(try refused.receiveText() == "-Service not available\r\n")
    try setup.services.daemon.log.wait(containing: "FAIL: guarded address from=127.0.0.1")

    let first = try setup.connect(from: "127.0.0.2")
    try first.send("guarded\r\n")
    _ = try first.receivePid()
    let second = try setup.connect(from: "127.0.0.2")
    try second.send("guarded\r\n")
    #expect(try second.receiveText() == "-Service not available\r\n")
    try setup.services.daemon.log.wait(containing: "FAIL: guarded service_limit from=127.0.0.2")

    let reporting = try setup.connect()
    try reporting.send("reporting\r\n")
    #expect(try reporting.receiveLine() == "+Go\r")
    let report = try ProbeReport(reporting.receiveText())
    #expect(report["uid"] == "65534 65534 65534")
    #expect(report.environment["INETD_SERVICE"] == "reporting")
    #expect(report.environment["REMOTE_ADDR"] == "127.0.0.1")
    #expect(Set(report.descriptors.keys) == ["0", "1", "2"])
  }

  /// Nobody holds up anybody by saying nothing.
  @Test(arguments: DaemonBuild.present)
  func silenceHoldsUpNobody(_ build: DaemonBuild) throws {
    let setup = try Setup(build, [("held", "TCPMUX", "hold", "")])
    let silent = try (0..<20).map { _ in try setup.connect() }
    let client = try setup.connect()
    try client.send("held\r\n")
    _ = try client.receivePid()
    #expect(silent.allSatisfy { $0.receiveNow() == nil && errno == EAGAIN })
    #expect(try silent[0].receiveText() == "-Service not available\r\n")
  }
}
