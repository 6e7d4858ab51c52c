import CLinux
import LinuxSystem
import NetworkAddresses
import SystemdIntegration
import Testing

/// The journal's native protocol, against a socket that the test reads when it likes.
@Suite struct JournalSocketTests {
  private func entry(_ text: String) -> JournalEntry {
    var entry = JournalEntry()
    entry.add("MESSAGE", text)
    return entry
  }

  @Test func aFieldIsALine() {
    var entry = entry("hello")
    entry.add("PRIORITY", "6")
    #expect(entry.bytes == Array("MESSAGE=hello\nPRIORITY=6\n".utf8))
  }

  @Test func aValueWithLinesHasALength() {
    #expect(entry("a\nb").bytes == Array("MESSAGE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("a\nb\n".utf8))
  }

  @Test func aValueIsBounded() {
    #expect(entry(String(repeating: "x", count: 100_000)).bytes.count < 8300)
  }

  @Test func aFullJournalCostsLinesAndSaysSo() throws {
    let path = unusedPath("journal")
    let reader = try FileDescriptor.socket(.unix, .datagram)
    try reader.borrowed.bind(to: .unix(path: path))
    defer { unlink(path) }
    func receive() -> String? {
      var bytes = [UInt8](repeating: 0, count: 4096)
      guard case .transferred(let count) = bytes.withUnsafeMutableBytes({ reader.borrowed.receive(into: $0) }) else {
        return nil
      }
      return String(decoding: bytes[..<count], as: UTF8.self)
    }
    let journal = JournalSocket(path: path)
    #expect(journal.isReachable)
    let sent = 3000
    for number in 0..<sent { journal.send(entry("\(number)")) { self.entry("\($0) lost") } }
    var received = 0
    while let text = receive() {
      #expect(text == "MESSAGE=\(received)\n")
      received += 1
    }
    #expect(received > 0 && received < sent)
    journal.send(entry("again")) { self.entry("\($0) lost") }
    #expect(receive() == "MESSAGE=\(sent - received) lost\n")
    #expect(receive() == "MESSAGE=again\n")
  }

  @Test func aJournalThatIsNotThereDoesNoHarm() {
    let journal = JournalSocket(path: "/nonexistent/journal")
    #expect(!journal.isReachable)
    journal.send(entry("x")) { self.entry("\($0) lost") }
  }
}
