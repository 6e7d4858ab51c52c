import NetworkAddresses
import Testing

@testable import AdmissionControl

private func prefix(_ text: String) -> IPPrefix {
  let parts = text.split(separator: "/")
  guard let address = IPAddress(parts[0]) else { preconditionFailure("not an address: \(text)") }
  return IPPrefix(address, length: parts.count > 1 ? Int(parts[1]) ?? -1 : address.family.width)
}

@Suite struct PrefixTreeTests {
  @Test func mostSpecificMemberWins() {
    let tree = PrefixTree(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32"].map(prefix))
    let expected: [(String, Int?)] = [
      ("10.9.9.9", 8), ("10.1.9.9", 16), ("10.1.2.3", 32), ("11.0.0.1", nil), ("2001:db8::1", 32), ("2001:db9::1", nil),
      ("::ffff:10.1.2.3", nil),
    ]
    for (address, length) in expected {
      #expect(tree.longestMatch(prefix(address).base) == length, "\(address)")
    }
  }

  @Test func wholeInternet() {
    let tree = PrefixTree([prefix("0.0.0.0/0")])
    #expect(tree.longestMatch(prefix("255.255.255.255").base) == 0)
    #expect(tree.longestMatch(prefix("::1").base) == nil)
  }

  @Test func emptyTreeHoldsNothing() {
    #expect(PrefixTree([]).longestMatch(.loopback4) == nil)
  }

  /// Against the definition itself, for many sets of blocks that share their first bits.
  @Test(arguments: 0..<20) func agreesWithAScan(seed: UInt64) {
    var generator = SplitMix(state: seed)
    let prefixes = (0..<200).map { _ in
      IPPrefix(IPAddress(ipv4: UInt32.random(in: 0..<4096, using: &generator) << 20), length: .random(in: 0...32))
    }
    let tree = PrefixTree(prefixes)
    for _ in 0..<500 {
      let address = IPAddress(ipv4: UInt32.random(in: 0...UInt32.max, using: &generator))
      #expect(tree.longestMatch(address) == prefixes.filter { $0.contains(address) }.map(\.length).max())
    }
  }
}

/// A small seeded generator (Steele, Lea, Flood 2014), so that a failure can be repeated.
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
