/// Text out of files on its way to people.
enum VisibleText {
  /// Beyond this the middle is left out.
  private static let longest = 400

  /// The text without control characters and of bounded length; the same string where there is nothing to do.
  static func of(_ text: String) -> String {
    if text.utf8.count <= longest && text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) { return text }
    var bytes = Array(text.utf8)
    if bytes.count > longest {
      var head = longest / 2
      while head > 0 && bytes[head] & 0xc0 == 0x80 { head -= 1 }
      var tail = bytes.count - longest / 4
      while tail < bytes.count && bytes[tail] & 0xc0 == 0x80 { tail += 1 }
      bytes.replaceSubrange(head..<tail, with: Array(" ... ".utf8))
    }
    for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x7f { bytes[index] = UInt8(ascii: "?") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
