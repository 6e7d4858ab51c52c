import Foundation
import Testing

/// Files with mistakes: each is named with its place, costs its own service, and no other.
@Suite struct BadInputTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    /// In the service directory; `.` in the name makes it flat by convention, but content decides.
    var file = "bad.conf"
    var bytes: [UInt8]
    var mode: mode_t = 0o644
    /// Line and column, where the mistake has one, and words of the message.
    var place: String?
    var severity = "error"
    var words: [String]
    /// For mistakes only an unprivileged daemon meets.
    var unprivileged = false
    var testDescription: String { name }

    /// A flat file: `lines`, and the account that a root daemon wants to know, behind them.
    static func flat(_ name: String, _ lines: String, at place: String, _ word: String) -> Case {
      Case(name: name, bytes: Array("\(lines)user = USER\n".utf8), place: place, words: [word])
    }

    static func text(
      _ name: String, _ lines: String, file: String = "bad.conf", at place: String?, _ words: String...,
      severity: String = "error"
    ) -> Case {
      Case(name: name, file: file, bytes: Array(lines.utf8), place: place, severity: severity, words: words)
    }
  }

  static let cases: [Case] = [
    .flat("unknown key", "port = PORT\ncolour = red\nserver = PROBE\n", at: "2:1", "colour"),
    .text("unknown user", "port = PORT\nserver = PROBE\nuser        = nosuchuser\n", at: "3:15", "nosuchuser"),
    .flat("unknown group", "port = PORT\nserver = PROBE\ngroup = nosuchgroup\n", at: "3:9", "nosuchgroup"),
    .flat("unknown program", "port = PORT\nserver = /no/such/server\n", at: "2:10", "/no/such/server"),
    .flat("relative program", "port = PORT\nserver = probe\n", at: "2:10", "probe"),
    .flat(
      "bad address in a list", "port = PORT\nserver = PROBE\nonly_from = 10.0.0.1 10.0.0.300\n", at: "3:22",
      "10.0.0.300"),
    .flat("bad address to bind", "port = PORT\nserver = PROBE\nbind = 999.1.1.1\n", at: "3:8", "999.1.1.1"),
    .flat("bad port", "port = 65536\nserver = PROBE\n", at: "1:8", "65536"),
    .flat("unknown service name", "service = nosuchservice\nserver = PROBE\n", at: "1:11", "nosuchservice"),
    .flat("bad number", "port = PORT\nserver = PROBE\ninstances = many\n", at: "3:13", "many"),
    .flat("bad boolean", "port = PORT\nserver = PROBE\nwait = perhaps\n", at: "3:8", "perhaps"),
    .flat("unclosed quote", "port = PORT\nserver = PROBE\nserver_args = \"open\n", at: "3:15", "quot"),
    .flat("no server", "port = PORT\n", at: "1:1", "server"),
    .text(
      "xinetd: unknown user",
      "service bad\n{\n\tport = PORT\n\tsocket_type = stream\n\twait = no\n\tuser = nosuchuser\n\tserver = PROBE\n}\n",
      file: "bad", at: "6:9", "nosuchuser"),
    .text(
      "xinetd: unknown attribute",
      "service bad\n{\n\tport = PORT\n\tsocket_type = stream\n\twait = no\n\tuser = USER\n\tserver = PROBE\n\tcolour = red\n}\n",
      file: "bad", at: "8:2", "colour", severity: "warning"),
    .text("classic: too few fields", "PORT stream tcp nowait\n", file: "bad", at: "1:18", "user"),
    .text("classic: unknown socket type", "PORT strem tcp nowait USER PROBE probe\n", file: "bad", at: "1:7", "strem"),
    .text("classic: bad wait field", "PORT stream tcp nowiat USER PROBE probe\n", file: "bad", at: "1:18", "nowiat"),
    .text("CRLF and a mistake", "port = PORT\r\nserver = PROBE\r\nuser = nosuchuser\r\n", at: "3:8", "nosuchuser"),
    Case(name: "NUL", bytes: Array("port = PORT\nserver = PR\0OBE\n".utf8), place: "2:12", words: ["NUL"]),
    Case(
      name: "binary file", bytes: [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0xff, 0xfe, 10, 0, 1], place: "1:8",
      words: ["NUL"]),
    Case(
      name: "world-writable file", bytes: Array("port = PORT\nserver = PROBE\nuser = USER\n".utf8), mode: 0o666,
      place: nil,
      words: ["can be written by everyone"]),
    Case(
      name: "unreadable file", bytes: Array("port = PORT\nserver = PROBE\nuser = USER\n".utf8), mode: 0, place: nil,
      words: ["Permission denied"], unprivileged: true),
  ]

  static let canRunAll = getuid() == 0

  @Test(.enabled(if: canRunAll, "some mistakes need root"), arguments: DaemonBuild.present, cases)
  func aMistakeIsNamedAndCostsItsOwnService(_ build: DaemonBuild, _ bad: Case) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    let good = try setup.service("good", "hold")
    var text = bad.bytes
    for (mark, value) in [("PORT", "\(port)"), ("PROBE", setup.probe), ("USER", Service.ownUser)] {
      text = text.replacing(Array(mark.utf8), with: Array(value.utf8))
    }
    let path = try setup.scratch.write("\(Daemon.directoryName)/\(bad.file)", bytes: text, mode: bad.mode)
    // An unprivileged daemon needs no user in its services; the flat form of `good` names root's.
    let user = bad.unprivileged ? "" : "user = \(Service.ownUser)\n"
    let plain = "port = \(good.port)\nprotocol = tcp\nserver = \(setup.probe)\nserver_args = hold\n\(user)"
    try setup.scratch.write("\(Daemon.directoryName)/good.conf", plain)
    try setup.start([], user: bad.unprivileged ? 65534 : nil)

    let place = bad.place.map { "\(path):\($0): \(bad.severity): " } ?? path
    let line = try setup.daemon.log.wait(containing: place)
    for word in bad.words { #expect(line.contains(word), "\(line)") }
    // What becomes of it: the sentence goes on behind a semicolon.
    #expect(line.contains(#/; (?:\w+ )*(?:skipped|ignored|kept|used)/#), "\(line)")
    #expect(try setup.connectGreeted(good).pid > 0)
    if bad.severity == "error" {
      #expect(throws: Failure.self) { try Client(.stream, "127.0.0.1", port) }
    }
  }

  /// A line of a classic file costs that line only.
  @Test(arguments: DaemonBuild.present)
  func aBadClassicLineCostsThatLineOnly(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let ports = try (0..<3).map { _ in try Ports.free() }
    let user = Service.ownUser
    let path = try setup.scratch.write(
      Daemon.classicName,
      """
      \(ports[0])\tstream\ttcp\tnowait\t\(user)\t\(setup.probe)\tprobe-server hold
      \(ports[1])\tstream\ttcp\tnowait\tnosuchuser\t\(setup.probe)\tprobe-server hold
      \(ports[2])\tstream\ttcp\tnowait\t\(user)\t\(setup.probe)\tprobe-server hold

      """)
    try setup.start([])
    try setup.daemon.log.wait(containing: "\(path):2:")
    for port in [ports[0], ports[2]] { #expect(try Client(.stream, "127.0.0.1", port).receivePid() > 0) }
    #expect(throws: Failure.self) { try Client(.stream, "127.0.0.1", ports[1]) }
  }

  struct Harmless: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    var testDescription: String { name }
  }

  static let service = "port = PORT\nserver = PROBE\nserver_args = hold\nuser = USER\n"

  static let harmless = [
    Harmless(name: "CRLF", bytes: Array(service.replacing("\n", with: "\r\n").utf8)),
    Harmless(name: "byte order mark", bytes: [0xef, 0xbb, 0xbf] + Array(service.utf8)),
    Harmless(name: "no final newline", bytes: Array(service.utf8.dropLast())),
    Harmless(
      name: "comment of 1 MB",
      bytes: Array("# ".utf8) + [UInt8](repeating: 120, count: 1 << 20) + [10] + Array(service.utf8)),
    Harmless(name: "100,000 blank lines", bytes: [UInt8](repeating: 10, count: 100_000) + Array(service.utf8)),
    Harmless(
      name: "line of 1 MB",
      bytes: Array((service + "only_from = 127.0.0.1 " + String(repeating: "10.0.0.1 ", count: 116_000) + "\n").utf8)),
  ]

  @Test(arguments: DaemonBuild.present, harmless)
  func unusualFilesWork(_ build: DaemonBuild, _ file: Harmless) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    let text = file.bytes.replacing(Array("PORT".utf8), with: Array("\(port)".utf8))
      .replacing(Array("PROBE".utf8), with: Array(setup.probe.utf8))
      .replacing(Array("USER".utf8), with: Array(Service.ownUser.utf8))
    try setup.scratch.write("\(Daemon.directoryName)/odd.conf", bytes: text)
    try setup.start([])
    #expect(try Client(.stream, "127.0.0.1", port).receivePid() > 0)
  }

  /// Things in the directory that are no service files.
  @Test(arguments: DaemonBuild.present)
  func otherThingsInTheDirectoryAreNoObstacle(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let good = try setup.service("good", "hold")
    let directory = try setup.scratch.makeDirectory("\(Daemon.directoryName)/directory.conf")
    for name in ["empty.conf", "old.conf.dpkg-old", ".hidden", "backup~", "readme.txt"] {
      try setup.scratch.write("\(Daemon.directoryName)/\(name)", name == "empty.conf" ? "" : "nonsense here\n")
    }
    mkfifo(setup.scratch("\(Daemon.directoryName)/pipe"), 0o644)
    symlink("/nonexistent", setup.scratch("\(Daemon.directoryName)/dangling.conf"))
    symlink("/dev/null", setup.scratch("\(Daemon.directoryName)/masked.conf"))
    try setup.start([good])
    try setup.daemon.log.wait(containing: directory)
    #expect(try setup.connectGreeted(good).pid > 0)
    let text = setup.daemon.log.text
    for name in ["old.conf.dpkg-old", ".hidden", "backup~", "readme.txt", "masked.conf", "empty.conf"] {
      #expect(!text.contains("/\(name)"), "\(name)")
    }
  }

  @Test(.enabled(if: canRunAll, "matters to root"), arguments: DaemonBuild.present)
  func aWorldWritableDirectoryIsRefused(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let port = try Ports.free()
    try scratch.write("\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp\n")
    chmod(scratch(Daemon.directoryName), 0o777)
    let daemon = try Daemon(build, in: scratch, options: ["--stay"])
    let line = try daemon.log.wait(containing: scratch(Daemon.directoryName))
    #expect(line.contains("can be written by everyone"), "\(line)")
    #expect(throws: Failure.self) { try Client(.stream, "127.0.0.1", port) }
  }
}
