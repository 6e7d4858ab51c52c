/// Words as flat files spell them.
package enum FlatText {
  /// The word with as little quoting as it needs to be read back as it is.
  package static func quoted(_ word: String) -> String {
    let bytes = Array(word.utf8)
    if !bytes.isEmpty && bytes[0] != UInt8(ascii: "#") && bytes.allSatisfy(isPlain) { return word }
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): result += Array("\\n".utf8)
      case UInt8(ascii: "\t"): result += Array("\\t".utf8)
      case UInt8(ascii: "\r"): result += Array("\\r".utf8)
      case 0..<0x20, 0x7f: result += Array("\\x".utf8) + [hex(byte >> 4), hex(byte & 15)]
      default: result.append(byte)
      }
    }
    result.append(UInt8(ascii: "\""))
    return String(decoding: result, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'") && byte != UInt8(ascii: "\\")
  }

  static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x61 + digit - 10 }

  /// `key = word word`.
  package static func line(_ key: String, _ words: [String]) -> String {
    var line = key + " ="
    for word in words { line += " " + quoted(word) }
    return line
  }
}
