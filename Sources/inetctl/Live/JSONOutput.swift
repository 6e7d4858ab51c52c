import ControlProtocol
import Foundation

/// Blocks as JSON: an array of objects, numbers as numbers, keys in the daemon's order.
enum JSONOutput {
  static func text(of blocks: [ControlBlock]) -> String {
    if blocks.isEmpty { return "[]" }
    return "[\n" + blocks.map { "  " + object($0) }.joined(separator: ",\n") + "\n]"
  }

  private static func object(_ block: ControlBlock) -> String {
    "{" + block.fields.map { string($0.key) + ": " + value($0.value) }.joined(separator: ", ") + "}"
  }

  private static func value(_ text: String) -> String {
    if let number = Int64(text), String(number) == text { return text }
    return string(text)
  }

  private static func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case let control where control.value < 0x20: result += String(format: "\\u%04x", control.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
