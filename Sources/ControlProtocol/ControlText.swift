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
    if !text.isEmpty && text.utf8.allSatisfy(isPlain) {
      bytes += text.utf8
      return
    }
    bytes.append(UInt8(ascii: "\""))
    appendEscaped(text.utf8, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
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

  /// The words of a line, with quotes and escapes undone. Nil when a quote is not closed or an escape is not known.
  package static func words(_ line: some Sequence<UInt8>) -> [String]? {
    var words: [String] = []
    var word: [UInt8]?
    var bytes = line.makeIterator()
    while let byte = bytes.next() {
      switch byte {
      case 0x20, 0x09:
        if let done = word { words.append(String(decoding: done, as: UTF8.self)) }
        word = nil
      case UInt8(ascii: "\""):
        guard let text = quotedPart(&bytes) else { return nil }
        word = (word ?? []) + text
      default: word = (word ?? []) + [byte]
      }
    }
    if let done = word { words.append(String(decoding: done, as: UTF8.self)) }
    return words
  }

  /// What stands up to the closing quote.
  private static func quotedPart(_ bytes: inout some IteratorProtocol<UInt8>) -> [UInt8]? {
    var text: [UInt8] = []
    while let byte = bytes.next() {
      if byte == UInt8(ascii: "\"") { return text }
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let escaped = escape(&bytes) else { return nil }
      text.append(escaped)
    }
    return nil
  }

  private static func escape(_ bytes: inout some IteratorProtocol<UInt8>) -> UInt8? {
    switch bytes.next() {
    case UInt8(ascii: "\\"): UInt8(ascii: "\\")
    case UInt8(ascii: "\""): UInt8(ascii: "\"")
    case UInt8(ascii: "n"): UInt8(ascii: "\n")
    case UInt8(ascii: "t"): UInt8(ascii: "\t")
    case UInt8(ascii: "r"): UInt8(ascii: "\r")
    case UInt8(ascii: "x"): hex(bytes.next(), bytes.next())
    default: nil
    }
  }

  private static func hex(_ high: UInt8?, _ low: UInt8?) -> UInt8? {
    guard let high, let low else { return nil }
    return UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
  }
}
