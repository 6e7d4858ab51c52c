/// The two families of the Internet Protocol that a service can listen on.
package enum IPFamily: UInt8, Hashable, Sendable {
  case ipv4 = 4
  case ipv6 = 6

  /// Bits in an address of this family: 32 or 128.
  package var width: Int { self == .ipv4 ? 32 : 128 }
}

/// An IPv4 or IPv6 address without port or scope.
///
/// Both families share one representation, so that access lists and source tables need one code path.
package struct IPAddress: Hashable, Sendable {
  package let family: IPFamily
  // Two halves: a UInt128 would have every value that holds an address aligned to 16 bytes.
  private let high: UInt64
  private let low: UInt64

  /// The address in host order; IPv4 uses the low 32 bits.
  package var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

  /// An IPv4 address from its 32 bits in host order.
  package init(ipv4 bits: UInt32) {
    family = .ipv4
    high = 0
    low = UInt64(bits)
  }

  /// An IPv6 address from its 128 bits in host order.
  package init(ipv6 bits: UInt128) {
    family = .ipv6
    high = UInt64(truncatingIfNeeded: bits >> 64)
    low = UInt64(truncatingIfNeeded: bits)
  }

  package init(family: IPFamily, bits: UInt128) {
    self.family = family
    high = family == .ipv4 ? 0 : UInt64(truncatingIfNeeded: bits >> 64)
    low = UInt64(truncatingIfNeeded: family == .ipv4 ? bits & 0xffff_ffff : bits)
  }

  package static func any(_ family: IPFamily) -> IPAddress { IPAddress(family: family, bits: 0) }
  package static let loopback4 = IPAddress(ipv4: 0x7f00_0001)
  /// All hosts of the network (RFC 919).
  package static let broadcast4 = IPAddress(ipv4: 0xffff_ffff)
  package static let loopback6 = IPAddress(ipv6: 1)

  /// The wildcard address 0.0.0.0 or ::.
  package var isUnspecified: Bool { bits == 0 }

  /// 127.0.0.0/8 or ::1.
  package var isLoopback: Bool {
    family == .ipv4 ? bits >> 24 == 127 : bits == 1
  }

  /// 224.0.0.0/4 or ff00::/8.
  package var isMulticast: Bool {
    family == .ipv4 ? bits >> 28 == 0xe : bits >> 120 == 0xff
  }

  /// fe80::/10, whose meaning needs an interface.
  package var isLinkLocal6: Bool { family == .ipv6 && bits >> 118 == 0x3fa }

  /// A v4-mapped IPv6 address (::ffff:a.b.c.d, RFC 4291 2.5.5.2) as the IPv4 address it stands for; others unchanged.
  ///
  /// A dual-stack socket reports IPv4 peers in mapped form; an access list must see the address its author wrote.
  package var unmapped: IPAddress {
    family == .ipv6 && bits >> 32 == 0xffff ? IPAddress(family: .ipv4, bits: bits) : self
  }

  /// The address with all but its first `length` bits cleared. Lengths beyond the family's width keep all.
  package func masked(to length: Int) -> IPAddress {
    IPAddress(family: family, bits: bits & IPAddress.mask(family, length))
  }

  static func mask(_ family: IPFamily, _ length: Int) -> UInt128 {
    if length <= 0 { return 0 }
    if length >= family.width { return family == .ipv4 ? 0xffff_ffff : .max }
    let host = family.width - length
    return family == .ipv4 ? (0xffff_ffff >> UInt128(host)) << UInt128(host) : (.max >> UInt128(host)) << UInt128(host)
  }
}

/// A block of addresses: everything that shares the first `length` bits of `base`.
package struct IPPrefix: Hashable, Sendable {
  /// The lowest address of the block; host bits are zero.
  package let base: IPAddress
  package let length: Int

  package init(_ address: IPAddress, length: Int) {
    self.length = min(max(length, 0), address.family.width)
    base = address.masked(to: self.length)
  }

  /// The block that holds one address.
  package init(_ address: IPAddress) { self.init(address, length: address.family.width) }

  package var isSingleAddress: Bool { length == base.family.width }

  /// A block of v4-mapped addresses as the IPv4 block it stands for; others unchanged.
  ///
  /// Peers are judged unmapped: a block that stayed mapped would hold nobody.
  package var unmapped: IPPrefix {
    base.family == .ipv6 && length >= 96 && base.bits >> 32 == 0xffff
      ? IPPrefix(base.unmapped, length: length - 96) : self
  }

  package func contains(_ address: IPAddress) -> Bool {
    address.family == base.family && address.masked(to: length) == base
  }
}
