import Testing

@testable import NetworkAddresses

@Suite struct IPAddressTests {
  /// Text as written, and as RFC 5952 wants it; nil where it is no address.
  @Test(arguments: [
    ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("1.2.3.4", "1.2.3.4"), ("::", "::"),
    ("::1", "::1"), ("1::", "1::"), ("2001:db8:0:0:0:0:0:1", "2001:db8::1"), ("2001:DB8::A", "2001:db8::a"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
    ("::ffff:102:304", "::ffff:1.2.3.4"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("fe80::1", "fe80::1"),
    ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
  ]) func readsAndWrites(_ text: String, _ canonical: String) {
    #expect(IPAddress(text)?.description == canonical)
    #expect(IPAddress(canonical) == IPAddress(text))
  }

  @Test(arguments: [
    "", ".", "1", "1.2", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4", "1.2.3.04",
    "0x1.2.3.4",
    "1.2.3.4 ", " 1.2.3.4", "1.2.3.a", "-1.2.3.4", ":", ":::", "1:", ":1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
    "::1::", "1::2::3", "12345::", "g::", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "[::1]",
    "fe80::1%1",
    "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1111:2222:3333:4444:5555:6666:7777:88888888888888888888888888",
  ]) func refuses(_ text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func everyRandomAddressReadsBack() {
    var state: UInt64 = 42
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state
    }
    for _ in 0..<5000 {
      // Few bits set, so that runs of zeros are common.
      let bits = UInt128(next() & next() & next()) << 64 | UInt128(next() & next() & next())
      let address = IPAddress(ipv6: bits)
      #expect(IPAddress(address.description) == address)
      let small = IPAddress(ipv4: UInt32(truncatingIfNeeded: next()))
      #expect(IPAddress(small.description) == small)
    }
  }

  @Test func kinds() throws {
    #expect(IPAddress("127.1.2.3")?.isLoopback == true && IPAddress("128.0.0.1")?.isLoopback == false)
    #expect(IPAddress("::1")?.isLoopback == true && IPAddress("::2")?.isLoopback == false)
    #expect(IPAddress("224.0.0.1")?.isMulticast == true && IPAddress("240.0.0.1")?.isMulticast == false)
    #expect(IPAddress("ff02::1")?.isMulticast == true && IPAddress("fe80::1")?.isMulticast == false)
    #expect(IPAddress("fe80::1")?.isLinkLocal6 == true && IPAddress("fec0::1")?.isLinkLocal6 == false)
    #expect(IPAddress("febf::1")?.isLinkLocal6 == true && IPAddress("169.254.0.1")?.isLinkLocal6 == false)
    #expect(IPAddress.any(.ipv4).isUnspecified && IPAddress.any(.ipv6).isUnspecified)
    #expect(IPAddress("::ffff:10.0.0.1")?.unmapped == IPAddress("10.0.0.1"))
    #expect(IPAddress("::10.0.0.1")?.unmapped.family == .ipv6)
  }

  @Test func familiesDoNotMix() {
    #expect(IPAddress(ipv4: 1) != IPAddress(ipv6: 1))
    #expect(IPAddress(family: .ipv4, bits: .max) == IPAddress(ipv4: .max))
  }
}
