/// IPAddressAllow= and IPAddressDeny= (systemd.resource-control(5)): who is allowed is, who else is denied is not, and
/// the rest is allowed.
struct AddressFilter {
  enum Result: Equatable {
    case everyone
    case only([String])
    case not([String])
    /// Parts of what is denied are allowed, or the other way round.
    case inexpressible
  }

  private var allowed: [String] = []
  private var denied: [String] = []

  private static let names: [String: [String]] = [
    "any": ["0.0.0.0/0", "::/0"], "localhost": ["127.0.0.0/8", "::1"], "link-local": ["169.254.0.0/16", "fe80::/64"],
    "multicast": ["224.0.0.0/4", "ff00::/8"],
  ]

  private static func prefixes(_ value: String) -> [String] {
    value.split(whereSeparator: \.isWhitespace).flatMap { names[String($0)] ?? [String($0)] }
  }

  mutating func allow(_ value: String) { allowed += AddressFilter.prefixes(value) }
  mutating func deny(_ value: String) { denied += AddressFilter.prefixes(value) }

  var result: Result {
    if denied.isEmpty { return .everyone }
    if denied.contains("0.0.0.0/0") && denied.contains("::/0") {
      return allowed.contains("0.0.0.0/0") && allowed.contains("::/0") ? .everyone : .only(allowed)
    }
    return allowed.isEmpty ? .not(denied) : .inexpressible
  }
}
