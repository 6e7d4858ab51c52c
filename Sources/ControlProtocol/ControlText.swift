/// Words and values of the control socket: plain where they can be, in double quotes with `\\ \" \n \t \r \xHH` where they
/// cannot, as in flat configuration files.
package enum ControlText {
  /// A word or value as it is written.
  package static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes a word or value.
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    if text.utf8.withContiguousStorageIfAvailable({ appendPlain($0, to: &bytes) }) == true { return }
    bytes.append(UInt8(ascii: "\""))
    appendEscaped(text.utf8, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes a word that needs no quotes; false for one that does.
  private static func appendPlain(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) -> Bool {
    if text.isEmpty || !text.allSatisfy(isPlain) { return false }
    bytes.append(contentsOf: text)
    return true
  }

  /// Writes what stands between the quotes.
  package static func appendEscaped(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case UInt8(ascii: "\""): bytes += "\\\"".utf8
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\t"): bytes += "\\t".utf8
      case UInt8(ascii: "\r"): bytes += "\\r".utf8
      case 0x20...0x7e: bytes.append(byte)
      default: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digit(byte >> 4), digit(byte & 15)]
      }
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// The words of a text, with quotes and escapes undone. Nil when a quote is not closed or an escape is not known.
  package static func words(_ text: String) -> [String]? { words(Array(text.utf8)[...]) }

  /// The same of a line.
  package static func words(_ line: ArraySlice<UInt8>) -> [String]? {
    var words: [String] = []
    var rest = line
    while let start = rest.firstIndex(where: { !isBlank($0) }) {
      rest = rest[start...]
      guard let word = takeWord(&rest) else { return nil }
      words.append(word)
    }
    return words
  }

  /// The key and the value of a line `key = value`; nil for any other line.
  package static func field(_ line: ArraySlice<UInt8>) -> (key: String, value: String)? {
    var rest = line
    guard let key = nextWord(&rest), let sign = nextWord(&rest), sign == "=", let value = nextWord(&rest),
      rest.allSatisfy(isBlank)
    else { return nil }
    return (key, value)
  }

  /// The word behind any blanks; nil when there is none, or none that can be read.
  private static func nextWord(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard let start = rest.firstIndex(where: { !isBlank($0) }) else { return nil }
    rest = rest[start...]
    return takeWord(&rest)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Most words are as they stand; the others are put together.
  private static func takeWord(_ rest: inout ArraySlice<UInt8>) -> String? {
    let plain = rest.prefix { !isBlank($0) && $0 != UInt8(ascii: "\"") }
    rest = rest[plain.endIndex...]
    if rest.first != UInt8(ascii: "\"") { return String(decoding: plain, as: UTF8.self) }
    var word = Array(plain)
    while let byte = rest.first, !isBlank(byte) {
      rest = rest.dropFirst()
      if byte != UInt8(ascii: "\"") {
        word.append(byte)
      } else if !takeQuoted(&rest, into: &word) {
        return nil
      }
    }
    return String(decoding: word, as: UTF8.self)
  }

  /// What stands up to the closing quote; false when there is none, or an escape is not known.
  private static func takeQuoted(_ rest: inout ArraySlice<UInt8>, into word: inout [UInt8]) -> Bool {
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return true }
      guard byte == UInt8(ascii: "\\") else {
        word.append(byte)
        continue
      }
      guard let escaped = takeEscape(&rest) else { return false }
      word.append(escaped)
    }
    return false
  }

  private static func takeEscape(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
    switch rest.popFirst() {
    case UInt8(ascii: "\\"): UInt8(ascii: "\\")
    case UInt8(ascii: "\""): UInt8(ascii: "\"")
    case UInt8(ascii: "n"): UInt8(ascii: "\n")
    case UInt8(ascii: "t"): UInt8(ascii: "\t")
    case UInt8(ascii: "r"): UInt8(ascii: "\r")
    case UInt8(ascii: "x"): hex(rest.popFirst(), rest.popFirst())
    default: nil
    }
  }

  private static func hex(_ high: UInt8?, _ low: UInt8?) -> UInt8? {
    guard let high, let low else { return nil }
    return UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
  }
}
