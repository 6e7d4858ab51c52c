import NetworkAddresses
import ServiceModel

/// The `%` expansions of server_args and env in flat files: %a %p %l %q %s, and %% for the sign itself.
enum Expansion {
  /// Text in which nothing is to be replaced, as a template.
  static func escaped(_ text: String) -> String {
    if text.offset(of: UInt8(ascii: "%")) == nil { return text }
    return text.pieces(separatedBy: UInt8(ascii: "%"), omittingEmpty: false).joined(separator: "%%")
  }

  /// A template without expansions as the text it stands for.
  static func unescaped(_ template: String) -> String {
    if template.offset(of: UInt8(ascii: "%")) == nil { return template }
    var result: [UInt8] = []
    var isSecond = false
    for byte in template.utf8 {
      if byte == UInt8(ascii: "%") && !isSecond {
        isSecond = true
        continue
      }
      isSecond = false
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Whether anything in it depends on the connection or service.
  static func isDynamic(_ template: String) -> Bool {
    if template.offset(of: UInt8(ascii: "%")) == nil { return false }
    var isSecond = false
    for byte in template.utf8 {
      if isSecond && byte != UInt8(ascii: "%") { return true }
      isSecond = !isSecond && byte == UInt8(ascii: "%")
    }
    return false
  }

  /// The first expansion that does not exist, such as `%x`, or a single `%` at the end.
  static func firstUnknown(_ template: String) -> String? {
    var bytes = template.utf8[...]
    while let byte = bytes.popFirst() {
      guard byte == UInt8(ascii: "%") else { continue }
      guard let letter = bytes.popFirst() else { return "%" }
      switch letter {
      case UInt8(ascii: "a"), UInt8(ascii: "p"), UInt8(ascii: "l"), UInt8(ascii: "q"), UInt8(ascii: "s"),
        UInt8(ascii: "%"):
        break
      default: return letter < 0x80 && letter > 0x20 ? String(decoding: [byte, letter], as: UTF8.self) : "%"
      }
    }
    return nil
  }
}

extension SettingReader {
  /// The words as templates: checked in flat syntax, escaped in the others.
  mutating func templates() -> [(word: RawWord, value: String)] {
    var items: [(word: RawWord, value: String)] = []
    items.reserveCapacity(words.count)
    for word in words {
      guard dialect == .flat else {
        items.append((word, Expansion.escaped(word.text)))
        continue
      }
      if let unknown = Expansion.firstUnknown(word.text) {
        fail(
          "bad-expansion", "'\(unknown)' is not one of %a %p %l %q %s, and a percent sign is written %%", at: word)
      }
      items.append((word, word.text))
    }
    return items
  }

  /// Arguments after `+=` or `-=`: order matters and words may repeat.
  func appended(_ list: [String], _ items: [(word: RawWord, value: String)]) -> [String] {
    if setting.operation == .add { return list + items.map { $0.value } }
    var wanted: [String: Int] = [:]
    for item in items { wanted[item.value, default: 0] += 1 }
    // Each word of `-=` takes away one, the first.
    let result = list.filter { word in
      guard let count = wanted[word], count > 0 else { return true }
      wanted[word] = count - 1
      return false
    }
    for item in items.reversed() {
      guard let count = wanted[item.value], count > 0 else { continue }
      wanted[item.value] = count - 1
      warn("nothing-to-remove", "'\(item.word.text)' is not in '\(key)' here; '-=' is ignored", at: item.word)
    }
    return result
  }
}
