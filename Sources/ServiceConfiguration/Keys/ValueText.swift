import NetworkAddresses
import ServiceModel

/// The written forms of plain values, both ways.
package enum ValueText {
  static func boolean(_ text: String) -> Bool? {
    // Nearly always it is one of these two.
    if text == "no" { return false }
    if text == "yes" { return true }
    for word in ["yes", "true", "on"] where ASCII.equal(text, word) { return true }
    for word in ["no", "false", "off"] where ASCII.equal(text, word) { return false }
    return nil
  }

  static func boolean(_ value: Bool) -> String { value ? "yes" : "no" }

  /// Decimal digits with an optional minus.
  package static func integer(_ text: String) -> Int? {
    text.withBytes { bytes in
      let isNegative = bytes.first == UInt8(ascii: "-")
      guard let value = digits(bytes.dropFirst(isNegative ? 1 : 0)) else { return nil }
      return isNegative ? -value : value
    }
  }

  private static func digits(_ bytes: some Collection<UInt8>) -> Int? {
    if bytes.isEmpty { return nil }
    var value = 0
    for byte in bytes {
      guard ASCII.isDigit(byte) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(byte - 0x30))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  static func octal(_ text: String) -> UInt32? {
    if text.isEmpty || text.utf8.count > 8 { return nil }
    var value: UInt32 = 0
    for byte in text.utf8 {
      guard byte >= 0x30 && byte <= 0x37 else { return nil }
      value = value << 3 | UInt32(byte - 0x30)
    }
    return value
  }

  /// Four digits, as umask(1) prints it.
  static func octal(_ value: UInt32) -> String {
    let digits = String(value, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }

  static func size(_ text: String) -> UInt64? {
    var bytes = text.utf8[...]
    var shift = 0
    switch bytes.last.map({ ASCII.lowercased($0) }) {
    case UInt8(ascii: "k"): shift = 10
    case UInt8(ascii: "m"): shift = 20
    case UInt8(ascii: "g"): shift = 30
    default: break
    }
    if shift > 0 { bytes = bytes.dropLast() }
    guard let value = digits(bytes), value <= Int.max >> shift else { return nil }
    return UInt64(value) << UInt64(shift)
  }

  /// The shortest exact form.
  static func size(_ value: UInt64) -> String {
    if value > 0 {
      for (shift, unit) in [(30, "g"), (20, "m"), (10, "k")] where value & (1 << UInt64(shift) - 1) == 0 {
        return "\(value >> UInt64(shift))\(unit)"
      }
    }
    return "\(value)"
  }

  /// Seconds of `90`, `90s`, `5m`, `2h`, `1d`, `1h30m`.
  static func time(_ text: String) -> Int? {
    var total = 0
    var value: Int?
    for byte in text.utf8 {
      if ASCII.isDigit(byte) {
        let (product, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
        if overflow || product > Int.max - 9 { return nil }
        value = product + Int(byte - 0x30)
        continue
      }
      guard let number = value, let seconds = unitSeconds(byte) else { return nil }
      let (product, overflow) = number.multipliedReportingOverflow(by: seconds)
      let (sum, carry) = total.addingReportingOverflow(product)
      if overflow || carry { return nil }
      total = sum
      value = nil
    }
    if let value {
      let (sum, carry) = total.addingReportingOverflow(value)
      return carry ? nil : sum
    }
    return text.isEmpty ? nil : total
  }

  private static func unitSeconds(_ byte: UInt8) -> Int? {
    switch ASCII.lowercased(byte) {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "m"): 60
    case UInt8(ascii: "h"): 3600
    case UInt8(ascii: "d"): 86_400
    default: nil
    }
  }

  /// The largest unit that gives a whole number.
  static func time(_ seconds: Int) -> String {
    if seconds > 0 {
      for (size, unit) in [(86_400, "d"), (3600, "h"), (60, "m")] where seconds % size == 0 {
        return "\(seconds / size)\(unit)"
      }
    }
    return "\(seconds)s"
  }

  /// `N/TIME`; a unit alone is one of it.
  static func rate(_ text: String) -> StartRate? {
    guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
    guard let count = digits(text.utf8[..<slash]) else { return nil }
    let per = text.utf8[text.utf8.index(after: slash)...]
    if per.count == 1, let first = per.first, let seconds = unitSeconds(first) {
      return StartRate(count: count, seconds: seconds)
    }
    guard let seconds = time(String(text[per.startIndex...])) else { return nil }
    return StartRate(count: count, seconds: seconds)
  }

  static func rate(_ rate: StartRate) -> String { "\(rate.count)/\(time(rate.seconds))" }

  static func count(_ limit: CountLimit) -> String {
    switch limit {
    case .unlimited: "UNLIMITED"
    case .count(let count): "\(count)"
    }
  }
}
