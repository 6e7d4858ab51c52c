import ServiceModel

extension TextCursor {
  private static let doubleQuote = UInt8(ascii: "\"")
  private static let singleQuote = UInt8(ascii: "'")
  private static let backslash = UInt8(ascii: "\\")

  /// The bytes up to the next blank, as they stand: a word of xinetd syntax.
  mutating func plainWord() -> RawWord {
    let start = index
    var seen: UInt8 = 0
    while index < bytes.count {
      let byte = bytes[index]
      if TextCursor.endsWord(byte) { break }
      if byte == 0 { fault(.nulByte) }
      seen |= byte
      advance()
    }
    return word(from: start, to: index, seen: seen)
  }

  /// A key: everything up to a blank or an operator, in lower case.
  mutating func key() -> RawWord {
    let start = index
    var seen: UInt8 = 0
    var hasUpperCase = false
    while index < bytes.count {
      let byte = bytes[index]
      if TextCursor.endsWord(byte) || isAtOperator { break }
      if byte == 0 { fault(.nulByte) }
      hasUpperCase = hasUpperCase || (byte >= 0x41 && byte <= 0x5a)
      seen |= byte
      advance()
    }
    let written = word(from: start, to: index, seen: seen)
    guard hasUpperCase else { return written }
    return RawWord(String(decoding: bytes[start..<index].map(TextCursor.lowered), as: UTF8.self), at: written.range)
  }

