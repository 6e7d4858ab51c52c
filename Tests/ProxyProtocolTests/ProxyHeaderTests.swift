import NetworkAddresses
import Testing

@testable import ProxyProtocol

@Suite struct ProxyHeaderTests {
  private static func read(_ bytes: [UInt8]) -> ProxyHeaderReading {
    bytes.withUnsafeBytes { ProxyHeaderParser.read($0) }
  }
  private static func read(_ text: String) -> ProxyHeaderReading { read(Array(text.utf8)) }

  private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
  private static let client4 = SocketEndpoint.ip(IPAddress("192.0.2.1")!, port: 56324)
  private static let ours4 = SocketEndpoint.ip(IPAddress("198.51.100.1")!, port: 443)
  private static let client6 = SocketEndpoint.ip(IPAddress("2001:db8::1")!, port: 1)
  private static let ours6 = SocketEndpoint.ip(IPAddress("2001:db8::2")!, port: 65535)

  @Test func lines() {
    #expect(
      Self.read("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET /")
        == .header(.client(Self.client4, destination: Self.ours4), length: 45))
    #expect(
      Self.read("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n")
        == .header(.client(Self.client6, destination: Self.ours6), length: 44))
    #expect(Self.read("PROXY UNKNOWN\r\n") == .header(.unknown, length: 15))
    #expect(Self.read("PROXY UNKNOWN ffff::1 what ever\r\nx") == .header(.unknown, length: 33))
  }

  @Test(arguments: [
    "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n", "PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 \r\n", "PROXY  TCP4 192.0.2.1 198.51.100.1 1 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n", "PROXY TCP4 192.0.2.1 198.51.100.1 01 443\r\n",
    "PROXY TCP4 192.0.2.1 198.51.100.1 -1 443\r\n", "PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n",
    "PROXY TCP6 192.0.2.1 198.51.100.1 1 443\r\n", "PROXY TCP4 host 198.51.100.1 1 443\r\n", "PROXY UDP4 a b c d\r\n",
    "PROXY \r\n", "PROXY \n", "PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n",
    "PROXY " + String(repeating: "x", count: 101),
  ])
  func linesThatBreakTheRules(_ text: String) { #expect(Self.read(text) == .malformed) }

  @Test(arguments: ["", "P", "PROXY ", "PROXY TCP4 192.0.2.1", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r"])
  func beginnings(_ text: String) { #expect(Self.read(text) == .incomplete) }

  @Test(arguments: ["GET / HTTP/1.0\r\n", "PROXYTCP4", "proxy TCP4 ", "\n", "\r\n\r\nx"])
  func otherThings(_ text: String) { #expect(Self.read(text) == .noHeader) }

  @Test func binaries() {
    let plain4 = Self.signature + [0x21, 0x11, 0, 12, 192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb]
    let found = ProxyHeaderReading.header(.client(Self.client4, destination: Self.ours4), length: 28)
    #expect(Self.read(plain4) == found)
    #expect(Self.read(plain4 + [1, 2, 3]) == found)
    for count in 0..<plain4.count { #expect(Self.read(Array(plain4[..<count])) == .incomplete) }
    // With an extension behind the addresses, and as LOCAL, whatever the family says.
    let extended = Self.signature + [0x21, 0x11, 0, 16] + plain4[16...] + [0x04, 0, 1, 0]
    #expect(Self.read(extended) == .header(.client(Self.client4, destination: Self.ours4), length: 32))
    #expect(Self.read(Self.signature + [0x20, 0x00, 0, 0]) == .header(.unknown, length: 16))
    #expect(Self.read(Self.signature + [0x20, 0xff, 0, 1, 7]) == .header(.unknown, length: 17))
    #expect(Self.read(Self.signature + [0x21, 0x00, 0, 0]) == .header(.unknown, length: 16))
    let paths = Self.signature + [0x21, 0x31, 0, 216] + [UInt8](repeating: 0, count: 216)
    #expect(Self.read(paths) == .header(.client(.unnamed, destination: .unnamed), length: 232))
  }

  @Test func binariesThatBreakTheRules() {
    // Version, command, transport, family, addresses cut short, and longer than is read.
    for (version, family, length) in [
      (0x11, 0x11, 12), (0x22, 0x11, 12), (0x21, 0x13, 12), (0x21, 0x41, 12), (0x21, 0x11, 11), (0x21, 0x21, 35),
      (0x21, 0x31, 215), (0x21, 0x11, 4096 - 15),
    ] {
      let bytes =
        Self.signature + [UInt8(version), UInt8(family), UInt8(length >> 8), UInt8(length & 0xff)]
        + [UInt8](repeating: 1, count: length)
      #expect(Self.read(bytes) == .malformed, "\(version) \(family) \(length)")
    }
  }

  /// What is written is read as what was meant.
  @Test func writtenHeadersAreRead() {
    for (client, destination) in [(Self.client4, Self.ours4), (Self.client6, Self.ours6)] {
      for bytes in [
        ProxyHeaderWriter.line(client: client, destination: destination),
        ProxyHeaderWriter.binary(client: client, destination: destination),
      ] {
        #expect(Self.read(bytes) == .header(.client(client, destination: destination), length: bytes.count))
      }
    }
    #expect(Self.read(ProxyHeaderWriter.line(client: .unnamed, destination: nil)) == .header(.unknown, length: 15))
    #expect(Self.read(ProxyHeaderWriter.binary(client: nil, destination: nil)) == .header(.unknown, length: 16))
    let mixed = ProxyHeaderWriter.line(client: Self.client4, destination: Self.ours6)
    #expect(String(decoding: mixed, as: UTF8.self).hasPrefix("PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 65535"))
    let mapped = SocketEndpoint.ip(IPAddress("::ffff:192.0.2.1")!, port: 56324)
    #expect(
      ProxyHeaderWriter.line(client: mapped, destination: Self.ours4)
        == ProxyHeaderWriter.line(client: Self.client4, destination: Self.ours4))
  }

  /// No bytes make the parser read beyond what is there, and what it accepts lies within it.
  @Test func anyBytesAreSurvived() {
    var generator = SystemRandomNumberGenerator()
    for turn in 0..<20_000 {
      var bytes = turn % 2 == 0 ? Self.signature : Array("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n".utf8)
      for _ in 0..<Int.random(in: 0..<40, using: &generator) { bytes.append(UInt8.random(in: 0...255)) }
      if !bytes.isEmpty { bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255) }
      if case .header(_, let length) = Self.read(bytes) { #expect(length <= bytes.count) }
    }
  }
}
