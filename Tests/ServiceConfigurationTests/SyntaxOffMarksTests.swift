import ServiceModel
import Testing

@testable import ServiceConfiguration

/// Switching lines of inetd.conf off and on.
@Suite struct SyntaxOffMarksTests {
  private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
  private let file = """
    # comment
    10.0.0.1:
    finger stream tcp nowait nobody /usr/sbin/in.fingerd in.fingerd
    telnet stream tcp
    \tnowait root
      /usr/sbin/in.telnetd
    #<off># ftp stream tcp nowait root
    #<off>#   /usr/sbin/in.ftpd
    #disabled# talk dgram udp wait root /usr/sbin/in.talkd
    echo on protocol = tcp;
    time off protocol = tcp;

    """

  @Test func disablingAnEntry() {
    #expect(
      text(OffMarks.disable(Array(file.utf8), line: 3))
        == file.replacing("finger stream", with: "#<off># finger stream"))
    #expect(
      text(OffMarks.disable(Array(file.utf8), line: 4))
        == file.replacing("telnet stream", with: "#<off># telnet stream").replacing(
          "\tnowait", with: "#<off># \tnowait"
        )
        .replacing("  /usr/sbin/in.telnetd", with: "#<off>#   /usr/sbin/in.telnetd"))
    #expect(text(OffMarks.disable(Array(file.utf8), line: 10)) == file.replacing("echo on", with: "echo off"))
  }

  @Test func enablingAnEntry() {
    #expect(
      text(OffMarks.enable(Array(file.utf8), line: 7))
        == file.replacing("#<off># ftp", with: "ftp").replacing("#<off>#   /usr/sbin", with: "  /usr/sbin"))
    #expect(text(OffMarks.enable(Array(file.utf8), line: 9)) == file.replacing("#disabled# talk", with: "talk"))
    #expect(text(OffMarks.enable(Array(file.utf8), line: 11)) == file.replacing("time off", with: "time on"))
  }

  /// A line that was switched off by itself and begins with blanks is not taken for the end of the entry before it.
  @Test(arguments: ["#<off>#", "#disabled#"])
  func whatWasOffBeforeStaysOff(_ mark: String) throws {
    let both = "telnet stream tcp nowait root /x x\n\t-v\n\(mark)   finger stream tcp nowait nobody /y y\n"
    let off = try #require(OffMarks.disable(Array(both.utf8), line: 1))
    let lines = String(decoding: off, as: UTF8.self).split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("#") }, "\(lines)")
    #expect(text(OffMarks.enable(off, line: 1)) == both)
  }

  @Test func disablingAndEnablingIsNoChange() {
    for line in [3, 4, 10] {
      let off = OffMarks.disable(Array(file.utf8), line: line) ?? []
      #expect(text(OffMarks.enable(off, line: line)) == file)
    }
  }

  @Test func linesThatAreNoEntries() {
    for line in [0, 1, 7, 12, 99, -1] { #expect(OffMarks.disable(Array(file.utf8), line: line) == nil) }
    for line in [0, 1, 3, 99] { #expect(OffMarks.enable(Array(file.utf8), line: line) == nil) }
  }

  @Test func markedLinesAreRevealedWhereTheyStand() {
    let revealed = text(OffMarks.revealed(Array(file.utf8))) ?? ""
    let result = SyntaxDump(revealed, path: "/etc/inetd.conf")
    #expect(result.findings == [])
    #expect(result.configuration.services.map { $0.name.text } == ["ftp", "talk"])
    #expect(result.configuration.services.map { $0.name.range.line } == [7, 9])
    #expect(result.services.contains("bind = 10.0.0.1"))
  }

  @Test func noFinalNewline() {
    #expect(text(OffMarks.disable(Array("x stream tcp".utf8), line: 1)) == "#<off># x stream tcp")
    #expect(text(OffMarks.enable(Array("#<off>#x stream tcp".utf8), line: 1)) == "x stream tcp")
  }
}
