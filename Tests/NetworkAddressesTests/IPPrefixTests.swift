import Testing

@testable import NetworkAddresses

@Suite struct IPPrefixTests {
  private func prefix(_ text: String, _ length: Int) throws -> IPPrefix {
    IPPrefix(try #require(IPAddress(text)), length: length)
  }

  @Test(arguments: [
    ("10.1.2.3", 8, "10.0.0.0/8"), ("10.1.2.3", 32, "10.1.2.3"), ("10.1.2.3", 0, "0.0.0.0/0"),
    ("10.1.2.3", 31, "10.1.2.2/31"), ("2001:db8::1", 32, "2001:db8::/32"), ("2001:db8::1", 128, "2001:db8::1"),
    ("ffff::", 1, "8000::/1"), ("10.1.2.3", 99, "10.1.2.3"), ("10.1.2.3", -1, "0.0.0.0/0"), ("::1", 0, "::/0"),
  ]) func clearsHostBits(_ text: String, _ length: Int, _ canonical: String) throws {
    #expect(try prefix(text, length).description == canonical)
  }

  @Test(arguments: [
    ("::ffff:10.1.2.3", 128, "10.1.2.3"), ("::ffff:10.1.2.3", 112, "10.1.0.0/16"), ("::ffff:0.0.0.0", 96, "0.0.0.0/0"),
    ("::ffff:0.0.0.0", 95, "::fffe:0:0/95"), ("::10.1.2.3", 128, "::a01:203"), ("10.1.2.0", 24, "10.1.2.0/24"),
  ]) func mappedBlocksAreIPv4(_ text: String, _ length: Int, _ unmapped: String) throws {
    #expect(try prefix(text, length).unmapped.description == unmapped)
  }

  @Test func containsExactlyItsAddresses() throws {
    let block = try prefix("192.168.4.0", 22)
    #expect(block.contains(try #require(IPAddress("192.168.4.0"))))
    #expect(block.contains(try #require(IPAddress("192.168.7.255"))))
    #expect(!block.contains(try #require(IPAddress("192.168.8.0"))))
    #expect(!block.contains(try #require(IPAddress("192.168.3.255"))))
    #expect(!block.contains(try #require(IPAddress("::192.168.4.1"))))
    #expect(try prefix("::", 0).contains(.loopback6))
    #expect(try !prefix("::", 0).contains(.loopback4))
  }
}

@Suite struct SocketEndpointTests {
  @Test(arguments: [
    (SocketEndpoint.ip(.loopback4, port: 80), "127.0.0.1:80"), (.ip(.loopback6, port: 0), "[::1]:0"),
    (.ip(IPAddress(ipv6: 0xfe80 << 112 | 1), port: 7, scope: 3), "[fe80::1%3]:7"), (.unix(path: "/run/x"), "/run/x"),
    (.abstract(name: "x"), "@x"), (.vsock(cid: 2, port: 9), "vsock:2:9"), (.unnamed, "unix"),
  ]) func describesItself(_ endpoint: SocketEndpoint, _ text: String) {
    #expect(endpoint.description == text)
  }

  @Test func givesItsParts() {
    #expect(SocketEndpoint.ip(.loopback4, port: 80).ip == .loopback4)
    #expect(SocketEndpoint.ip(.loopback4, port: 80).port == 80)
    #expect(SocketEndpoint.unnamed.ip == nil && SocketEndpoint.unix(path: "/x").port == nil)
  }
}
