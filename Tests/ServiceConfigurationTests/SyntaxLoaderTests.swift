import ServiceModel
import Testing

@testable import ServiceConfiguration

/// Dialects, overrides, includes and the bounds of a load.
@Suite struct SyntaxLoaderTests {
  @Test(
    arguments: [
      ("", nil), ("# only\n\n", nil), ("// only", nil), ("key = value", Dialect.flat), ("key=value", .flat),
      ("key += value", .flat), ("key -= v", .flat), ("  # c\n\n[defaults]", .flat), ("[service x]", .flat),
      ("[::1]:ftp stream tcp", .classic), ("ftp stream tcp nowait", .classic), (".include x", .classic),
      ("127.0.0.1:", .classic), ("/run/x stream unix", .classic), ("x on protocol = tcp;", .classic),
      ("service x", .xinetd), ("service x {", .xinetd), ("service x{", .xinetd), ("service = x", .flat),
      ("service=x", .flat), ("defaults", .xinetd), ("defaults{", .xinetd), ("DEFAULTS {", .xinetd),
      ("include /x", .xinetd), ("include = /x", .flat), ("includedir /x # c", .xinetd),
      ("service stream tcp nowait root /x", .classic), ("defaults stream tcp nowait root /x", .classic),
      ("\u{feff}service x", .xinetd), ("\r\n\r\nservice x\r\n", .xinetd),
      ("include stream tcp nowait root /x", .classic),
      ("user root\nserver = /x", .flat), ("usr\nserver = /x", .flat), ("tlnet\nservice x\n{\n}", .xinetd),
      ("finger stream\nkey = value", .classic), ("a b c\nkey = value", .flat),
      ("a strem tcp nowait root /x\nb dgram udp", .classic), ("x\ny\n", .classic),
      ("10.0.0.1:\nkey = value", .classic),
    ] as [(String, Dialect?)])
  func detection(text: String, dialect: Dialect?) {
    #expect(Dialect.detect(in: Array(text.utf8)) == dialect)
  }

