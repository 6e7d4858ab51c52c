import ArgumentParser
import ControlProtocol

/// `inetctl reload`
struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let the daemon read its files again; print the difference and the findings.")
  @OptionGroup var live: LiveOptions
  @Flag(help: "Only say what would happen.") var dryRun = false
  @Flag(help: "Also end servers of removed services and of peers that are not allowed any more.") var hard = false

  func run() throws {
    let arguments = (dryRun ? ["dry-run"] : []) + (hard ? ["hard"] : [])
    let blocks = try live.ask(.reload, arguments)
    if live.json { live.show(blocks, columns: []) } else { Reload.show(blocks) }
    if blocks.contains(where: { $0["severity"] == "error" }) { throw ExitCode(1) }
  }

  /// Changes on standard output, what did not change as a number; findings on standard error.
  static func show(_ blocks: [ControlBlock]) {
    let words = ["added": "+", "removed": "-", "changed": "~", "stale": "!"]
    var unchanged = 0
    for block in blocks {
      if let text = block["text"] { StandardError.write(text) }
      guard let change = block["change"], let id = block["id"] else { continue }
      if let sign = words[change] { print("\(sign) \(id)" + (change == "stale" ? " (kept as it was)" : "")) }
      if change == "unchanged" { unchanged += 1 }
    }
    print("\(unchanged) unchanged")
  }
}
