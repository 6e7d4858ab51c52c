import Foundation

/// All figures of a run: by figure, then by contender, in the order in which they were first seen.
struct Results: Codable {
  struct Figure: Codable {
    let group: String
    let name: String
    let unit: String
    var series: [Entry] = []
  }

  struct Entry: Codable {
    let contender: String
    var values: Series
  }

  /// Replies that were wrong or missing.
  struct Failure: Codable {
    let group: String
    let what: String
    var count: Int
  }

  private(set) var figures: [Figure] = []
  private(set) var failures: [Failure] = []
  /// The group whose figures are being added.
  var group = ""

  init() {}

  /// What an earlier run wrote; empty where there is none.
  init(contentsOf path: String) {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    self = (try? JSONDecoder().decode(Results.self, from: data)) ?? Results()
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(filePath: path))
  }

  /// Forgets the figures of the groups that are measured anew.
  mutating func beginGroups(_ groups: Set<Group>) {
    let names = Set(groups.map { $0.rawValue })
    figures.removeAll { names.contains($0.group) }
    failures.removeAll { names.contains($0.group) }
  }

  mutating func add(_ value: Double, _ figure: String, unit: String, _ contender: String) {
    let row = figures.firstIndex { $0.name == figure } ?? figures.endIndex
    if row == figures.endIndex { figures.append(Figure(group: group, name: figure, unit: unit)) }
    let column = figures[row].series.firstIndex { $0.contender == contender } ?? figures[row].series.endIndex
    if column == figures[row].series.endIndex {
      figures[row].series.append(Entry(contender: contender, values: Series()))
    }
    figures[row].series[column].values.add(value)
  }

  mutating func addFailures(_ count: Int, _ figure: String, _ contender: String) {
    guard count > 0 else { return }
    let what = "\(contender), \(figure)"
    if let index = failures.firstIndex(where: { $0.what == what }) {
      failures[index].count += count
    } else {
      failures.append(Failure(group: group, what: what, count: count))
    }
  }

  /// The median of one contender's figure; nil where it did not take part.
  func median(_ figure: String, _ contender: String) -> Double? {
    figures.first { $0.name == figure }?.series.first { $0.contender == contender }?.values.median
  }

  /// A table for people: median (minimum-maximum), and our median as a multiple of each other's.
  var table: String {
    var lines: [String] = []
    for figure in figures {
      lines.append("\(figure.name) [\(figure.unit)]")
      let own = figure.series.first { $0.contender == Contender.ours }?.values.median
      for entry in figure.series {
        let values = entry.values
        let ratio =
          values.median == 0 ? "" : own.map { String(format: "   inetd is %.2f x this", $0 / values.median) } ?? ""
        let spread = String(format: "%12.1f  (%.1f-%.1f)", values.median, values.minimum, values.maximum)
        let name = entry.contender.padding(toLength: 24, withPad: " ", startingAt: 0)
        lines.append("  \(name)\(spread)" + (entry.contender == Contender.ours ? "" : ratio))
      }
    }
    for failure in failures { lines.append("FAILURES: \(failure.what): \(failure.count)") }
    return lines.joined(separator: "\n")
  }
}
