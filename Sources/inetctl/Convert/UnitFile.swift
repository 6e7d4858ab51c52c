import LinuxSystem

/// The text of a systemd unit as settings in order (systemd.syntax(7)).
struct UnitFile {
  private(set) var settings: [(section: String, key: String, value: String)] = []

  init(_ text: String) {
    var section = ""
    var pending = ""
    for line in text.split(whereSeparator: { $0.isNewline }) {
      let trimmed = line.trimming { $0.isWhitespace }
      // Comments do not end a continued line either.
      if trimmed.hasPrefix("#") || trimmed.hasPrefix(";") || pending.isEmpty && trimmed.isEmpty { continue }
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

  /// The unit at `path` with its drop-ins (`NAME.d/*.conf`, by name); nil when there is no such file.
  static func read(_ path: String) -> UnitFile? {
    guard let unit = (try? FileSystem.contents(of: path))?.bytes else { return nil }
    let directory = path + ".d"
    let names = (try? FileSystem.names(in: directory)) ?? []
    let parts = names.filter { $0.hasSuffix(".conf") && !$0.hasPrefix(".") }.sorted()
      .compactMap { (try? FileSystem.contents(of: directory + "/" + $0))?.bytes }
    return UnitFile(([unit] + parts).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n"))
  }

  /// What `key` was set to last; nil where it was not, or set to nothing.
  func last(_ section: String, _ key: String) -> String? {
    let value = settings.last { $0.section == section && $0.key == key }?.value
    return value?.isEmpty == true ? nil : value
  }

  static func isTrue(_ value: String) -> Bool { ["1", "yes", "y", "true", "t", "on"].contains(value.lowercased()) }
}

// Values of units in our spelling.
extension UnitFile {
  /// A size with a suffix of base 1024; `infinity` is our UNLIMITED; anything else stays as it is.
  static func size(_ value: String) -> String {
    if value == "infinity" { return "UNLIMITED" }
    guard let unit = value.last, let factor = ["K": 1, "M": 1, "G": 1, "T": 1024][unit],
      let number = Int(value.dropLast())
    else { return value }
    return "\(number * factor)" + (unit == "T" ? "g" : unit.lowercased())
  }

  private static let units: [(names: [String], seconds: Double)] = [
    (["us", "usec", "µs"], 1e-6), (["ms", "msec"], 1e-3), (["", "s", "sec", "second", "seconds"], 1),
    (["m", "min", "minute", "minutes"], 60), (["h", "hr", "hour", "hours"], 3600), (["d", "day", "days"], 86400),
    (["w", "week", "weeks"], 604_800),
  ]

  /// A time span (systemd.time(7)) in whole seconds, rounded up; nil for what is none, and for `infinity`.
  static func seconds(_ value: String) -> Int? {
    var total = 0.0
    var rest = value.filter { !$0.isWhitespace }[...]
    if rest.isEmpty { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(digits.count)
      let name = String(rest.prefix { !$0.isNumber })
      rest = rest.dropFirst(name.count)
      guard let number = Double(digits), let unit = units.first(where: { $0.names.contains(name) }) else { return nil }
      total += number * unit.seconds
    }
    return total < 1e9 ? Int(total.rounded(.up)) : nil
  }

  /// Words with quotes and C's escapes, as ExecStart= and Environment= take them.
  static func words(_ value: String) -> [String] {
    var words: [String] = []
    var word = ""
    var hasWord = false
    var quote: Character?
    var rest = Array(value)[...]
    while let character = rest.popFirst() {
      if character == "\\" {
        word.append(escaped(&rest))
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

  /// What stands behind a backslash.
  private static func escaped(_ rest: inout ArraySlice<Character>) -> String {
    guard let code = rest.popFirst() else { return "" }
    switch code {
    case "n": return "\n"
    case "t": return "\t"
    case "r": return "\r"
    case "s": return " "
    case "x":
      guard rest.count >= 2, let byte = UInt8(String(rest.prefix(2)), radix: 16) else { return "x" }
      rest = rest.dropFirst(2)
      return String(decoding: [byte], as: UTF8.self)
    default: return String(code)
    }
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
