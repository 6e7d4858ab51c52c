import ServiceModel
import Testing

@testable import ServiceConfiguration

/// The exact sentences about what is too large for a golden case, or cannot be written into one.
@Suite struct SentenceTests {
  /// By id; each is what the test of that bound expects, here, in `BoundsTests` or in `SyntaxLoaderTests`. `CoverageTests`
  /// asks for a sentence of every id, here or in a case.
  static let sentences: [String: String] = [
    "too-many-arguments": "a server takes at most 16384 arguments here; service skipped",
    "too-many-variables": "an environment takes at most 1024 variables here; service skipped",
    "too-many-sockets": "with this service there are more than 262144 sockets; service skipped",
    "too-many-services": "there are more than 3 services; this one and those behind it are skipped",
    "too-many-words": "a value has at most 262144 words; service skipped",
    "too-many-settings": "a service has at most 20000 settings; service skipped",
    "include-too-deep": "includes are nested more than 32 deep; nothing is included",
    "too-many-includes": "more than 16384 files are included; the others are not read",
    "include-too-wide": "includes look at more than 100000 names of files; the others are not read",
    "includes-too-large": "the included files hold more than 64 MiB; the others are not read",
    "file-too-large": "is larger than 16 MiB; file skipped",
  ]

  /// `sentence [id]`, as in a message.
  static func line(_ id: String) -> String { "\(sentences[id] ?? "no sentence") [\(id)]" }

  /// `sentence [id]` of each.
  static func lines(_ diagnostics: [Diagnostic]) -> [String] { diagnostics.map { "\($0.fullMessage) [\($0.id)]" } }

  /// What a load says whose one file asks for `include = x`, and gets `reply` for every include.
  private func findings(including reply: @escaping (IncludeRequest) -> IncludeReply) -> [String] {
    let document = SourceDocument(path: "/a", role: .dropIn, content: .bytes(Array("include = x\n".utf8)))
    return Self.lines(ConfigurationLoader.load([document], includes: reply).diagnostics)
  }

  private static func file(_ path: String, _ bytes: [UInt8]) -> IncludeReply.File {
    IncludeReply.File(path: path, identity: path, content: .bytes(bytes))
  }

  @Test func depthOfIncludes() {
    var number = 0
    let found = findings { _ in
      number += 1
      var reply = IncludeReply()
      reply.files = [Self.file("/\(number)", Array("include = x\n".utf8))]
      return reply
    }
    #expect(found == [Self.line("include-too-deep")])
    #expect(number == ConfigurationLoader.maximumDepth, "10,000 would go on: what is asked for is bounded")
  }

  @Test(arguments: [IncludeReply.Lack.files, .names, .bytes])
  func whatWasNotEnough(_ lack: IncludeReply.Lack) {
    let found = findings { _ in
      var reply = IncludeReply()
      reply.lack = lack
      return reply
    }
    let id =
      switch lack {
      case .files: "too-many-includes"
      case .names: "include-too-wide"
      case .bytes: "includes-too-large"
      }
    #expect(found == [Self.line(id)])
  }

  /// The id that no key gave: the file's name.
  @Test func idsFromNamesOfFiles() {
    let text = "listen = 1001\nuser = nobody\nserver = /bin/cat\n"
    #expect(
      Self.lines(GoldenCase.load([("/etc/inetd.d/two words.conf", Array(text.utf8))], LoadOptions()).diagnostics) == [
        "'two words' cannot be the id of a service: no blanks, quotes or control characters; service skipped [bad-id]"
      ])
  }

  /// A pattern is asked for once more for each line; what all of them look at is counted together, and each include is a
  /// look itself.
  @Test func namesAreCountedOverAllIncludes() {
    var requests: [IncludeRequest] = []
    let text = String(repeating: "include = */*/*\n", count: 10_000)
    let document = SourceDocument(path: "/a", role: .dropIn, content: .bytes(Array(text.utf8)))
    let result = ConfigurationLoader.load([document]) { request in
      requests.append(request)
      var reply = IncludeReply()
      reply.names = 999
      return reply
    }
    #expect(requests.map { $0.room.names } == (1...100).reversed().map { $0 * 1000 - 1 })
    #expect(result.diagnostics.count == ConfigurationLoader.maximumFindings + 1)
    #expect(Set(Self.lines(Array(result.diagnostics.dropLast()))) == [Self.line("include-too-wide")])
    #expect(
      Self.lines(Array(result.diagnostics.suffix(1))) == [
        "9800 more findings in this file are not shown [more-findings]"
      ])
    #expect(!result.isComplete)
  }
}
