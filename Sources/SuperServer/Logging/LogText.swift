/// Text from outside made safe for one log line: control characters and bytes that are not UTF-8 appear as `\xHH`, a
/// backslash as `\\`, and what is longer than `limit` bytes is cut with `...`.
package func escapedForLog(_ bytes: some Sequence<UInt8>, limit: Int = 256) -> String {
  var text = ""
  var count = 0
  for byte in bytes {
    if count == limit { return text + "..." }
    count += 1
    switch byte {
    case UInt8(ascii: "\\"): text += "\\\\"
    case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
    default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
  return text
}
