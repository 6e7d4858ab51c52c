import Foundation
import Testing

/// `qotd` with an administrator's own quotes, from /etc/inetd.quotes of a mount name space.
@Suite(.enabled(if: OwnEtc.isPossible, "needs root and mount name spaces"))
struct QuoteTests {
  /// RFC 865: no more than 512 characters.
  private static let long = String(repeating: "x", count: 600)
  private static let text = "Simplicity is prerequisite\nfor reliability.\n%\nFestina lente.\n%\n\(long)\n"
  private static let quotes: Set<String> = [
    "Simplicity is prerequisite\r\nfor reliability.\r\n", "Festina lente.\r\n", String(long.prefix(512)),
  ]

  private struct Setup {
    let etc: OwnEtc
    let daemon: Daemon
    let port: UInt16

    init(_ build: DaemonBuild, _ quotes: String?) throws {
      let scratch = try Scratch()
      etc = try OwnEtc(scratch)
      if let quotes { try etc.write("inetd.quotes", quotes) }
      port = try Ports.free()
      let service = "[service q-KIND]\nservice = qotd\ntype = INTERNAL\nprotocol = KIND\nlisten = \(port)\n"
      try scratch.write(
        "\(Daemon.directoryName)/qotd.conf",
        ["tcp", "udp"].map { service.replacingOccurrences(of: "KIND", with: $0) }.joined())
      daemon = try Daemon(build, in: scratch, prefix: etc.prefix)
    }

    func stream() throws -> String { try Client(.stream, "127.0.0.1", port).receiveText() }

    func datagram() throws -> String {
      let client = try Client(.datagram, "127.0.0.1", port)
      try client.send("?")
      return String(decoding: try client.receive(), as: UTF8.self)
    }
  }

  /// One after the other, whoever asks; a reload reads the file again.
  @Test(arguments: DaemonBuild.present)
  func eachQuoteHasItsTurn(_ build: DaemonBuild) throws {
    let setup = try Setup(build, Self.text)
    let streams = try (0..<3).map { _ in try setup.stream() }
    #expect(Set(streams) == Self.quotes)
    let datagrams = try (0..<3).map { _ in try setup.datagram() }
    #expect(datagrams == streams)

    try setup.etc.write("inetd.quotes", "New.\n")
    #expect(try setup.stream() == streams[0], "what was read stays until a reload")
    try setup.daemon.reload()
    let renewed = try [setup.stream(), setup.datagram()]
    #expect(renewed == ["New.\r\n", "New.\r\n"])
  }

  @Test(arguments: DaemonBuild.present, [nil, "", "%\n%\n"])
  func withoutQuotesThereIsOne(_ build: DaemonBuild, _ text: String?) throws {
    let setup = try Setup(build, text)
    let own = String(decoding: BuiltinServices.quote, as: UTF8.self)
    let answers = try [setup.stream(), setup.datagram()]
    #expect(answers == [own, own])
  }
}
