import Foundation
import ServiceConfiguration
import ServiceModel
import Testing

@testable import inetctl

@Suite struct ExplainTests {
  private func explanation(_ text: String) throws -> String { try explained(text).text }

  private func explained(_ text: String) throws -> (text: String, json: String) {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appendingPathComponent("x.conf")
    try Data(text.utf8).write(to: file)
    let table = ConversionInput.read([file.path], as: .auto).table
    let entry = try #require(table.entries.first, "\(DiagnosticRenderer(table.sources).text(of: table.diagnostics))")
    let explanation = ServiceExplanation(entry, in: table.sources)
    return (
      explanation.text.replacing(file.path, with: "x.conf"), explanation.json.replacing(file.path, with: "x.conf")
    )
  }

  /// The words that people get, for programs.
  @Test func jsonSaysTheSame() throws {
    let (text, json) = try explained("listen = 127.0.0.1:79\nuser = nobody\nserver = /bin/x\nserver_args = \"a b\"\n")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["id"] as? String == "x" && object["enabled"] as? Bool == true)
    #expect(object["from"] as? String == "x.conf:1:1")
    let lines = text.split(separator: "\n").dropFirst().map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(object["lines"] as? [String] == lines)
  }

  @Test func everyKeyIsAnObject() throws {
    let all = try JSONSerialization.jsonObject(with: Data(KeyExplanation.json.utf8)) as? [[String: Any]]
    #expect(all?.count == KeyTable.keys.count)
    for object in all ?? [] {
      let key = try #require((object["key"] as? String).flatMap { KeyTable.key(named: $0) })
      #expect(object["help"] as? String == key.help && object["default"] as? String == key.defaultText)
    }
  }

  @Test func aServerIsExplained() throws {
    #expect(
      try explanation(
        """
        listen = 127.0.0.1:79 [::1]:79
        user = nobody
        group = tty
        server = /usr/sbin/in.fingerd
        server_args = -l "two words"
        only_from = 10.0.0.0/8
        no_access = 10.0.0.1
        instances = 4
        per_source = 2
        rate = 5/1m
        access_times = 8:00-18:00
        nice = 5
        env = "A=b c"
        """)
          == """
          x: on, from x.conf:1:1
            Listens on 127.0.0.1:79, [::1]:79, tcp.
            Each connection starts a server:
              /usr/sbin/in.fingerd -l "two words"
            as nobody, group tty.
            Its standard error goes to the log.
            Open only to 10.0.0.0/8.
            Closed to 10.0.0.1.
            Open at 08:00-18:00.
            At most 4 servers at a time; further peers wait.
            At most 2 at a time for one source.
            At most 5 starts in 60 s, then a pause.
            Also:
              env = "A=b c"
              nice = 5

          """)
  }

  @Test func whatNeedsNoServerIsExplained() throws {
    #expect(
      try explanation("type = INTERNAL\nservice = echo\n") == """
        x: on, from x.conf:1:1
          Listens on echo, tcp, IPv4 and IPv6.
          Answered by the daemon itself: echo.
          Open to everyone who can reach it.

        """)
    #expect(
      try explanation("redirect = 10.0.0.1 23\nport = 23\nprotocol = tcp6\ndisable = yes\n") == """
        x: off, from x.conf:1:1
          Listens on 23, tcp, IPv6 only.
          Connections are passed on to 10.0.0.1, port 23.
          Open to everyone who can reach it.

        """)
  }

  @Test func aWaitServerIsExplained() throws {
    #expect(
      try explanation("protocol = udp\nwait = yes\nport = 69\nuser = root\nserver = /bin/cat\nargv0 = in.tftpd\n")
        == """
        x: on, from x.conf:1:1
          Listens on 69, udp, IPv4 and IPv6.
          The first connection or datagram starts one server, which gets the listening socket:
            /bin/cat
            under the name in.tftpd
          as root.
          Its standard error goes to the log.
          Open to everyone who can reach it.

        """)
  }

  /// Every key of the table has its page, with all that the table knows.
  @Test func everyKeyIsExplained() throws {
    for key in KeyTable.keys {
      let text = KeyExplanation.text(of: key)
      #expect(text.hasPrefix("\(key.name) = \(key.syntax)\n"), "\(key.name)")
      #expect(text.contains("  \(key.help).\n"), "\(key.name)")
      #expect(text.contains("  default    \(key.defaultText)\n"), "\(key.name)")
      #expect(KeyExplanation.overview.contains("  \(key.name) "), "\(key.name)")
    }
  }

  @Test func aKeyIsExplained() throws {
    #expect(
      KeyExplanation.text(of: try #require(KeyTable.key(named: "per_source"))) == """
        per_source = N | UNLIMITED

          most servers at a time for one source.

          default    UNLIMITED
          operators  =
          where      services and defaults

        """)
  }
}
