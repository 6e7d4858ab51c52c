import ServiceModel

/// Reads flat syntax: `key = value ...` lines, `[service ID]` and `[defaults]` sections.
///
/// Never fails: what it cannot read becomes a diagnostic, and costs the service it stands in.
struct FlatParser {
  private var cursor: TextCursor
  private let context: ParseContext
  private var service: RawService?
  /// A header was in error: its keys belong to nobody.
  private var isInLostSection = false
  /// Settings beyond the limit were mentioned.
  private var hasExcess = false

  init(_ bytes: [UInt8], context: ParseContext) {
    cursor = TextCursor(bytes, file: context.file)
    self.context = context
  }

  mutating func parse(into emit: (ParsedItem) -> Void) {
    while !cursor.isAtEnd {
      cursor.skipBlanks()
      switch cursor.byte {
      case TextCursor.newline, UInt8(ascii: "#"): break
      case UInt8(ascii: "["): header(emit)
      default: setting(emit)
      }
      cursor.nextLine()
    }
    finishService(emit)
  }

  private mutating func finishService(_ emit: (ParsedItem) -> Void) {
    if let finished = service { emit(.service(finished)) }
    service = nil
    hasExcess = false
  }

  // MARK: Sections

  private mutating func header(_ emit: (ParsedItem) -> Void) {
    finishService(emit)
    let start = cursor.index
    let first = (line: cursor.line, start: cursor.lineStart)
    cursor.advance()
    var words: [RawWord] = []
    while true {
      cursor.skipBlanks()
      if cursor.isAtEndOfLine || cursor.byte == UInt8(ascii: "]") { break }
      words.append(headerWord())
    }
    let isClosed = cursor.byte == UInt8(ascii: "]")
    if isClosed { cursor.advance() }
    // A quoted word may go on in further lines.
    let range = cursor.range(from: start, in: first)
    let faults = cursor.takeFaults()
    faults.forEach { emit(.diagnostic(.wordFault($0))) }
    isInLostSection = !open(words, isSound: isClosed && faults.isEmpty)
    if isInLostSection {
      if faults.isEmpty {
        emit(.diagnostic(isClosed ? .unknownSection(range, word: words.first) : .unclosedSection(range)))
      }
      emit(.lostService)
    } else {
      cursor.skipBlanks()
      if !cursor.isAtEndOfLine && cursor.byte != UInt8(ascii: "#") {
        emit(.diagnostic(.textAfterHeader(cursor.restOfLine)))
      }
    }
  }

  /// A word of a header, which ends at the bracket; quotes allow any id.
  private mutating func headerWord() -> RawWord {
    if cursor.byte == UInt8(ascii: "\"") || cursor.byte == UInt8(ascii: "'") {
      let word = cursor.quotedWord()
      return word
    }
    let start = cursor.index
    while !TextCursor.endsWord(cursor.byte) && cursor.byte != UInt8(ascii: "]") {
      if cursor.byte == 0 { cursor.fault(.nulByte) }
      cursor.advance()
    }
    return cursor.word(Array(cursor.bytes[start..<cursor.index]), at: cursor.range(from: start, to: cursor.index))
  }

  /// Starts the section that `words` name; false when they name none.
  private mutating func open(_ words: [RawWord], isSound: Bool) -> Bool {
    guard isSound, let kind = words.first else { return false }
    if words.count == 1 && kind.isWord("defaults") {
      service = RawService(kind: .defaults, dialect: .flat, name: kind, isDropIn: context.isDropIn)
    } else if words.count == 2 && kind.isWord("service") && !words[1].text.isEmpty {
      service = RawService(dialect: .flat, name: words[1], isDropIn: context.isDropIn)
    } else {
      return false
    }
    return true
  }

  // MARK: Settings

  private mutating func setting(_ emit: (ParsedItem) -> Void) {
    let key = cursor.key()
    cursor.skipBlanks()
    guard !key.text.isEmpty, let operation = cursor.assignment() else {
      if !reportFaults(emit) {
        let finding = key.text.isEmpty ? Diagnostic.expectedKey(cursor.hereRange) : .expectedOperator(key)
        emit(.diagnostic(finding.inDefaults(service?.kind)))
      }
      return spoil(at: key, emit)
    }
    let values = flatValues(emit)
    let isSpoilt = reportFaults(emit) || values.count > ParseContext.maximumWords
    if isSpoilt { spoil(at: key, emit) }
    if key.text == "include" || key.text == "includedir" {
      return isSpoilt ? emit(.lostService) : include(key, operation, values, emit)
    }
    // A value that cannot be read is not judged again, but what names the service must not be lost.
    if isInLostSection || (isSpoilt && !RawService.isNaming(key.text)) { return }
    if service == nil { openOwnService(at: key) }
    if let count = service?.settings.count, count >= ParseContext.maximumSettings {
      if !hasExcess { emit(.diagnostic(.tooManySettings(key))) }
      hasExcess = true
      return spoil(at: key, emit)
    }
    service?.settings.append(RawSetting(key: key, operation: operation, values: RawWords(values)))
  }

  /// The values of the logical line; one more than allowed when there are too many.
  private mutating func flatValues(_ emit: (ParsedItem) -> Void) -> [RawWord] {
    var values: [RawWord] = []
    while nextValue() {
      let word = cursor.flatWord()
      if values.count == ParseContext.maximumWords { emit(.diagnostic(.tooManyWords(word))) }
      if values.count <= ParseContext.maximumWords { values.append(word) }
    }
    return values
  }

  /// Reports what was wrong with the words of a line; true when the line cannot be used.
  private mutating func reportFaults(_ emit: (ParsedItem) -> Void) -> Bool {
    let faults = cursor.takeFaults()
    for fault in faults { emit(.diagnostic(.wordFault(fault).inDefaults(service?.kind))) }
    return faults.contains { $0.kind != .blankAfterBackslash }
  }

  /// Moves to the next value of the logical line.
  private mutating func nextValue() -> Bool {
    while true {
      cursor.skipBlanks()
      if cursor.isAtContinuation {
        cursor.nextLine()
      } else {
        return !cursor.isAtEndOfLine && cursor.byte != UInt8(ascii: "#")
      }
    }
  }

  private mutating func openOwnService(at key: RawWord) {
    service = RawService(dialect: .flat, name: RawWord(context.ownID, at: key.range), isDropIn: context.isDropIn)
  }

  private mutating func spoil(at key: RawWord, _ emit: (ParsedItem) -> Void) {
    if isInLostSection { return emit(.lostService) }
    if service == nil { openOwnService(at: key) }
    service?.isBroken = true
  }

  private func include(
    _ key: RawWord, _ operation: RawOperator, _ values: [RawWord], _ emit: (ParsedItem) -> Void
  ) {
    if values.isEmpty || operation == .remove {
      emit(.diagnostic(.includeWithoutPath(key)))
      return emit(.lostService)
    }
    for value in values {
      emit(.include(IncludeDirective(kind: key.text == "include" ? .glob : .directory, path: value)))
    }
  }
}
