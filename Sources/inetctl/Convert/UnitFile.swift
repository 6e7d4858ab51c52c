/// The text of a systemd unit as settings in order (systemd.syntax(7)).
struct UnitFile {
  private(set) var settings: [(section: String, key: String, value: String)] = []

  init(_ text: String) {
    var section = ""
    var pending = ""
    for line in text.split(whereSeparator: { $0.isNewline }) {
      let trimmed = line.trimming { $0.isWhitespace }
      if pending.isEmpty && (trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";")) { continue }
      if trimmed.hasSuffix("\\") {
        pending += trimmed.dropLast() + " "
        continue
      }
      let whole = pending + trimmed
      pending = ""
      if whole.hasPrefix("["), whole.hasSuffix("]") {
        section = String(whole.dropFirst().dropLast())
      } else if let equals = whole.firstIndex(of: "=") {
        let key = whole[..<equals].trimming { $0.isWhitespace }
        let value = whole[whole.index(after: equals)...].trimming { $0.isWhitespace }
        settings.append((section, String(key), String(value)))
      }
    }
  }

  func last(_ section: String, _ key: String) -> String? {
    settings.last { $0.section == section && $0.key == key }?.value
  }

  static func isTrue(_ value: String) -> Bool { ["1", "yes", "true", "on"].contains(value.lowercased()) }

  /// Suffixes of sizes and times in our spelling, `infinity` as ours; anything else unchanged.
  static func size(_ value: String) -> String {
    if value == "infinity" { return "UNLIMITED" }
    for (theirs, ours) in [("min", "m"), ("hr", "h"), ("h", "h"), ("sec", "s"), ("K", "k"), ("M", "m"), ("G", "g")] {
      if value.hasSuffix(theirs), let number = Int(value.dropLast(theirs.count)) { return "\(number)\(ours)" }
    }
    return value
  }

  /// Words with quotes and backslashes, as ExecStart= and Environment= take them.
  static func words(_ value: String) -> [String] {
    var words: [String] = []
    var word = ""
    var hasWord = false
    var quote: Character?
    var isEscaped = false
    for character in value {
      if isEscaped {
        word.append(character)
        isEscaped = false
      } else if character == "\\" && quote != "'" {
        isEscaped = true
        hasWord = true
      } else if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        hasWord = true
      } else if character.isWhitespace {
        if hasWord { words.append(word) }
        word = ""
        hasWord = false
      } else {
        word.append(character)
        hasWord = true
      }
    }
    if hasWord { words.append(word) }
    return words
  }
}

extension StringProtocol {
  func trimming(_ isBlank: (Character) -> Bool) -> SubSequence {
    var rest = self[...]
    while let first = rest.first, isBlank(first) { rest = rest.dropFirst() }
    while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
    return rest
  }
}