  private var isAtOperator: Bool {
    let byte = self.byte
    return byte == UInt8(ascii: "=")
      || ((byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")) && self.byte(ahead: 1) == UInt8(ascii: "="))
  }

  /// `=`, `+=` or `-=`; nil and no step when none stands here.
  mutating func assignment() -> RawOperator? {
    guard isAtOperator else { return nil }
    switch byte {
    case UInt8(ascii: "="):
      advance()
      return .set
    case UInt8(ascii: "+"):
      advance(by: 2)
      return .add
    default:
      advance(by: 2)
      return .remove
    }
  }

  /// A word of inetd.conf: '...' and "..." anywhere in it are taken off, there are no escapes.
  mutating func classicWord() -> RawWord {
    let start = index
    var seen: UInt8 = 0
    var end = start
    while end < bytes.count {
      let byte = bytes[end]
      if TextCursor.endsWord(byte) || byte == TextCursor.doubleQuote || byte == TextCursor.singleQuote { break }
      if byte == 0 {
        advance(to: end)
        fault(.nulByte)
      }
      seen |= byte
      end += 1
    }
    advance(to: end)
    if TextCursor.endsWord(byte) { return word(from: start, to: end, seen: seen) }
    var text = Array(bytes[start..<index])
    while !TextCursor.endsWord(byte) {
      if byte == TextCursor.doubleQuote || byte == TextCursor.singleQuote {
        literalQuote(into: &text)
      } else {
        if byte == 0 { fault(.nulByte) }
        text.append(byte)
        advance()
      }
    }
    return word(text, at: range(from: start, to: index))
  }

  /// A value of flat syntax: quotes, escapes and continued lines.
  mutating func flatWord() -> RawWord {
    let start = index
    var seen: UInt8 = 0
    while index < bytes.count {
      let byte = bytes[index]
      if TextCursor.endsWord(byte) { return word(from: start, to: index, seen: seen) }
      if byte == TextCursor.doubleQuote || byte == TextCursor.singleQuote || byte == TextCursor.backslash { break }
      if byte == 0 { fault(.nulByte) }
      seen |= byte
      advance()
    }
    if isAtEnd { return word(from: start, to: index, seen: seen) }
    return quotedFlatWord(from: start)
  }

  private mutating func quotedFlatWord(from start: Int) -> RawWord {
    var text = Array(bytes[start..<index])
    let first = (line: line, start: lineStart)
    while !TextCursor.endsWord(byte) {
      switch byte {
      case TextCursor.singleQuote: literalQuote(into: &text)
      case TextCursor.doubleQuote: escapedQuote(into: &text)
      case TextCursor.backslash:
        if isAtContinuation {
          nextLine()
        } else {
          if endsLineInBlanks { fault(.blankAfterBackslash) }
          text.append(byte(ahead: 1))
          if byte(ahead: 1) == 0 { fault(.nulByte) }
          advance(by: 2)
        }
      default:
        if byte == 0 { fault(.nulByte) }
        text.append(byte)
        advance()
      }
    }
    return word(text, at: range(from: start, in: first))
  }

  /// What ends here and began at `start`; of what goes on in further lines, the part in its first line.
  func range(from start: Int, in first: (line: Int, start: Int)) -> SourceRange {
    if line == first.line { return range(from: start, to: index) }
    var end = start
    while bytes[end] != TextCursor.newline { end += 1 }
    while end > start + 1 && (bytes[end - 1] == TextCursor.backslash || bytes[end - 1] == 0x0d) { end -= 1 }
    return SourceRange(file: file, line: first.line, column: start - first.start + 1, length: end - start)
  }

  /// One quoted word: double quotes with escapes, or single quotes.
  mutating func quotedWord() -> RawWord {
    let start = index
    let first = (line: line, start: lineStart)
    var text: [UInt8] = []
    if byte == TextCursor.doubleQuote { escapedQuote(into: &text) } else { literalQuote(into: &text) }
    return word(text, at: range(from: start, in: first))
  }

  /// Whether a backslash here joins the next line to this one.
  var isAtContinuation: Bool {
    guard byte == TextCursor.backslash else { return false }
    let next = byte(ahead: 1)
    return next == TextCursor.newline || (next == 0x0d && byte(ahead: 2) == TextCursor.newline)
  }

  /// Whether only blanks follow the backslash here.
  private var endsLineInBlanks: Bool {
    var place = index + 1
    while place < bytes.count && TextCursor.isBlank(bytes[place]) { place += 1 }
    return place > index + 1 && (place == bytes.count || bytes[place] == TextCursor.newline)
  }

  private mutating func literalQuote(into text: inout [UInt8]) {
    let quote = byte
    let start = index
    advance()
    while byte != quote {
      if isAtEndOfLine { return faults.append(WordFault(kind: .unclosedQuote, range: range(from: start, to: index))) }
      if byte == 0 { fault(.nulByte) }
      text.append(byte)
      advance()
    }
    advance()
  }

  private mutating func escapedQuote(into text: inout [UInt8]) {
    let opening = range(from: index, to: index + 1)
    advance()
    while byte != TextCursor.doubleQuote {
      if isAtContinuation {
        nextLine()
        continue
      }
      if isAtEndOfLine { return faults.append(WordFault(kind: .unclosedQuote, range: opening)) }
      if byte == TextCursor.backslash {
        escape(into: &text, allowsSingleQuote: false)
      } else {
        if byte == 0 { fault(.nulByte) }
        text.append(byte)
        advance()
      }
    }
    advance()
  }

  /// `\\ \" \n \t \r \xHH`, and `\'` where the syntax has it (NetBSD's key-values notation).
  mutating func escape(into text: inout [UInt8], allowsSingleQuote: Bool) {
    let code = byte(ahead: 1)
    switch code {
    case TextCursor.backslash, TextCursor.doubleQuote: text.append(code)
    case TextCursor.singleQuote where allowsSingleQuote: text.append(code)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "x"):
      guard let high = TextCursor.hexDigit(byte(ahead: 2)), let low = TextCursor.hexDigit(byte(ahead: 3)) else {
        faults.append(WordFault(kind: .unknownEscape, range: range(from: index, to: index + 2)))
        return advance(by: 2)
      }
      if high == 0 && low == 0 {
        faults.append(WordFault(kind: .nulByte, range: range(from: index, to: index + 4)))
      } else {
        text.append(high << 4 | low)
      }
      return advance(by: 4)
    default:
      let length = code == TextCursor.newline ? 1 : 2
      faults.append(WordFault(kind: .unknownEscape, range: range(from: index, to: index + length)))
      return advance(by: length)
    }
    advance(by: 2)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  mutating func fault(_ kind: WordFault.Kind) {
    faults.append(WordFault(kind: kind, range: range(from: index, to: index + 1)))
  }

  /// The word between two places of the current line; `seen` is the OR of its bytes.
  private mutating func word(from start: Int, to end: Int, seen: UInt8) -> RawWord {
    let range = range(from: start, to: end)
    if seen >= 0x80 && !UTF8Check.isValid(bytes[start..<end]) { faults.append(WordFault(kind: .notUTF8, range: range)) }
    return RawWord(String(decoding: bytes[start..<end], as: UTF8.self), at: range)
  }

  mutating func word(_ text: [UInt8], at range: SourceRange) -> RawWord {
    if !UTF8Check.isValid(text[...]) { faults.append(WordFault(kind: .notUTF8, range: range)) }
    return RawWord(String(decoding: text, as: UTF8.self), at: range)
  }
}

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
enum UTF8Check {
  static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let lead = bytes[index]
      index += 1
      if lead < 0x80 { continue }
      let count: Int
      var allowed: ClosedRange<UInt8> = 0x80...0xbf
      switch lead {
      case 0xc2...0xdf: count = 1
      case 0xe0...0xef:
        count = 2
        if lead == 0xe0 { allowed = 0xa0...0xbf }
        if lead == 0xed { allowed = 0x80...0x9f }
      case 0xf0...0xf4:
        count = 3
        if lead == 0xf0 { allowed = 0x90...0xbf }
        if lead == 0xf4 { allowed = 0x80...0x8f }
      default: return false
      }
      for _ in 0..<count {
        guard index < bytes.endIndex, allowed.contains(bytes[index]) else { return false }
        allowed = 0x80...0xbf
        index += 1
      }
    }
    return true
  }
}
