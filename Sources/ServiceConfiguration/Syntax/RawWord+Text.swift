import NetworkAddresses
import ServiceModel

extension RawWord {
  /// Whether this is `text`, which is lower case ASCII, in any case.
  func isWord(_ text: StaticString) -> Bool {
    var place = 0
    for byte in self.text.utf8 {
      guard place < text.utf8CodeUnitCount, TextCursor.lowered(byte) == text.utf8Start[place] else { return false }
      place += 1
    }
    return place == text.utf8CodeUnitCount
  }

  /// The part of this word that starts `offset` bytes in. Exact where the word was written without quotes.
  func part(_ text: Substring, offset: Int) -> RawWord {
    let length = text.utf8.count
    let written = Int(range.length)
    // Quotes shift what is inside them: then the whole word is the best place to name.
    guard written == self.text.utf8.count, offset + length <= written, length > 0 else {
      return RawWord(String(text), at: range)
    }
    let place = SourceRange(
      file: range.file, line: Int(range.line), column: Int(range.column) + offset, length: length)
    return RawWord(String(text), at: place)
  }

  /// The parts between the bytes `separator`, at most `limit` of them.
  func split(_ separator: Unicode.Scalar, limit: Int = .max) -> [RawWord] {
    let wanted = UInt8(ascii: separator)
    var parts: [RawWord] = []
    var start = text.utf8.startIndex
    var offset = 0
    var place = 0
    for index in text.utf8.indices {
      if text.utf8[index] == wanted && parts.count < limit - 1 {
        parts.append(part(text[start..<index], offset: offset))
        start = text.utf8.index(after: index)
        offset = place + 1
      }
      place += 1
    }
    parts.append(part(text[start...], offset: offset))
    return parts
  }

  /// Before and behind the first (or last) byte `separator`; nil when there is none.
  func cut(at separator: Unicode.Scalar, last: Bool = false) -> (RawWord, RawWord)? {
    let wanted = UInt8(ascii: separator)
    guard let offset = last ? text.lastOffset(of: wanted) : text.offset(of: wanted) else { return nil }
    let index = text.utf8.index(text.utf8.startIndex, offsetBy: offset)
    return (
      part(text[..<index], offset: 0), part(text[text.utf8.index(after: index)...], offset: offset + 1)
    )
  }

  /// Whether this is a decimal number.
  var isNumber: Bool { !text.isEmpty && text.withBytes { $0.allSatisfy(ASCII.isDigit) } }

  func hasPrefix(_ prefix: StaticString) -> Bool {
    text.withBytes { bytes in
      guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
      for place in 0..<prefix.utf8CodeUnitCount where bytes[place] != prefix.utf8Start[place] { return false }
      return true
    }
  }

  /// This word without its first `count` bytes.
  func dropping(_ count: Int) -> RawWord {
    part(text[text.utf8.index(text.utf8.startIndex, offsetBy: count)...], offset: count)
  }
}
