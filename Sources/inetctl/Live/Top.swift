import ArgumentParser
import ControlProtocol
import Foundation

/// `inetctl top`
struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Watch the busiest services, refreshed in place.")
  @OptionGroup var live: LiveOptions
  @Option(help: ArgumentHelp("Seconds between refreshes.", valueName: "seconds")) var interval = 2.0
  @Option(help: ArgumentHelp("Refreshes before ending; without it until interrupted.", valueName: "count"))
  var count: Int?

  private static let columns: [Table.Column] = [
    .init(key: "id", title: "ID"), .init(key: "state", title: "STATE"),
    .init(key: "active", title: "ACTIVE", isNumber: true), .init(key: "rate", title: "PER SECOND", isNumber: true),
    .init(key: "accepted", title: "ACCEPTED", isNumber: true), .init(key: "refused", title: "REFUSED", isNumber: true),
    .init(key: "failed", title: "FAILED", isNumber: true),
  ]

  func validate() throws {
    guard interval >= 0.1 else { throw ValidationError("the interval must be at least 0.1 seconds") }
  }

  func run() throws {
    var accepted: [String: Int] = [:]
    var rest = count ?? .max
    while rest > 0 {
      let blocks = try live.ask(.status)
      let daemon = blocks.first
      var services = Array(blocks.dropFirst())
      for index in services.indices {
        let id = services[index]["id"] ?? ""
        let now = Int(services[index]["accepted"] ?? "") ?? 0
        let rate = accepted[id].map { Double(now - $0) / interval }
        services[index].add("rate", rate.map { String(format: "%.1f", $0) })
        accepted[id] = now
      }
      services.sort { (Int($0["active"] ?? "") ?? 0) > (Int($1["active"] ?? "") ?? 0) }
      draw(daemon, services)
      rest -= 1
      if rest > 0 && Top.wasAskedToQuit(within: interval) { return }
    }
  }

  /// Waits for the next refresh; a `q` at the terminal ends the wait and the command.
  private static func wasAskedToQuit(within seconds: Double) -> Bool {
    var input = pollfd(fd: isatty(0) == 1 ? 0 : -1, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, Int32(seconds * 1000)) > 0 else { return false }
    return readLine()?.hasPrefix("q") ?? true
  }

  private func draw(_ daemon: ControlBlock?, _ services: [ControlBlock]) {
    if live.json { return print(JSONOutput.text(of: services)) }
    let table = Table(columns: Top.columns, rows: services).text(colours: Terminal.isOutput)
    // Home and clear to the end, instead of clear: the lines that stay do not flicker.
    let start = Terminal.isOutput ? "\u{1b}[H\u{1b}[J" : ""
    print(start + "inetd \(daemon?["version"] ?? ""): \(daemon?["summary"] ?? "")\n\n" + table)
    fflush(nil)
  }
}
