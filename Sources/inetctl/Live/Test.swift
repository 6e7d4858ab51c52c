import ArgumentParser
import ControlProtocol

/// `inetctl test ID ADDRESS`
struct Test: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask whether a peer would be served now, and which rule says so.",
    discussion: "Nothing is counted. Exit status: 0 served or only later, 1 refused, 64 usage.")
  @OptionGroup var live: LiveOptions
  @Argument(help: "The service.", completion: .runningServices) var id: String
  @Argument(help: "The peer: ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT.") var address: String

  func run() throws {
    let peer = Test.split(address)
    let blocks = try live.ask(.test, [id, peer.address] + (peer.port.map { [$0] } ?? []))
    if live.json {
      live.show(blocks, columns: [])
    } else {
      for block in blocks { print("\(block["id"] ?? id): \(block["address"] ?? address): " + Test.sentence(block)) }
    }
    if blocks.contains(where: { $0["served"] == "no" }) { throw ExitCode(1) }
  }

  private static func sentence(_ block: ControlBlock) -> String {
    let words = ["yes": "served", "no": "refused", "later": "served later", "unknown": "not known before it comes"]
    var text = block["served"].flatMap { words[$0] } ?? "unknown"
    if let rule = block["rule"] { text += ": \(rule)" }
    if let place = block["place"] { text += " (\(place))" }
    return text
  }

  /// Takes `1.2.3.4:80` and `[::1]:80` apart; IPv6 without brackets has no port.
  static func split(_ text: String) -> (address: String, port: String?) {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let rest = text[text.index(after: end)...]
      let address = String(text[text.index(after: text.startIndex)..<end])
      return (address, rest.hasPrefix(":") ? String(rest.dropFirst()) : rest.isEmpty ? nil : String(rest))
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 ? (String(parts[0]), String(parts[1])) : (text, nil)
  }
}