  @Test func overridesAreAttached() {
    let result = SyntaxDump([
      ("/etc/inetd.d/a.conf", "user = root\n"), ("/etc/inetd.d/b", "service b1\n{\n}\nservice b2\n{\n id = bb\n}\n"),
      ("/etc/inetd.d/a.conf.d/1.conf", "user = x\n"), ("/etc/inetd.d/a.conf.d/2.conf", "env += A=1\n"),
      ("/etc/inetd.d/b.conf.d/1.conf", "[service bb]\nnice = 1\n[service b1]\nnice = 2\n"),
    ])
    #expect(result.findings == [])
    #expect(
      result.services
        == "a\n  user = root\n  override user = x\n  override env += A=1\nb1\n  override nice = 2\nbb2\n".replacing(
          "bb2\n", with: "b2\n  id = bb\n  override nice = 1"))
  }

  @Test func overridesThatFitNothing() {
    let result = SyntaxDump([
      ("/etc/inetd.d/b", "service b1\n{\n}\nservice b2\n{\n}\n"), ("/etc/inetd.d/b.conf.d/1.conf", "nice = 1\n"),
      ("/etc/inetd.d/b.conf.d/2.conf", "[service zz]\nnice = 1\n"), ("/etc/inetd.d/c.conf.d/1.conf", "nice = 1\n"),
      ("/etc/inetd.d/d.conf", "user = root\n"), ("/etc/inetd.d/d.conf.d/1.conf", "include = x\n"),
      ("/etc/inetd.d/e.conf", "user = root\n"), ("/etc/inetd.d/e.conf.d/1.conf", "oops\n"),
    ])
    #expect(
      result.findings == [
        "1:11+1 error include-in-override", "1:1+4 error expected-operator", "1:1+4 error override-ambiguous",
        "1:10+2 warning override-without-service", "/etc/inetd.d/c.conf.d/1.conf warning override-without-file",
      ])
    #expect(result.configuration.services.filter { $0.isBroken }.map { $0.name.text } == ["b1", "b2", "d", "e"])
  }

  @Test func includeCycleShowsItsChain() throws {
    let result = SyntaxDump(
      [("/etc/inetd.d/a.conf", "include = b\nuser = a\n")],
      includable: [("/etc/inetd.d/b", "include = c\n"), ("/etc/inetd.d/c", "include = b\nuser = c\n")])
    #expect(result.ids == ["include-cycle"])
    #expect(result.configuration.services.map { $0.name.text } == ["c", "a"])
    let finding = try #require(result.configuration.diagnostics.first)
    #expect(finding.message == "'/etc/inetd.d/b' includes itself")
    #expect(finding.notes.map { $0.message } == ["'/etc/inetd.d/c' is included here"])
    #expect(finding.notes.first?.range.map { result.configuration.sources.describe($0) } == "/etc/inetd.d/b:1:11")
  }

  @Test func includeDepthIsBounded() {
    let files = (0..<10_000).map { ("/etc/inetd.d/f\($0)", "include = f\($0 + 1)\n") }
    let result = SyntaxDump([("/etc/inetd.d/start", "include = f0\n")], includable: files)
    #expect(result.ids == ["include-too-deep"])
    #expect(!result.configuration.isComplete)
  }

  /// Each file includes the next twice: 2^30 readings, if nobody counted.
  @Test func includeBombIsBounded() {
    let result = ConfigurationLoader.load(
      [SourceDocument(path: "/0", role: .dropIn, content: .bytes(Array("include = 1 1\n".utf8)))]
    ) { request in
      let number = Int(request.path.dropFirst()) ?? 0
      let text = number < 30 ? "include = \(number + 1) \(number + 1)\n" : "user = x\n"
      var reply = IncludeReply()
      reply.files = [IncludeReply.File(path: request.path, identity: request.path, content: .bytes(Array(text.utf8)))]
      return reply
    }
    #expect(result.services.count <= ConfigurationLoader.maximumIncludes.files)
    #expect(SentenceTests.lines(result.diagnostics).contains(SentenceTests.line("too-many-includes")))
    #expect(result.diagnostics.count < 1000)
    #expect(!result.isComplete)
  }

  @Test func includedBytesAreBounded() {
    let big = [UInt8](repeating: UInt8(ascii: "#"), count: 10 << 20)
    let result = ConfigurationLoader.load(
      [SourceDocument(path: "/0", role: .dropIn, content: .bytes(Array("include = *\n".utf8)))]
    ) { request in
      var reply = IncludeReply()
      reply.files = (1...20).map { IncludeReply.File(path: "/\($0)", identity: "\($0)", content: .bytes(big)) }
      return reply
    }
    #expect(SentenceTests.lines(result.diagnostics) == [SentenceTests.line("includes-too-large")])
  }

  @Test func filesThatAreNotRead() {
    let large = [UInt8](repeating: UInt8(ascii: "\n"), count: ConfigurationLoader.maximumFileSize + 1)
    let result = ConfigurationLoader.load([
      SourceDocument(path: "/a", role: .dropIn, content: .bytes(large)),
      SourceDocument(path: "/b", role: .dropIn, content: .unreadable(id: "unreadable-file", message: "no")),
      SourceDocument(path: "/c", role: .dropIn, content: .bytes([0x7f, 0x45, 0x4c, 0x46, 2, 1, 0, 10])),
      SourceDocument(path: "/d", role: .dropIn, content: .bytes(Array("user = x\n".utf8))),
    ]) { _ in IncludeReply() }
    #expect(
      SentenceTests.lines(result.diagnostics) == [
        SentenceTests.line("file-too-large"), "no; file skipped [unreadable-file]",
        "this is a NUL byte, so the file is no text; file skipped [not-text]",
      ])
    #expect(result.services.map { $0.name.text } == ["d"])
    #expect(!result.isComplete)
  }

  @Test func findingsPerFileAreBounded() {
    let result = SyntaxDump(String(repeating: "x\n", count: 5000), path: "/etc/inetd.conf")
    #expect(result.ids.count == ConfigurationLoader.maximumFindings + 1)
    #expect(result.ids.last == "more-findings")
    #expect(result.configuration.diagnostics.last?.message == "4900 more findings in this file are not shown")
  }

  /// Whatever the bytes: no trap, and every place named lies inside its file.
  @Test func rangesStayInsideTheFile() {
    var generator = SplitMix(state: 42)
    let words = [
      "service", "defaults", "include", "{", "}", "=", "+=", "x", "stream", "tcp", "nowait.5", "root", "/bin/x", "\"",
      "'", "\\", "\n", "\n", "\r\n", " ", "\t", "#", "#@", "on", "off", ";", ",", "[", "]", "[service y]", "rpc/udp",
      "a:b:c:d:/e", "10.0.0.1:", "[::1]:", "unix", "\0", "é", "wait/1/2", ".include", "*", "//", "\\x4", "key = v", "",
    ]
    for _ in 0..<3000 {
      var bytes: [UInt8] = generator.next() % 20 == 0 ? [0xef, 0xbb, 0xbf] : []
      for _ in 0..<(generator.next() % 40) {
        bytes += Array(words[Int(generator.next() % UInt64(words.count))].utf8)
        if generator.next() % 2 == 0 { bytes.append(0x20) }
        if generator.next() % 50 == 0 { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
      }
      for path in ["/etc/inetd.conf", "/etc/inetd.d/x.conf", "/etc/inetd.d/x.conf.d/y.conf"] {
        let result = SyntaxDump(bytes: [(path, bytes)])
        #expect(result.strayRange == nil, "in \(String(decoding: bytes, as: UTF8.self).debugDescription)")
      }
    }
  }

  /// A parser that looks ahead from every word needs hours for these.
  @Test(arguments: [
    ("/etc/inetd.d/x", "k = ", "\"a\" 'b' \\  "), ("/etc/inetd.d/x", "k = ", "\"a\\\nb\" "),
    ("/etc/inetd.d/x", "service x {\n a = ", "// # \" } "), ("/etc/inetd.d/x", "service x\n", "service x{}"),
    ("/etc/inetd.conf", "x stream tcp nowait root /x ", "'a' # \"b\" "),
    ("/etc/inetd.conf", "x on a=b", ",a=b,c d=;x on "),
    ("/etc/inetd.conf", "x on a=b", ",a = \"b\" \n"), ("/etc/inetd.conf", "x", ":a,b:/"),
    ("/etc/inetd.conf", "a", "\n b\n\t"),
    ("/etc/inetd.d/x", "[service ", "a b ["), ("/etc/inetd.d/x", "a", "=\n[x]\n"),
  ])
  func hostileTextTakesLinearTime(path: String, start: String, repeated: String) {
    let text = start + String(repeating: repeated, count: 300_000 / repeated.utf8.count) + "\n"
    let result = SyntaxDump(text, path: path)
    #expect(result.configuration.sources.files.count == 1)
    #expect(result.configuration.diagnostics.count <= 2 * ConfigurationLoader.maximumFindings + 1)
  }

  @Test(arguments: [
    ("/etc/inetd.d/x", "server_args =", ""), ("/etc/inetd.d/x", "service x\n{\n server_args =", "}"),
    ("/etc/inetd.conf", "x stream tcp nowait root /x", ""), ("/etc/inetd.conf", "x on args =", ";"),
  ])
  func wordsOfAValueAreBounded(path: String, start: String, end: String) {
    let words = String(repeating: " a", count: ParseContext.maximumWords + 10)
    let result = SyntaxDump(start + words + "\n" + end + "\n", path: path)
    #expect(SentenceTests.lines(result.configuration.diagnostics) == [SentenceTests.line("too-many-words")])
    #expect(result.configuration.services.map { $0.isBroken } == [true])
    let counts = result.configuration.services.flatMap { $0.settings.map { $0.values.count } }
    #expect((counts.max() ?? 0) <= ParseContext.maximumWords + 1)
  }

  @Test(arguments: [("", ""), ("service x\n{\n", "}\n")])
  func settingsOfAServiceAreBounded(start: String, end: String) {
    let settings = String(repeating: "env += A=1\n", count: ParseContext.maximumSettings + 10)
    let result = SyntaxDump(start + settings + end + "\n")
    #expect(SentenceTests.lines(result.configuration.diagnostics) == [SentenceTests.line("too-many-settings")])
    #expect(result.configuration.services.map { $0.isBroken } == [true])
    #expect(result.configuration.services.first?.settings.count == ParseContext.maximumSettings)
  }

  @Test func aLineOfOneMegabyte() {
    let long = String(repeating: "a", count: 1 << 20)
    let flat = SyntaxDump("server_args = \(long) \"\(long)\"\n")
    #expect(flat.configuration.services.first?.settings.first?.values.map { $0.text.utf8.count } == [1 << 20, 1 << 20])
    let classic = SyntaxDump("x stream tcp nowait root /bin/x x \(long)\n", path: "/etc/inetd.conf")
    #expect(classic.findings == [])
    #expect(classic.services.utf8.count > 1 << 20)
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
