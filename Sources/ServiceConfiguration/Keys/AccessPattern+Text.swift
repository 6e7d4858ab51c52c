import NetworkAddresses
import ServiceModel

/// Why an entry of an access list cannot be read.
struct AccessPatternError: Error {
  let message: String
}

extension AccessPattern {
  /// Reads one entry. `blockForms` adds xinetd's own: trailing zeros as wildcards and `1.2.3.{4,5}`.
  static func parse(_ text: String, blockForms: Bool) -> Result<[AccessPattern], AccessPatternError> {
    if text.isEmpty { return failure("an empty word is no address") }
    if text.utf8.first == UInt8(ascii: ".") { return domain(text) }
    if let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) {
      return masked(String(text[..<slash]), String(text[text.utf8.index(after: slash)...]), blockForms: blockForms)
    }
    if text.utf8.contains(UInt8(ascii: "{")) {
      return blockForms
        ? factorized(text) : failure("'\(text)': braces are for files in xinetd's syntax; list the addresses")
    }
    if let address = IPAddress(unbracketed(text)) {
      return .success(blockForms ? wildcard(address) : [.prefix(IPPrefix(address).unmapped)])
    }
    if text.utf8.contains(UInt8(ascii: ":")) { return failure("'\(text)' is not an IPv6 address") }
    if text.utf8.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: ".") }) {
      return failure("'\(text)' is not an IPv4 address")
    }
    if !HostName.isValid(text) { return failure("'\(text)' is neither an address nor a host name") }
    return .success([.host(ASCII.lowercased(text))])
  }

  /// The text that gives this pattern in flat syntax.
  package var text: String {
    switch self {
    case .prefix(let prefix): prefix.description
    case .host(let name): name
    case .domain(let name): "." + name
    case .network(let name): name
    }
  }

  private static func failure(_ message: String) -> Result<[AccessPattern], AccessPatternError> {
    .failure(AccessPatternError(message: message))
  }

  private static func unbracketed(_ text: String) -> String {
    guard text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]") else { return text }
    return text.dropping(first: 1, last: 1)
  }

  private static func domain(_ text: String) -> Result<[AccessPattern], AccessPatternError> {
    let name = text.dropping(first: 1)
    return HostName.isValid(name) ? .success([.domain(ASCII.lowercased(name))]) : failure("'\(text)' is not a domain")
  }

  private static func masked(
    _ base: String, _ mask: String, blockForms: Bool
  ) -> Result<[AccessPattern], AccessPatternError> {
    guard let address = IPAddress(unbracketed(base)) ?? (blockForms ? padded(base) : nil) else {
      return failure("'\(base)' is not an address")
    }
    if let length = ValueText.integer(mask) {
      if (0...address.family.width).contains(length) {
        return .success([.prefix(IPPrefix(address, length: length).unmapped)])
      }
      return failure("a prefix of this family is 0 to \(address.family.width) bits long, not \(mask)")
    }
    guard let netmask = IPAddress(mask), netmask.family == address.family else {
      return failure("'\(mask)' is neither a prefix length nor a netmask of this family")
    }
    // A netmask is ones, then zeros: its complement plus one is a power of two.
    let width = address.family.width
    let ones = width - (0..<width).prefix { netmask.bits >> UInt128($0) & 1 == 0 }.count
    if IPAddress(family: address.family, bits: .max).masked(to: ones) != netmask {
      return failure("'\(mask)' is not a netmask: its ones are not all in front")
    }
    return .success([.prefix(IPPrefix(address, length: ones).unmapped)])
  }

  /// xinetd reads `10.1/16` as `10.1.0.0/16`.
  private static func padded(_ text: String) -> IPAddress? {
    let dots = text.utf8.filter { $0 == UInt8(ascii: ".") }.count
    return dots < 3 ? IPAddress(text + String(repeating: ".0", count: 3 - dots)) : nil
  }

  /// xinetd: zeros at the end of a plain address stand for anything; 0.0.0.0 is everybody.
  private static func wildcard(_ address: IPAddress) -> [AccessPattern] {
    if address.family == .ipv6 { return [.prefix(IPPrefix(address).unmapped)] }
    if address.isUnspecified {
      return [.prefix(IPPrefix(address, length: 0)), .prefix(IPPrefix(.any(.ipv6), length: 0))]
    }
    var length = 32
    while length > 0 && address.bits >> UInt128(32 - length) & 0xff == 0 { length -= 8 }
    return [.prefix(IPPrefix(address, length: length))]
  }

  /// `1.2.3.{4,5}`, and `1.2.{3,4}` for whole networks.
  private static func factorized(_ text: String) -> Result<[AccessPattern], AccessPatternError> {
    let wrong = "'\(text)' is not of the form 1.2.3.{4,5}"
    guard let open = text.utf8.firstIndex(of: UInt8(ascii: "{")), text.utf8.last == UInt8(ascii: "}") else {
      return failure(wrong)
    }
    let head = text[..<open]
    let octets = head.utf8.filter { $0 == UInt8(ascii: ".") }.count
    guard (1...3).contains(octets), head.utf8.last == UInt8(ascii: ".") else { return failure(wrong) }
    let tail = String(repeating: ".0", count: 3 - octets)
    var patterns: [AccessPattern] = []
    let list = text[text.utf8.index(after: open)...].dropLast()
    for number in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let address = IPAddress("\(head)\(number)\(tail)") else { return failure(wrong) }
      patterns.append(.prefix(IPPrefix(address, length: 8 * (octets + 1))))
      if patterns.count > 256 { return failure("'\(text)' names more than 256 addresses") }
    }
    return .success(patterns)
  }
}

/// Names of hosts and domains, as far as their letters go (RFC 952, RFC 1123; the underscore is common use).
enum HostName {
  static func isValid(_ text: String) -> Bool {
    if text.isEmpty || text.utf8.count > 253 { return false }
    var previous = UInt8(ascii: ".")
    for byte in text.utf8 {
      let isLetter = ASCII.lowercased(byte) >= 0x61 && ASCII.lowercased(byte) <= 0x7a
      if byte == UInt8(ascii: ".") {
        if previous == byte { return false }
      } else if !isLetter && !ASCII.isDigit(byte) && byte != UInt8(ascii: "-") && byte != UInt8(ascii: "_") {
        return false
      }
      previous = byte
    }
    return text.utf8.first != UInt8(ascii: "-")
  }
}
