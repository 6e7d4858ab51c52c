import ControlProtocol

/// Blocks as lines of aligned columns.
struct Table {
  struct Column {
    let key: String
    let title: String
    var isNumber = false
  }

  let columns: [Column]
  let rows: [ControlBlock]

  private static let bold = "\u{1b}[1m"
  private static let reset = "\u{1b}[0m"

  /// The table, without a newline at its end. With `colours`, the heading is bold and states that want attention stand out.
  func text(colours: Bool) -> String {
    let cells = rows.map { row in columns.map { row[$0.key] ?? "-" } }
    let widths = columns.indices.map { index in
      cells.reduce(columns[index].title.count) { max($0, $1[index].count) }
    }
    var lines = [line(columns.map(\.title), widths)]
    if colours { lines[0] = Table.bold + lines[0] + Table.reset }
    for row in cells {
      let text = line(row, widths)
      lines.append(colours ? Table.coloured(text, state: row) : text)
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var parts: [String] = []
    for (index, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[index] - cell.count)
      parts.append(columns[index].isNumber ? padding + cell : cell + padding)
    }
    var text = parts.joined(separator: "  ")
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func coloured(_ line: String, state row: [String]) -> String {
    if row.contains("unbound") || row.contains("stale") || row.contains("backing off") {
      return "\u{1b}[31m" + line + reset
    }
    if row.contains("paused") || row.contains("limited") || row.contains("full") { return "\u{1b}[33m" + line + reset }
    return line
  }
}
