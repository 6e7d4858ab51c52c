import ServiceModel
import Testing

@testable import ServiceConfiguration

/// What keeps time and memory bounded, whatever the files say.
@Suite struct BoundsTests {
  private static let start = "user = nobody\nserver = /bin/cat\nlisten = 1001\n"

  private func load(_ text: String) -> ServiceTable {
    GoldenCase.load([("/etc/inetd.d/a.conf", Array(text.utf8))], LoadOptions())
  }

  private func errors(_ table: ServiceTable) -> [String] {
    table.diagnostics.filter { $0.severity == .error }.map { "\($0.fullMessage) [\($0.id)]" }
  }

  @Test func argumentsAreBounded() {
    let words = String(repeating: " x", count: 16_384)
    #expect(load(BoundsTests.start + "server_args =\(words)\n").entries.count == 1)
    let table = load(BoundsTests.start + "server_args =\(words)\nserver_args += y\n")
    #expect(errors(table) == [SentenceTests.line("too-many-arguments")])
  }

  @Test func variablesAreBounded() {
    let words = (0..<1024).map { " A\($0)=1" }.joined()
    #expect(load(BoundsTests.start + "env =\(words)\n").entries.count == 1)
    let table = load(BoundsTests.start + "env =\(words) B=1\n")
    #expect(errors(table) == [SentenceTests.line("too-many-variables")])
  }

  /// 64 services of 4096 ports each fit; the next one does not, and costs none of them.
  @Test func socketsAreBounded() {
    let sections = (0..<65).map { number in
      "[service s\(number)]\nuser = nobody\nserver = /bin/cat\nlisten = 10.0.0.\(number):1-4096\n"
    }
    let table = load(sections.joined())
    #expect(table.entries.count == 64 && table.rejected.map { $0.id } == ["s64"])
    #expect(errors(table) == [SentenceTests.line("too-many-sockets")])
  }

  /// All ports at once are a slip, and cost one finding for each service that asks.
  @Test func enormousRangesAreRefusedOneByOne() {
    let sections = (0..<200).map { "[service s\($0)]\nuser = nobody\nserver = /bin/cat\nlisten = 1-65535\n" }
    let table = load(sections.joined())
    #expect(table.entries.isEmpty && table.rejected.count == 200)
    let found = errors(table)
    let sentence = "'1-65535' is more than 4096 ports, the most for one service; service skipped [too-many-ports]"
    #expect(found.count == 200 && found.allSatisfy { $0 == sentence }, "\(found.first ?? "")")
  }

  /// The same sockets in three syntaxes, many times, and long ranges on top of each other: one holder each, and one
  /// finding for each that comes too late.
  @Test func overlapsAcrossSyntaxesAreCountedOnce() {
    let ports = 1..<301
    let classic = ports.map { "\($0) stream tcp nowait nobody /bin/cat cat\n" }.joined()
    let blocks = ports.map {
      "service x\($0)\n{\n type = UNLISTED\n port = \($0)\n socket_type = stream\n wait = no\n user = nobody\n"
        + " server = /bin/cat\n}\n"
    }
    let flat = ports.map { "[service f\($0)]\nlisten = \($0)\nuser = nobody\nserver = /bin/cat\n" }
    let ranges = (0..<50).map { "[service r\($0)]\nlisten = 1-4096\nuser = nobody\nserver = /bin/cat\n" }
    let table = GoldenCase.load(
      [
        ("/etc/inetd.conf", Array(classic.utf8)), ("/etc/inetd.d/a", Array(blocks.joined().utf8)),
        ("/etc/inetd.d/b.conf", Array(flat.joined().utf8)), ("/etc/inetd.d/c.conf", Array(ranges.joined().utf8)),
      ], LoadOptions())
    #expect(table.entries.map { $0.definition.id } == ports.map { "x\($0)" })
    #expect(table.rejected.count == 350, "a classic line gives way without being in error")
    #expect(table.diagnostics.count == 650)
    #expect(Set(table.diagnostics.map { $0.id }) == ["duplicate-socket"])
  }

  @Test func servicesAreBounded() {
    var normalizer = Normalizer(options: LoadOptions(), mostServices: 3)
    let lines = (1...5).map { "\($0) stream tcp nowait root /bin/cat cat\n" }.joined()
    let document = SourceDocument(path: "/etc/inetd.conf", role: .classicFile, content: .bytes(Array(lines.utf8)))
    let configuration = ConfigurationLoader.load([document]) { _ in
      IncludeReply()
    } emit: {
      normalizer.add($0)
    }
    let table = normalizer.finish(configuration)
    #expect(table.entries.map { $0.definition.service } == ["1", "2", "3"] && !table.isComplete)
    #expect(errors(table) == [SentenceTests.line("too-many-services")])
    #expect(table.diagnostics.first?.range?.line == 4)
  }

  /// An access list of ten thousand entries is a fair wish.
  @Test func longAccessListsAreFine() {
    let words = (0..<10_000).map { " 10.\($0 >> 8).\($0 & 255).1" }.joined()
    let table = load(BoundsTests.start + "only_from =\(words)\n" + "no_access += 10.1.1.1\n")
    #expect(table.entries.first?.definition.access.onlyFrom?.count == 10_000)
    #expect(table.diagnostics.isEmpty)
  }

  @Test func manyLinesAtAnyPlaceAreQuotedRight() {
    let text = (1...1000).map { "x\($0) = 1\n" }.joined()
    var sources = SourceMap()
    let file = sources.add(path: "/x", bytes: Array(text.utf8))
    let renderer = DiagnosticRenderer(sources)
    for line in [1, 64, 65, 66, 128, 129, 999, 1000, 500, 1] {
      let finding = Diagnostic(.error, "some-id", "m", at: SourceRange(file: file, line: line, column: 1, length: 2))
      #expect(renderer.text(of: finding).contains(" | x\(line) = 1\n"))
    }
    let beyond = Diagnostic(.error, "some-id", "m", at: SourceRange(file: file, line: 5000, column: 1))
    #expect(renderer.text(of: beyond) == "/x:5000:1: error: m [some-id]\n")
  }
}
