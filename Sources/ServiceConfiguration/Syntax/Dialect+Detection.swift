import ServiceModel

extension Dialect {
  /// How many lines are looked at when the first one is none of any syntax.
  private static let maximumLines = 100

  /// The syntax a file is written in, which its first significant line tells; nil when no line is significant.
  ///
  /// A line that is none of any syntax does not tell: it is an error in whatever the file is, which a later line shows.
  package static func detect(in bytes: [UInt8]) -> Dialect? {
    var cursor = TextCursor(bytes, file: SourceFileID(index: 0))
    var isUndecided = false
    var count = 0
    while !cursor.isAtEnd {
      cursor.skipBlanks()
      if cursor.isAtEndOfLine || isComment(cursor) {
        cursor.nextLine()
        continue
      }
      let dialect = dialect(ofLineAt: cursor)
      if dialect != .classic || isPositional(cursor) { return dialect }
      isUndecided = true
      count += 1
      if count == maximumLines { break }
      cursor.nextLine()
    }
    return isUndecided ? .classic : nil
  }

  /// Whether a line is one of inetd.conf without doubt: a directive, `host:`, or a socket type or switch in second place.
  private static func isPositional(_ line: TextCursor) -> Bool {
    var cursor = line
    let first = cursor.classicWord()
    if first.hasPrefix(".") || first.text.hasSuffix(":") { return true }
    cursor.skipBlanks()
    if cursor.isAtSwitch { return true }
    let second = cursor.classicWord()
    return second.hasPrefix("stream") || second.text == "dgram" || second.text == "seqpacket" || second.text == "raw"
      || second.text == "rdm"
  }

  private static func dialect(ofLineAt start: TextCursor) -> Dialect {
    var cursor = start
    if cursor.byte == UInt8(ascii: "[") { return isSectionHeader(at: cursor) ? .flat : .classic }
    if cursor.byte == UInt8(ascii: ".") { return .classic }
    if cursor.byte == UInt8(ascii: "{") || cursor.byte == UInt8(ascii: "}") { return .xinetd }
    let isEntry = cursor.isAtWord("service") || cursor.isAtWord("include") || cursor.isAtWord("includedir")
    let isDefaults = cursor.isAtWord("defaults") || isBlock("defaults", at: cursor)
    let first = cursor.key()
    cursor.skipBlanks()
    if !first.text.isEmpty && cursor.assignment() != nil { return .flat }
    if isDefaults {
      return cursor.isAtEndOfLine || cursor.byte == UInt8(ascii: "{") || isComment(cursor) ? .xinetd : .classic
    }
    guard isEntry, !cursor.isAtEndOfLine else { return .classic }
    // Six fields make a service called "service" in an inetd.conf.
    var words = 1
    while !cursor.isAtEndOfLine && cursor.byte != UInt8(ascii: "{") && !isComment(cursor) {
      words += 1
      _ = cursor.plainWord()
      cursor.skipBlanks()
    }
    return words < 6 || cursor.byte == UInt8(ascii: "{") ? .xinetd : .classic
  }

  private static func isComment(_ cursor: TextCursor) -> Bool {
    cursor.byte == UInt8(ascii: "#")
      || (cursor.byte == UInt8(ascii: "/") && cursor.byte(ahead: 1) == UInt8(ascii: "/"))
  }

  /// `defaults{` without a blank.
  private static func isBlock(_ name: StaticString, at cursor: TextCursor) -> Bool {
    let count = name.utf8CodeUnitCount
    guard cursor.byte(ahead: count) == UInt8(ascii: "{") else { return false }
    for offset in 0..<count where TextCursor.lowered(cursor.byte(ahead: offset)) != name.utf8Start[offset] {
      return false
    }
    return true
  }

  /// `[word` without the `]:` or `],` of an IPv6 address in inetd.conf.
  private static func isSectionHeader(at cursor: TextCursor) -> Bool {
    var place = cursor.index
    while place < cursor.bytes.count, cursor.bytes[place] != TextCursor.newline {
      // `[service "[::1]:echo"]`: no address of inetd.conf has quotes.
      if cursor.bytes[place] == UInt8(ascii: "\"") { return true }
      if cursor.bytes[place] == UInt8(ascii: "]") {
        let next = place + 1 < cursor.bytes.count ? cursor.bytes[place + 1] : TextCursor.newline
        return next != UInt8(ascii: ":") && next != UInt8(ascii: ",")
      }
      place += 1
    }
    return true
  }
}
