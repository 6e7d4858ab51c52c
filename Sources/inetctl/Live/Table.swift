import ControlProtocol

/// Blocks as lines of aligned columns.
struct Table {
  struct Column {
    let key: String
    let title: String
    var isNumber = false
    /// Left out where no row has anything to say in it.
    var isOptional = false
  }

  let columns: [Column]
  let rows: [ControlBlock]

  private static let bold = "\u{1b}[1m"
  private static let red = "\u{1b}[31m"
  private static let yellow = "\u{1b}[33m"
  private static let reset = "\u{1b}[0m"

  init(columns: [Column], rows: [ControlBlock]) {
    self.columns = columns.filter { column in !column.isOptional || rows.contains { $0[column.key] != nil } }
    self.rows = rows
  }

  /// The table, without a newline at its end.
  func text(colours: Bool) -> String { lines(colours: colours).joined(separator: "\n") }

  /// The lines of the table, cut at `width` columns. With `colours`, the heading is bold and states that want attention
  /// stand out.
  func lines(colours: Bool, width: Int = .max) -> [String] {
    let cells = rows.map { row in columns.map { row[$0.key] ?? ($0.isOptional ? "" : "-") } }
    let widths = columns.indices.map { index in
      cells.reduce(columns[index].title.count) { max($0, $1[index].count) }
    }
    let heading = line(columns.map(\.title), widths, width)
    let body = zip(rows, cells).map { row, cells in
      let text = line(cells, widths, width)
      guard colours, let colour = Table.colour(of: row["state"]) else { return text }
      return colour + text + Table.reset
    }
    return [colours ? Table.bold + heading + Table.reset : heading] + body
  }

  private func line(_ cells: [String], _ widths: [Int], _ width: Int) -> String {
    var parts: [String] = []
    for (index, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[index] - cell.count)
      parts.append(columns[index].isNumber ? padding + cell : cell + padding)
    }
    var text = parts.joined(separator: "  ")
    if text.count > width { text = String(text.prefix(width)) }
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func colour(of state: String?) -> String? {
    switch state {
    case "unbound", "stale", "backing off": red
    case "paused", "limited": yellow
    default: nil
    }
  }
}
