import Foundation

/// Bars for the README: a panel for each figure, a bar for each contender, with the smallest and largest sample.
struct Plot {
  private struct Panel {
    let title: String
    let figure: String
  }

  private static let panels = [
    Panel(title: "Servers started per second, 1 client", figure: "spawn, 1 clients"),
    Panel(title: "Servers started per second, 8 clients", figure: "spawn, 8 clients"),
    Panel(title: "Servers started per second, 64 clients", figure: "spawn, 64 clients"),
    Panel(title: "Short echo connections per second", figure: "echo, short connections, 8 clients"),
    Panel(title: "UDP echo replies per second", figure: "UDP echo"),
    Panel(title: "Redirected, GB per second", figure: "redirect, 4 connections"),
    Panel(title: "Idle memory (Pss), KB: less is better", figure: "idle, nobody has come yet: Pss"),
    Panel(title: "Start with 5,000 services, ms: less is better", figure: "start with 5,000 services"),
  ]

  private let results: Results
  private static let width = 420.0, row = 17.0, label = 150.0, room = 190.0

  init(_ results: Results) { self.results = results }

  var svg: String {
    var columns = ["", ""]
    var heights = [24.0, 24.0]
    for panel in Self.panels {
      guard let figure = results.figures.first(where: { $0.name == panel.figure }) else { continue }
      let column = heights[0] <= heights[1] ? 0 : 1
      columns[column] += draw(panel, figure, x: Double(column) * (Self.width + 30) + 20, y: heights[column])
      heights[column] += 34 + Double(shown(figure).count) * Self.row
    }
    let size = (Self.width * 2 + 70, heights.max() ?? 0)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(size.0)) \(Int(size.1))" \
      font-family="sans-serif" font-size="11">
      <rect width="100%" height="100%" fill="#ffffff"/>
      \(columns.joined())</svg>

      """
  }

  private func shown(_ figure: Results.Figure) -> [Results.Entry] {
    let isCost = figure.unit.hasPrefix("ms") || figure.unit == "KB"
    return figure.series.filter { $0.contender != Contender.guarded }
      .sorted { isCost ? $0.values.median < $1.values.median : $0.values.median > $1.values.median }
  }

  private func draw(_ panel: Panel, _ figure: Results.Figure, x: Double, y: Double) -> String {
    let entries = shown(figure)
    let most = entries.map { $0.values.maximum }.max() ?? 1
    var text = "<text x=\"\(Int(x))\" y=\"\(Int(y))\" font-size=\"13\" font-weight=\"bold\">\(panel.title)</text>\n"
    for (index, entry) in entries.enumerated() {
      let top = y + 8 + Double(index) * Self.row
      let left = x + Self.label
      func scaled(_ value: Double) -> Double { value / most * Self.room }
      let colour =
        entry.contender == Contender.ours ? "#d9480f" : entry.contender == Contender.floorName ? "#868e96" : "#a5bbd4"
      let values = entry.values
      text += String(
        format: "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%@</text>\n", left - 6, top + 11, entry.contender)
      text += String(
        format: "<rect x=\"%.0f\" y=\"%.0f\" width=\"%.1f\" height=\"12\" fill=\"%@\"/>\n", left, top + 1,
        scaled(values.median), colour)
      text += String(
        format: "<path d=\"M%.1f %.0fH%.1f\" stroke=\"#343a40\"/>\n", left + scaled(values.minimum), top + 7,
        left + scaled(values.maximum))
      text += String(
        format: "<text x=\"%.0f\" y=\"%.0f\">%@</text>\n", left + scaled(values.maximum) + 5, top + 11,
        Self.number(values.median))
    }
    return text
  }

  private static func number(_ value: Double) -> String {
    value >= 100 ? String(format: "%.0f", value) : String(format: "%.2f", value)
  }
}
