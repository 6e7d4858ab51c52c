import Foundation

/// All figures of a run: by figure, then by contender, in the order in which they were first seen.
struct Results {
  struct Figure {
    let name: String
    let unit: String
    var series: [(contender: String, values: Series)] = []
  }

  private(set) var figures: [Figure] = []
  /// Replies that were wrong or missing, by contender and figure; empty in a good run.
  private(set) var failures: [String: Int] = [:]

  mutating func add(_ value: Double, _ figure: String, unit: String, _ contender: String) {
    let row = figures.firstIndex { $0.name == figure } ?? figures.endIndex
    if row == figures.endIndex { figures.append(Figure(name: figure, unit: unit)) }
    let column = figures[row].series.firstIndex { $0.contender == contender } ?? figures[row].series.endIndex
    if column == figures[row].series.endIndex { figures[row].series.append((contender, Series())) }
    figures[row].series[column].values.add(value)
  }

  mutating func addFailures(_ count: Int, _ figure: String, _ contender: String) {
    if count > 0 { failures["\(contender), \(figure)", default: 0] += count }
  }

  /// A table for people: median (minimum-maximum), and our median as a multiple of each other's.
  var table: String {
    var lines: [String] = []
    for figure in figures {
      lines.append("\(figure.name) [\(figure.unit)]")
      let own = figure.series.first { $0.contender == "inetd" }?.values.median
      for (contender, values) in figure.series {
        let ratio = own.map { String(format: "   inetd is %.2f x this", $0 / values.median) } ?? ""
        let spread = String(format: "%10.1f  (%.1f-%.1f)", values.median, values.minimum, values.maximum)
        let name = contender.padding(toLength: 16, withPad: " ", startingAt: 0)
        lines.append("  \(name)\(spread)" + (contender == "inetd" ? "" : ratio))
      }
    }
    for (what, count) in failures.sorted(by: { $0.key < $1.key }) { lines.append("FAILURES: \(what): \(count)") }
    return lines.joined(separator: "\n")
  }

  func json() throws -> Data {
    let list = figures.map { figure -> [String: Any] in
      let own = figure.series.first { $0.contender == "inetd" }?.values.median
      return [
        "figure": figure.name, "unit": figure.unit,
        "contenders": figure.series.map { entry -> [String: Any] in
          [
            "name": entry.contender, "samples": entry.values.samples, "median": entry.values.median,
            "inetd_ratio": own.map { $0 / entry.values.median } ?? NSNull(),
          ]
        },
      ]
    }
    let all: [String: Any] = ["figures": list, "failures": failures]
    return try JSONSerialization.data(withJSONObject: all, options: [.prettyPrinted, .sortedKeys])
  }
}
