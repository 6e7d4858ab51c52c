import ArgumentParser
import ControlProtocol
import Glibc

/// `inetctl top`
struct Top: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch the busiest services, refreshed in place.",
    discussion: "On a terminal, q ends it.")
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
    guard interval >= 0.1, interval <= 86_400 else {
      throw ValidationError("the interval must be between 0.1 seconds and a day")
    }
    guard count ?? 1 > 0 else { throw ValidationError("the count must be at least 1") }
  }

  func run() throws {
    // Before the screen is taken: what is wrong is to be read after it.
    var blocks = try live.ask(.status)
    let screen = live.json ? nil : Screen()
    var rates = Rates()
    var rest = count ?? .max
    while true {
      let services = rates.add(to: blocks.dropFirst())
      draw(blocks.first, services, on: screen)
      rest -= 1
      if rest == 0 { return }
      if let screen {
        if screen.waitForEnd(seconds: interval) { return }
      } else {
        _ = poll(nil, 0, Int32(interval * 1000))
      }
      blocks = try live.ask(.status)
    }
  }

  private func draw(_ daemon: ControlBlock?, _ services: [ControlBlock], on screen: Screen?) {
    if live.json { return print(JSONOutput.text(of: services)) }
    let table = Table(columns: Top.columns, rows: services)
    let heading = "inetd \(daemon?["version"] ?? ""): \(daemon?["summary"] ?? "")"
    guard let screen else {
      print(heading + "\n\n" + table.text(colours: false) + "\n")
      fflush(nil)
      return
    }
    let width = screen.size.columns
    screen.show([String(heading.prefix(width)), ""] + table.lines(colours: Terminal.isOutput, width: width))
  }
}

/// Connections per second between two looks.
private struct Rates {
  private var accepted: [String: Int] = [:]
  private var moment: ContinuousClock.Instant?

  /// The services with their `rate`, the busiest first; those that are switched off are left out.
  mutating func add(to blocks: ArraySlice<ControlBlock>) -> [ControlBlock] {
    let now = ContinuousClock.now
    let seconds = moment.map { (now - $0) / .seconds(1) }
    moment = now
    var former = accepted
    swap(&former, &accepted)
    accepted.removeAll(keepingCapacity: true)
    let services = blocks.filter { $0["state"] != "disabled" }.map { block in
      var block = block
      let id = block["id"] ?? ""
      let count = Int(block["accepted"] ?? "") ?? 0
      accepted[id] = count
      if let before = former[id], let seconds, seconds > 0 {
        let tenths = Int((Double(max(count - before, 0)) / seconds * 10).rounded())
        block.add("rate", "\(tenths / 10).\(tenths % 10)")
      }
      return block
    }
    func busyness(_ block: ControlBlock) -> (Double, Int) {
      (Double(block["rate"] ?? "") ?? 0, Int(block["active"] ?? "") ?? 0)
    }
    return services.sorted { busyness($0) > busyness($1) }
  }
}
