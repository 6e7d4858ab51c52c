import LinuxSystem
import Testing

@testable import SuperServer

@Suite struct BuiltinReplyTests {
  @Test func chargenLinesRotateThroughThePrintables() {
    var line: [UInt8] = []
    ChargenPattern.appendLine(0, to: &line)
    #expect(String(decoding: line, as: UTF8.self).hasPrefix(" !\"#$%&'()*+"))
    #expect(line.count == 74 && line.suffix(2) == [13, 10])
    line = []
    ChargenPattern.appendLine(94, to: &line)
    #expect(line[0] == 0x7e && line[1] == 0x20)
  }

  @Test func chargenTextIsSeamless() {
    let text = ChargenPattern.text(cycles: 2)
    #expect(text.count == 2 * ChargenPattern.cycleLength)
    #expect(Array(text[..<ChargenPattern.cycleLength]) == Array(text[ChargenPattern.cycleLength...]))
  }

  /// RFC 868: "2,208,988,800 corresponds to 00:00  1 Jan 1970 GMT".
  @Test func timeIsFourBytesFrom1900() {
    #expect(BuiltinReply.time(WallClock(seconds: 0)) == [0x83, 0xaa, 0x7e, 0x80])
    #expect(BuiltinReply.time(WallClock(seconds: 2_085_978_496)) == [0, 0, 0, 0])
  }

  @Test func quotesAreSeparatedByPercentLinesAndBounded() {
    let long = String(repeating: "x", count: 600)
    let file = QuoteFile(Array("one\ntwo\n%\n\nthree\n%\n\(long)\n".utf8))
    #expect(file.quote(0) == Array("one\r\ntwo\r\n".utf8))
    #expect(file.quote(1) == Array("three\r\n".utf8))
    #expect(file.quote(2).count == 512)
    #expect(file.quote(3) == file.quote(0))
    #expect(!QuoteFile([]).quote(7).isEmpty)
    for text in ["one", "one\n", "one\n\n\n", "\n%\none\n\n%\n\n%"] {
      #expect(QuoteFile(Array(text.utf8)).quote(1) == Array("one\r\n".utf8), "\(text)")
    }
  }
}
