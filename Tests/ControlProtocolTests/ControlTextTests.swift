import Testing

@testable import ControlProtocol

/// What goes over the control socket comes out as it went in.
@Suite struct ControlTextTests {
  static let texts = [
    "", "plain", "two words", "a\"b\\c", "tab\tnew\nreturn\r", "\u{0}\u{1}\u{7f}", "grüße", "=", "#", "'", "x=y",
    "\\x41",
  ]

  @Test(arguments: texts)
  func quotingIsUndone(_ text: String) {
    let quoted = ControlText.quoted(text)
    #expect(quoted.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "one line of plain bytes: \(quoted)")
    #expect(ControlText.words(quoted) == [text])
    #expect(ControlText.words("a \(quoted) b") == ["a", text, "b"])
  }

  @Test(arguments: ["\"", "\"a", "a\"b", "\"\\\"", "\"\\q\"", "\"\\x4\"", "\"\\xzz\""])
  func whatIsCutOffIsNoText(_ text: String) { #expect(ControlText.words(text) == nil) }

  @Test(arguments: ControlVerb.allCases)
  func requestsAreRead(_ verb: ControlVerb) throws {
    let request = ControlRequest(verb, Self.texts)
    #expect(request.line.hasSuffix("\n"))
    #expect(try ControlRequest(line: Array(request.line.utf8).dropLast()) == request)
  }

  @Test func otherLinesAreRefused() {
    #expect(throws: ControlRequest.Refusal.empty) { try ControlRequest(line: Array("  ".utf8)[...]) }
    #expect(throws: ControlRequest.Refusal.unknownVerb("LIST")) { try ControlRequest(line: Array("LIST".utf8)[...]) }
    #expect(throws: ControlRequest.Refusal.badQuoting) { try ControlRequest(line: Array("list \"".utf8)[...]) }
  }

  @Test func repliesComeInPiecesOfAnySize() throws {
    let reply = ControlReply(
      blocks: [
        ControlBlock(Self.texts.map { ("key", $0) }), ControlBlock([("id", "x"), ("reason", "because of\nthat")]),
      ],
      error: "no \"luck\"")
    for size in [1, 7, 4096] {
      var parser = ControlReplyParser()
      var result: ControlReply?
      let bytes = reply.bytes
      for start in stride(from: 0, to: bytes.count, by: size) {
        #expect(result == nil, "complete before its end")
        result = try parser.take(bytes[start..<min(start + size, bytes.count)])
      }
      #expect(result == reply)
    }
    var parser = ControlReplyParser()
    #expect(throws: ControlReplyParser.Malformed(line: "nonsense")) { try parser.take(Array("nonsense\n".utf8)) }
  }
}
