import ServiceModel

/// Reads xinetd syntax: `service NAME { ... }`, `defaults { ... }`, `include FILE`, `includedir DIR`.
///
/// Where xinetd(8) silently drops something (a missing brace swallows the next service, a comment behind a value drops
/// the attribute), the author's meaning is kept and a warning says so.
struct XinetdParser {
  private enum State {
    case outside
    /// Behind a `service` or `defaults` line, before its `{`.
    case expectingBrace(SourceRange)
    case inside
    /// In a block whose header was in error.
    case insideLost
  }

  var cursor: TextCursor
  let context: ParseContext
  private var state = State.outside
  /// The block being read, or read last: an attribute behind its `}` may still show that the brace stands too early.
  private var block: RawService?

  init(_ bytes: [UInt8], context: ParseContext) {
    cursor = TextCursor(bytes, file: context.file)
    self.context = context
  }

  mutating func parse(into emit: (ParsedItem) -> Void) {
    while !cursor.isAtEnd {
      cursor.skipBlanks()
      if cursor.isAtEndOfLine || isAtComment {
        cursor.nextLine()
        continue
      }
      switch state {
      case .outside: outside(emit)
      case .expectingBrace(let header): openingBrace(header, emit)
      case .inside, .insideLost: inside(emit)
      }
    }
    endOfFile(emit)
  }

  private mutating func endOfFile(_ emit: (ParsedItem) -> Void) {
    switch state {
    case .outside: break
    case .expectingBrace(let header):
      emit(.diagnostic(.headerWithoutBlock(header)))
      block?.isBroken = true
    case .inside, .insideLost:
      if let block { emit(.diagnostic(.missingBraceAtEnd(block.name))) }
    }
    finishBlock(emit)
  }

  private mutating func finishBlock(_ emit: (ParsedItem) -> Void) {
    if let block { emit(.service(block)) }
    block = nil
  }

  /// `#`, or `//`, at the start of a line.
  private var isAtComment: Bool {
    cursor.byte == UInt8(ascii: "#") || (cursor.byte == UInt8(ascii: "/") && cursor.byte(ahead: 1) == UInt8(ascii: "/"))
  }

  // MARK: Outside of blocks

  private mutating func outside(_ emit: (ParsedItem) -> Void) {
    switch cursor.byte {
    case UInt8(ascii: "}"):
      emit(.diagnostic(.strayBrace(cursor.hereRange)))
      cursor.advance()
    case UInt8(ascii: "{"):
      emit(.diagnostic(.blockWithoutHeader(cursor.hereRange)))
      emit(.lostService)
      finishBlock(emit)
      cursor.advance()
      state = .insideLost
    default:
      if !entry(emit) { strayLine(emit) }
    }
  }

  /// `service`, `defaults`, `include` or `includedir`; false, and no step, when none of them stands here.
  private mutating func entry(_ emit: (ParsedItem) -> Void) -> Bool {
    var ahead = cursor
    let keyword = ahead.headerWord()
    ahead.skipBlanks()
    if ahead.assignment() != nil { return false }
    if keyword.isWord("service") {
      finishBlock(emit)
      cursor = ahead
      serviceHeader(keyword, emit)
    } else if keyword.isWord("defaults") {
      finishBlock(emit)
      cursor = ahead
      block = RawService(kind: .defaults, dialect: .xinetd, name: keyword, isDropIn: context.isDropIn)
      state = .expectingBrace(keyword.range)
    } else if keyword.isWord("include") || keyword.isWord("includedir") {
      finishBlock(emit)
      cursor = ahead
      include(keyword, emit)
    } else {
      return false
    }
    return true
  }

  private mutating func serviceHeader(_ keyword: RawWord, _ emit: (ParsedItem) -> Void) {
    let name = cursor.headerWord()
    let faults = cursor.takeFaults()
    faults.forEach { emit(.diagnostic(.wordFault($0))) }
    if name.text.isEmpty || !faults.isEmpty {
      if faults.isEmpty { emit(.diagnostic(.serviceWithoutName(keyword.range))) }
      emit(.lostService)
      block = nil
    } else {
      block = RawService(dialect: .xinetd, name: name, isDropIn: context.isDropIn)
    }
    state = .expectingBrace(keyword.range)
    cursor.skipBlanks()
    if !cursor.isAtEndOfLine && !isAtComment && cursor.byte != UInt8(ascii: "{") {
      emit(.diagnostic(.textAfterServiceName(cursor.plainWord().range)))
      cursor.skipToEndOfLine()
    }
  }

  private mutating func include(_ keyword: RawWord, _ emit: (ParsedItem) -> Void) {
    state = .outside
    let path = cursor.plainWord()
    let faults = cursor.takeFaults()
    faults.forEach { emit(.diagnostic(.wordFault($0))) }
    if path.text.isEmpty || !faults.isEmpty {
      if faults.isEmpty { emit(.diagnostic(.includeWithoutPath(keyword))) }
      emit(.lostService)
    } else {
      emit(.include(IncludeDirective(kind: keyword.isWord("include") ? .file : .xinetdDirectory, path: path)))
    }
    cursor.nextLine()
  }

  /// A line outside of all blocks. An attribute there may be a limit of the service above: that one must not be served
  /// without it.
  private mutating func strayLine(_ emit: (ParsedItem) -> Void) {
    let word = cursor.key()
    _ = cursor.takeFaults()
    let culprit = word.text.isEmpty ? cursor.hereRange : word.range
    if block != nil {
      if block?.isBroken == false { emit(.diagnostic(.outsideBlock(culprit, after: block?.name))) }
      block?.isBroken = true
    } else {
      emit(.diagnostic(.outsideBlock(culprit, after: nil)))
      emit(.lostService)
    }
    cursor.nextLine()
  }

