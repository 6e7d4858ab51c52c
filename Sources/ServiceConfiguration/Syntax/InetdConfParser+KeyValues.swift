import ServiceModel

/// NetBSD's key-values notation: `service on|off key = value ..., key = value ...;`, over as many lines as it takes.
extension InetdConfParser {
  private static let comma = UInt8(ascii: ",")
  private static let semicolon = UInt8(ascii: ";")

  /// Reads one definition; the cursor stands at its `on` or `off`.
  mutating func keyValues(_ first: RawWord, _ emit: (ParsedItem) -> Void) {
    let isOn = cursor.byte(ahead: 1) == UInt8(ascii: "n")
    let switchRange = cursor.range(from: cursor.index, to: cursor.index + (isOn ? 2 : 3))
    cursor.advance(by: isOn ? 2 : 3)
    let (hosts, service) = InetdConfParser.splitHost(first)
    var definition = KeyValueDefinition(isOn: isOn, switchRange: switchRange)
    while readOption(into: &definition, emit) {}
    let faults = cursor.takeFaults()
    faults.forEach { emit(.diagnostic(.wordFault($0))) }
    definition.isBroken = definition.isBroken || !faults.isEmpty
    cursor.skipBlanks()
    if cursor.byte == UInt8(ascii: "#") || cursor.isAtEndOfLine { cursor.nextLine() }
    guard let service else {
      emit(.diagnostic(.missingServiceName(first)))
      return emit(.lostService)
    }
    var line = ClassicService(words: [service], hosts: effectiveHosts(hosts), context: context)
    line.read(definition, emit)
  }

  /// Reads one `key = value ...`; false behind the definition's end.
  private mutating func readOption(into definition: inout KeyValueDefinition, _ emit: (ParsedItem) -> Void) -> Bool {
    guard moveToToken(definition, emit) else {
      definition.isBroken = true
      return false
    }
    if cursor.byte == InetdConfParser.semicolon || cursor.byte == InetdConfParser.comma {
      let isEnd = cursor.byte == InetdConfParser.semicolon
      cursor.advance()
      return !isEnd
    }
    let start = cursor.index
    while InetdConfParser.isKeyByte(cursor.byte) { cursor.advance() }
    let text = String(decoding: cursor.bytes[start..<cursor.index].map(TextCursor.lowered), as: UTF8.self)
    let key = RawWord(text, at: cursor.range(from: start, to: max(cursor.index, start + 1)))
    guard moveToToken(definition, emit) else {
      definition.isBroken = true
      return false
    }
    guard !text.isEmpty, cursor.byte == UInt8(ascii: "=") else {
      emit(.diagnostic(text.isEmpty ? .expectedKey(cursor.hereRange) : .expectedEquals(key)))
      definition.isBroken = true
      return skipOption(definition, emit)
    }
    cursor.advance()
    return readValues(of: key, into: &definition, emit)
  }

  private mutating func readValues(
    of key: RawWord, into definition: inout KeyValueDefinition, _ emit: (ParsedItem) -> Void
  ) -> Bool {
    var values: [RawWord] = []
    while moveToToken(definition, emit) {
      if cursor.byte == InetdConfParser.comma || cursor.byte == InetdConfParser.semicolon {
        let isEnd = cursor.byte == InetdConfParser.semicolon
        cursor.advance()
        definition.add(key, values)
        return !isEnd
      }
      let word = cursor.keyValueWord()
      if values.count == ParseContext.maximumWords {
        emit(.diagnostic(.tooManyWords(word)))
        definition.isBroken = true
      }
      if values.count <= ParseContext.maximumWords { values.append(word) }
    }
    definition.isBroken = true
    return false
  }

  /// Behind an option in error: goes on behind its comma.
  private mutating func skipOption(_ definition: KeyValueDefinition, _ emit: (ParsedItem) -> Void) -> Bool {
    while moveToToken(definition, emit) {
      let byte = cursor.byte
      if byte == InetdConfParser.comma || byte == InetdConfParser.semicolon {
        cursor.advance()
        return byte == InetdConfParser.comma
      }
      if !InetdConfParser.isKeyByte(byte) { cursor.advance() } else { _ = cursor.keyValueWord() }
    }
    return false
  }

  /// Over blanks, comments and line ends to what comes next in the definition. False, with a diagnostic, at the end of
  /// the file, and at a line that starts another definition: there the semicolon was forgotten.
  private mutating func moveToToken(_ definition: KeyValueDefinition, _ emit: (ParsedItem) -> Void) -> Bool {
    while true {
      cursor.skipBlanks()
      if !cursor.isAtEndOfLine && cursor.byte != UInt8(ascii: "#") { return true }
      cursor.nextLine()
      if cursor.isAtEnd || isAtDefinition {
        // A quote that is not closed has swallowed the semicolon: one finding is enough.
        if cursor.faults.isEmpty { emit(.diagnostic(.missingSemicolon(definition.switchRange))) }
        return false
      }
    }
  }

  /// Whether a new definition starts here: in column 1, with `on`, `off` or a socket type as second word.
  private var isAtDefinition: Bool {
    guard cursor.isAtStartOfLine, !TextCursor.endsWord(cursor.byte), cursor.byte != UInt8(ascii: "#") else {
      return false
    }
    var ahead = cursor
    _ = ahead.classicWord()
    ahead.skipBlanks()
    if ahead.isAtSwitch { return true }
    let second = ahead.classicWord()
    return second.hasPrefix("stream") || second.text == "dgram" || second.text == "seqpacket" || second.text == "raw"
      || second.text == "rdm"
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
  }
}

/// What a key-values definition says, as written.
struct KeyValueDefinition {
  static let maximumOptions = 64

  let isOn: Bool
  let switchRange: SourceRange
  var options: [(key: RawWord, values: [RawWord])] = []
  var isBroken = false
  /// The first option beyond the limit.
  private(set) var excess: RawWord?

  init(isOn: Bool, switchRange: SourceRange) {
    self.isOn = isOn
    self.switchRange = switchRange
  }

  /// Takes an option; there are fifteen, so a definition with many more is not read on.
  mutating func add(_ key: RawWord, _ values: [RawWord]) {
    if options.count < KeyValueDefinition.maximumOptions {
      options.append((key, values))
    } else if excess == nil {
      excess = key
    }
  }

  func first(_ key: String) -> RawWord? { options.first { $0.key.text == key }?.values.first }
}

extension TextCursor {
  /// A value: it ends at a blank, `,`, `;` or `#`; both kinds of quotes take escapes.
  mutating func keyValueWord() -> RawWord {
    let start = index
    var text: [UInt8] = []
    while !TextCursor.endsWord(byte), byte != UInt8(ascii: ","), byte != UInt8(ascii: ";"), byte != UInt8(ascii: "#") {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        keyValueQuote(into: &text)
      } else {
        if byte == 0 { fault(.nulByte) }
        text.append(byte)
        advance()
      }
    }
    return word(text, at: range(from: start, to: index))
  }

  private mutating func keyValueQuote(into text: inout [UInt8]) {
    let quote = byte
    let opening = range(from: index, to: index + 1)
    advance()
    while byte != quote {
      if isAtEndOfLine { return faults.append(WordFault(kind: .unclosedQuote, range: opening)) }
      if byte == UInt8(ascii: "\\") {
        escape(into: &text, allowsSingleQuote: true)
      } else {
        if byte == 0 { fault(.nulByte) }
        text.append(byte)
        advance()
      }
    }
    advance()
  }
}
