import ControlProtocol
import ServiceConfiguration

/// Blocks as JSON: an array of objects with the keys in the daemon's order. The type of a value depends on its key alone,
/// so that a service called 8080 stays a string.
enum JSONOutput {
  /// Counts and other numbers.
  private static let numbers: Set<String> = [
    "pid", "services", "active", "denied", "accepted", "started", "refused", "failed", "instances", "seconds", "port",
    "signalled", "ended", "received", "sent",
  ]
  /// Words that are one value each.
  private static let lists: Set<String> = ["listen", "pids"]

  static func text(of blocks: [ControlBlock]) -> String {
    if blocks.isEmpty { return "[]" }
    return "[\n" + blocks.map { "  " + object($0) }.joined(separator: ",\n") + "\n]"
  }

  private static func object(_ block: ControlBlock) -> String {
    JSONText.object(block.fields.map { ($0.key, value($0)) })
  }

  private static func value(_ field: ControlBlock.Field) -> String {
    if numbers.contains(field.key) || field.key.hasPrefix("refused_"), let number = Int64(field.value) {
      return "\(number)"
    }
    // Starts per second, of `top`.
    if field.key == "rate", let rate = Double(field.value), rate.isFinite { return "\(rate)" }
    guard lists.contains(field.key) else { return JSONText.string(field.value) }
    let words = ControlText.words(field.value) ?? [field.value]
    return JSONText.array(words.map { field.key == "pids" ? $0 : JSONText.string($0) })
  }
}