  // MARK: Blocks

  private mutating func openingBrace(_ header: SourceRange, _ emit: (ParsedItem) -> Void) {
    let inner: State = block == nil ? .insideLost : .inside
    if cursor.byte == UInt8(ascii: "{") {
      cursor.advance()
      state = inner
    } else if isAtEntry || cursor.byte == UInt8(ascii: "}") {
      emit(.diagnostic(.headerWithoutBlock(header)))
      block?.isBroken = true
      state = .outside
      if cursor.byte == UInt8(ascii: "}") { cursor.advance() }
    } else {
      emit(.diagnostic(.missingOpeningBrace(header)))
      state = inner
    }
  }

  private var isAtEntry: Bool {
    var ahead = cursor
    let keyword = ahead.headerWord()
    ahead.skipBlanks()
    guard ahead.assignment() == nil else { return false }
    return keyword.isWord("service") || keyword.isWord("defaults") || keyword.isWord("include")
      || keyword.isWord("includedir")
  }

  private mutating func inside(_ emit: (ParsedItem) -> Void) {
    if cursor.byte == UInt8(ascii: "}") {
      cursor.advance()
      state = .outside
    } else if cursor.byte == UInt8(ascii: "{") {
      emit(.diagnostic(.secondOpeningBrace(cursor.hereRange)))
      cursor.advance()
    } else if isAtEntry {
      if let block { emit(.diagnostic(.missingBrace(block.name, before: cursor.hereRange))) }
      state = .outside
    } else {
      attribute(emit)
    }
  }

  private mutating func attribute(_ emit: (ParsedItem) -> Void) {
    let key = cursor.key()
    let keyEnd = cursor.index
    cursor.skipBlanks()
    let hasBlankBefore = cursor.index > keyEnd
    guard !key.text.isEmpty, let operation = cursor.assignment() else {
      if !reportFaults(emit) {
        let finding = key.text.isEmpty ? Diagnostic.expectedKey(cursor.hereRange) : .expectedOperator(key)
        emit(.diagnostic(finding.inDefaults(block?.kind)))
      }
      block?.isBroken = true
      return cursor.nextLine()
    }
    if block != nil && !(hasBlankBefore && TextCursor.endsWord(cursor.byte)) { emit(.diagnostic(.missingBlank(key))) }
    let values = attributeValues(of: key, emit)
    let isSpoilt = reportFaults(emit) || values.count > ParseContext.maximumWords
    if isSpoilt { block?.isBroken = true }
    if let block, block.settings.count >= ParseContext.maximumSettings {
      if !block.isBroken { emit(.diagnostic(.tooManySettings(key))) }
      self.block?.isBroken = true
    } else if !isSpoilt || RawService.isNaming(key.text) {
      // A value that cannot be read is not judged again, but what names the service must not be lost.
      block?.settings.append(RawSetting(key: key, operation: operation, values: RawWords(values)))
    }
    cursor.nextLine()
  }

  /// Reports what was wrong with the words of a line; true when there was something.
  private mutating func reportFaults(_ emit: (ParsedItem) -> Void) -> Bool {
    let faults = cursor.takeFaults()
    for fault in faults { emit(.diagnostic(.wordFault(fault).inDefaults(block?.kind))) }
    return !faults.isEmpty
  }

  private mutating func attributeValues(of key: RawWord, _ emit: (ParsedItem) -> Void) -> [RawWord] {
    var values: [RawWord] = []
    var quoted: RawWord?
    while true {
      cursor.skipBlanks()
      if cursor.isAtEndOfLine { break }
      if isAtTrailingComment {
        if block != nil { emit(.diagnostic(.commentAfterValue(cursor.restOfLine))) }
        break
      }
      let value = cursor.plainWord()
      if quoted == nil && value.text.utf8.contains(where: { $0 == 0x22 || $0 == 0x27 }) { quoted = value }
      if values.count == ParseContext.maximumWords && block != nil { emit(.diagnostic(.tooManyWords(value))) }
      if values.count <= ParseContext.maximumWords { values.append(value) }
    }
    if let last = values.last, last.text == "}", !values.contains(where: { $0.text == "{" }) {
      if block != nil { emit(.diagnostic(.braceAfterValue(last.range))) }
      values.removeLast()
      state = .outside
    }
    if let quoted, block != nil { emit(.diagnostic(.literalQuotes(quoted.range, key: key))) }
    return values
  }

  /// `#` at the start of a word, or `//` as a word: a path such as `//server/share` is a value.
  private var isAtTrailingComment: Bool {
    cursor.byte == UInt8(ascii: "#")
      || (cursor.byte == UInt8(ascii: "/") && cursor.byte(ahead: 1) == UInt8(ascii: "/")
        && TextCursor.endsWord(cursor.byte(ahead: 2)))
  }
}

extension TextCursor {
  /// A word of a header line: it ends at a blank or at the `{` of its block.
  mutating func headerWord() -> RawWord {
    let start = index
    while !TextCursor.endsWord(byte) && byte != UInt8(ascii: "{") && byte != UInt8(ascii: "=") {
      if byte == 0 { fault(.nulByte) }
      advance()
    }
    return word(Array(bytes[start..<index]), at: range(from: start, to: index))
  }
}
