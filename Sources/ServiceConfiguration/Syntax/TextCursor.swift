import ServiceModel

/// A place in the text of one file that knows its line and column.
///
/// Everything works on bytes: configuration syntax is ASCII, and columns are counted in bytes as compilers do. Line ends
/// are LF; CR counts as a blank, so that CRLF files need no care anywhere.
struct TextCursor {
  static let newline = UInt8(ascii: "\n")

  let bytes: [UInt8]
  let file: SourceFileID
  private(set) var index: Int
  private(set) var line = 1
  private(set) var lineStart = 0
  /// What was wrong with the words read since the faults were last taken.
  var faults: [WordFault] = []

  init(_ bytes: [UInt8], file: SourceFileID) {
    self.bytes = bytes
    self.file = file
    index = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
  }

  var isAtEnd: Bool { index >= bytes.count }
  var isAtEndOfLine: Bool { index >= bytes.count || bytes[index] == TextCursor.newline }
  var isAtStartOfLine: Bool { index == lineStart || (lineStart == 0 && index == 3 && bytes[0] == 0xef) }

  /// The next byte; a line's end beyond the last one.
  var byte: UInt8 { index < bytes.count ? bytes[index] : TextCursor.newline }

  /// The byte `distance` behind the next one; a line's end beyond the last one.
  func byte(ahead distance: Int) -> UInt8 {
    index + distance < bytes.count ? bytes[index + distance] : TextCursor.newline
  }

  /// Blank, tab, CR, form feed or vertical tab: what separates words within a line.
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 9 && byte <= 13 && byte != newline) }

  static func endsWord(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 9 && byte <= 13) }

  /// Steps over bytes of the current line; none of them may be its end.
  mutating func advance(by count: Int = 1) { index += count }

  mutating func advance(to newIndex: Int) { index = newIndex }

  mutating func skipBlanks() {
    while index < bytes.count && TextCursor.isBlank(bytes[index]) { index += 1 }
  }

  mutating func skipToEndOfLine() {
    while index < bytes.count && bytes[index] != TextCursor.newline { index += 1 }
  }

  /// Moves behind the end of the current line.
  mutating func nextLine() {
    skipToEndOfLine()
    if index < bytes.count {
      index += 1
      line += 1
      lineStart = index
    }
  }

  /// A stretch of the current line.
  func range(from start: Int, to end: Int) -> SourceRange {
    SourceRange(file: file, line: line, column: start - lineStart + 1, length: end - start)
  }

  /// The next byte; at the end of a line the last byte of the line, so that there is something to underline.
  var hereRange: SourceRange {
    let start = isAtEndOfLine && index > lineStart ? index - 1 : index
    return range(from: start, to: start + 1)
  }

  /// From here to the last byte of the line that is no blank.
  var restOfLine: SourceRange {
    var end = index
    while end < bytes.count && bytes[end] != TextCursor.newline { end += 1 }
    while end > index + 1 && TextCursor.isBlank(bytes[end - 1]) { end -= 1 }
    return range(from: index, to: end)
  }

  /// Whether `text` (lower case ASCII) stands here, in any case, as a whole word.
  func isAtWord(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count, TextCursor.endsWord(byte(ahead: count)) else { return false }
    for offset in 0..<count where TextCursor.lowered(bytes[index + offset]) != text.utf8Start[offset] { return false }
    return true
  }

  static func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }

  mutating func takeFaults() -> [WordFault] {
    if faults.isEmpty { return [] }
    defer { faults = [] }
    return faults
  }
}

/// Why a word cannot be used; the service it belongs to is skipped.
struct WordFault: Equatable {
  enum Kind: Equatable {
    case nulByte
    case notUTF8
    case unclosedQuote
    case unknownEscape
    /// A backslash, then blanks, then the line's end: it looks like a continuation and is an escaped blank.
    case blankAfterBackslash
  }

  var kind: Kind
  var range: SourceRange
}
