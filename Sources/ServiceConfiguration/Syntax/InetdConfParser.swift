import NetworkAddresses
import ServiceModel

/// Reads inetd.conf: positional lines of the BSD, Debian and GNU dialects, NetBSD's key-values notation, `.include`.
///
/// Never fails: what it cannot read becomes a diagnostic and costs its line only.
struct InetdConfParser {
  var cursor: TextCursor
  let context: ParseContext
  /// What a `host:` line has set for the lines below it.
  private var defaultHosts: [RawWord]
  /// The `#@` lines are mentioned once.
  private var hasMentionedPolicy = false

  init(_ bytes: [UInt8], context: ParseContext) {
    cursor = TextCursor(bytes, file: context.file)
    self.context = context
    defaultHosts = context.defaultHosts
  }

  mutating func parse(into emit: (ParsedItem) -> Void) {
    while !cursor.isAtEnd {
      if cursor.byte == UInt8(ascii: "#") && cursor.isAtStartOfLine {
        comment(emit)
      } else {
        cursor.skipBlanks()
        if !cursor.isAtEndOfLine {
          entry(emit)
          continue
        }
      }
      cursor.nextLine()
    }
  }

  private mutating func comment(_ emit: (ParsedItem) -> Void) {
    if cursor.byte(ahead: 1) == UInt8(ascii: "@") && !hasMentionedPolicy {
      hasMentionedPolicy = true
      emit(.diagnostic(.policyLine(cursor.restOfLine)))
    }
  }

  /// One definition; the cursor ends behind it, at the start of a line or (behind a `;`) within one.
  private mutating func entry(_ emit: (ParsedItem) -> Void) {
    let first = cursor.classicWord()
    if first.hasPrefix(".") {
      directive(first, emit)
      return cursor.nextLine()
    }
    var place = cursor
    if place.nextClassicWord({ _ in }), place.isAtSwitch {
      cursor = place
      return keyValues(first, emit)
    }
    var words: [RawWord] = []
    words.reserveCapacity(ClassicService.usualFields)
    words.append(first)
    var isSound = true
    while cursor.nextClassicWord(emit) {
      let word = cursor.classicWord()
      if words.count < ParseContext.maximumWords {
        words.append(word)
      } else if isSound {
        emit(.diagnostic(.tooManyWords(word)))
        isSound = false
      }
    }
    cursor.nextLine()
    let faults = cursor.takeFaults()
    faults.forEach { emit(.diagnostic(.wordFault($0))) }
    positional(words, isSound: isSound && faults.isEmpty, emit)
  }

  private mutating func directive(_ word: RawWord, _ emit: (ParsedItem) -> Void) {
    guard word.text == ".include" else {
      return emit(.diagnostic(.unknownDirective(word)))
    }
    cursor.skipBlanks()
    let path = cursor.classicWord()
    let faults = cursor.takeFaults()
    faults.forEach { emit(.diagnostic(.wordFault($0))) }
    if path.text.isEmpty || !faults.isEmpty {
      if faults.isEmpty { emit(.diagnostic(.includeWithoutPath(word))) }
      return emit(.lostService)
    }
    emit(.include(IncludeDirective(kind: .glob, path: path, defaultHosts: defaultHosts)))
  }

  // MARK: Positional lines

  private mutating func positional(_ words: [RawWord], isSound: Bool, _ emit: (ParsedItem) -> Void) {
    let (hosts, service) = InetdConfParser.splitHost(words[0])
    var words = words
    if let service {
      words[0] = service
    } else {
      words.removeFirst()
      if words.isEmpty {
        defaultHosts = hosts.contains { $0.text == "*" } ? [] : hosts
        return
      }
    }
    var line = ClassicService(words: words, hosts: hosts.isEmpty ? defaultHosts : hosts, context: context)
    line.isBroken = !isSound
    line.read(emit)
  }

  /// `host,host:service` taken apart; no service behind a colon that ends the word.
  ///
  /// The last colon separates, so that an IPv6 address needs no brackets; a path, or the `name:user:group:mode:/path`
  /// of a unix socket, is no host.
  static func splitHost(_ word: RawWord) -> (hosts: [RawWord], service: RawWord?) {
    if word.hasPrefix("/") || isOwnedUnixName(word) { return ([], word) }
    guard let (host, service) = word.cut(at: ":", last: true) else { return ([], word) }
    var hosts: [RawWord] = []
    let parts = host.text.offset(of: UInt8(ascii: ",")) == nil ? [host] : host.split(",")
    for part in parts where !part.text.isEmpty { hosts.append(withoutBrackets(part)) }
    return (hosts, service.text.isEmpty ? nil : service)
  }

  private static func withoutBrackets(_ host: RawWord) -> RawWord {
    let text = host.text.utf8
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]"), text.count > 2 else { return host }
    return host.part(host.text.dropFirst().dropLast(), offset: 1)
  }

  /// More than one colon before `:/`.
  private static func isOwnedUnixName(_ word: RawWord) -> Bool {
    if word.hasPrefix("[") { return false }
    return word.text.withBytes { bytes in
      var colons = 0
      var previous: UInt8 = 0
      for byte in bytes {
        if byte == UInt8(ascii: "/") && previous == UInt8(ascii: ":") { return colons > 1 }
        if byte == UInt8(ascii: ":") { colons += 1 }
        previous = byte
      }
      return false
    }
  }

  /// The address that counts for a definition with `hosts` of its own.
  func effectiveHosts(_ hosts: [RawWord]) -> [RawWord] { hosts.isEmpty ? defaultHosts : hosts }
}

extension TextCursor {
  /// Moves to the next word of the entry, over the ends of lines that a blank continues; false at the entry's end.
  mutating func nextClassicWord(_ emit: (ParsedItem) -> Void) -> Bool {
    while true {
      skipBlanks()
      if !isAtEndOfLine { return true }
      let next = byte(ahead: 1)
      guard !isAtEnd, index + 1 < bytes.count, next == 0x20 || next == 0x09 else { return false }
      nextLine()
      skipBlanks()
      if byte == UInt8(ascii: "#") { emit(.diagnostic(.indentedComment(restOfLine))) }
    }
  }

  /// Whether `on` or `off` stands here, which starts NetBSD's key-values notation.
  var isAtSwitch: Bool {
    guard byte == UInt8(ascii: "o") else { return false }
    if byte(ahead: 1) == UInt8(ascii: "n") { return endsSwitch(byte(ahead: 2)) }
    return byte(ahead: 1) == UInt8(ascii: "f") && byte(ahead: 2) == UInt8(ascii: "f") && endsSwitch(byte(ahead: 3))
  }

  private func endsSwitch(_ byte: UInt8) -> Bool {
    TextCursor.endsWord(byte) || byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";")
  }
}
