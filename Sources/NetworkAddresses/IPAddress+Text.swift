extension IPAddress {
  /// Reads a numeric address, strictly: dotted quad without leading zeros or short forms (which `inet_aton` would take
  /// as octal or as network numbers), or RFC 4291 text. No brackets, no scope.
  package init?(_ text: String) {
    if let bits = text.withBytes({ IPAddress.parse4($0) }) {
      self.init(ipv4: bits)
    } else {
      let bytes = Array(text.utf8.prefix(IPAddress.longestText + 1))
      guard bytes.count <= IPAddress.longestText, let bits = IPAddress.parse6(bytes[...]) else { return nil }
      self.init(ipv6: bits)
    }
  }

  /// The same of a part of a text.
  package init?(_ text: Substring) { self.init(String(text)) }

  /// Six groups of four digits and a dotted quad (INET6_ADDRSTRLEN without its NUL).
  private static let longestText = 45

  private static func parse4(_ text: some Sequence<UInt8>) -> UInt32? {
    var result: UInt32 = 0
    var octets = 0
    var value: UInt32 = 0
    var digits = 0
    var leadingZero = false
    for byte in text {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if leadingZero { return nil }
        leadingZero = digits == 0 && byte == UInt8(ascii: "0")
        value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
        digits += 1
        if value > 255 { return nil }
      case UInt8(ascii: "."):
        if digits == 0 || octets == 3 { return nil }
        result = result << 8 | value
        octets += 1
        value = 0
        digits = 0
        leadingZero = false
      default: return nil
      }
    }
    return digits > 0 && octets == 3 ? result << 8 | value : nil
  }

  private static func parse6(_ text: ArraySlice<UInt8>) -> UInt128? {
    let colon = UInt8(ascii: ":")
    var groups: [UInt16] = []
    var gap: Int?
    var index = text.startIndex
    if text.starts(with: [colon, colon]) {
      gap = 0
      index += 2
    } else if text.first == colon {
      return nil
    }
    while index < text.endIndex {
      let end = text[index...].firstIndex(of: colon) ?? text.endIndex
      let piece = text[index..<end]
      if piece.contains(UInt8(ascii: ".")) {
        guard end == text.endIndex, groups.count <= 6, let low = parse4(piece) else { return nil }
        groups += [UInt16(low >> 16), UInt16(low & 0xffff)]
        index = end
        break
      }
      guard let group = hexGroup(piece), groups.count < 8 else { return nil }
      groups.append(group)
      index = end
      if index == text.endIndex { break }
      index += 1
      if index == text.endIndex { return nil }
      if text[index] == colon {
        if gap != nil { return nil }
        gap = groups.count
        index += 1
      }
    }
    if let gap {
      if groups.count > 7 { return nil }
      groups.insert(contentsOf: Array(repeating: 0, count: 8 - groups.count), at: gap)
    }
    return groups.count == 8 ? groups.reduce(0) { $0 << 16 | UInt128($1) } : nil
  }

  private static func hexGroup(_ piece: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(piece.count) else { return nil }
    var value: UInt16 = 0
    for byte in piece {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted quad, or RFC 5952 text (lower case, longest run of zero groups shortened, v4-mapped in mixed form).
  package var description: String {
    if family == .ipv4 { return IPAddress.dottedQuad(UInt32(truncatingIfNeeded: bits)) }
    if bits >> 32 == 0xffff { return "::ffff:" + IPAddress.dottedQuad(UInt32(truncatingIfNeeded: bits)) }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
    let gap = IPAddress.longestZeroRun(groups)
    var text = ""
    var index = 0
    while index < 8 {
      if let gap, gap.lowerBound == index {
        text += "::"
        index = gap.upperBound
        continue
      }
      if !text.isEmpty && !text.utf8.elementsEqual("::".utf8) && text.utf8.last != UInt8(ascii: ":") { text += ":" }
      text += String(groups[index], radix: 16)
      index += 1
    }
    return text
  }

  private static func dottedQuad(_ bits: UInt32) -> String {
    // Without the strings between, of which a log line's author makes a dozen.
    String(unsafeUninitializedCapacity: 15) { text in
      var length = 0
      func put(_ byte: UInt8) {
        text[length] = byte
        length += 1
      }
      for shift: UInt32 in [24, 16, 8, 0] {
        let octet = UInt8(truncatingIfNeeded: bits >> shift)
        if octet >= 100 { put(0x30 + octet / 100) }
        if octet >= 10 { put(0x30 + octet / 10 % 10) }
        put(0x30 + octet % 10)
        if shift > 0 { put(UInt8(ascii: ".")) }
      }
      return length
    }
  }

  /// The first longest run of at least two zero groups (RFC 5952 4.2).
  private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
    var best: Range<Int>?
    var start = 0
    while start < groups.count {
      var end = start
      while end < groups.count && groups[end] == 0 { end += 1 }
      if end - start >= 2 && end - start > (best?.count ?? 0) { best = start..<end }
      start = max(end, start + 1)
    }
    return best
  }
}

extension IPPrefix: CustomStringConvertible {
  /// `address` for a single address, else `address/length`.
  package var description: String { isSingleAddress ? base.description : "\(base)/\(length)" }
}
