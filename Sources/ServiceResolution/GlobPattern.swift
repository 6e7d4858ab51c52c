/// One component of a glob(7) pattern: `*`, `?`, `[a-z]`, `[!abc]`, and `\` before a byte that is meant as it stands.
///
/// Matching backtracks to the last `*` only, so that no pattern takes more than pattern times name steps.
struct GlobPattern {
  private enum Element {
    case byte(UInt8)
    case any
    case anySequence
    case set(ranges: [ClosedRange<UInt8>], isNegated: Bool)
  }

  private let elements: [Element]
  /// Whether anything but literal bytes is in it.
  let hasWildcards: Bool

  init(_ text: Substring) {
    let bytes = Array(text.utf8)
    var elements: [Element] = []
    var wildcards = false
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "*"):
        elements.append(.anySequence)
        wildcards = true
      case UInt8(ascii: "?"):
        elements.append(.any)
        wildcards = true
      case UInt8(ascii: "["):
        if let (set, end) = GlobPattern.set(in: bytes, from: index) {
          elements.append(set)
          index = end
          wildcards = true
        } else {
          elements.append(.byte(byte))
        }
      case UInt8(ascii: "\\") where index < bytes.count:
        elements.append(.byte(bytes[index]))
        index += 1
      default: elements.append(.byte(byte))
      }
    }
    self.elements = elements
    hasWildcards = wildcards
  }

  /// The text without escapes, of a pattern without wildcards.
  var literal: String {
    let bytes = elements.map { element -> UInt8 in
      if case .byte(let byte) = element { byte } else { UInt8(ascii: "?") }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A bracket expression whose `[` stands before `start`; nil when it is not closed.
  private static func set(in bytes: [UInt8], from start: Int) -> (Element, Int)? {
    var index = start
    let isNegated = index < bytes.count && (bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "^"))
    if isNegated { index += 1 }
    let first = index
    var ranges: [ClosedRange<UInt8>] = []
    while index < bytes.count {
      // A `]` in first place is a member.
      if bytes[index] == UInt8(ascii: "]") && index > first {
        return (.set(ranges: ranges, isNegated: isNegated), index + 1)
      }
      let low = bytes[index]
      if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "-"), bytes[index + 2] != UInt8(ascii: "]") {
        let high = bytes[index + 2]
        if low <= high { ranges.append(low...high) }
        index += 3
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    return nil
  }

  /// Whether a file's name matches. A leading dot must be written in the pattern.
  func matches(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    if bytes.first == UInt8(ascii: ".") {
      guard case .byte(UInt8(ascii: "."))? = elements.first else { return false }
    }
    var place = 0
    var element = 0
    var retry: (element: Int, place: Int)?
    while place < bytes.count {
      if element < elements.count, case .anySequence = elements[element] {
        retry = (element, place)
        element += 1
      } else if element < elements.count, GlobPattern.matches(elements[element], bytes[place]) {
        element += 1
        place += 1
      } else if let last = retry {
        retry = (last.element, last.place + 1)
        element = last.element + 1
        place = last.place + 1
      } else {
        return false
      }
    }
    return elements[element...].allSatisfy { if case .anySequence = $0 { true } else { false } }
  }

  private static func matches(_ element: Element, _ byte: UInt8) -> Bool {
    switch element {
    case .byte(let wanted): wanted == byte
    case .any: true
    case .anySequence: false
    case .set(let ranges, let isNegated): ranges.contains { $0.contains(byte) } != isNegated
    }
  }
}
