import ServiceConfiguration

/// The override file in which `inetctl` keeps what it has switched on or off: `[service ID]` sections with one line.
///
/// What an administrator writes beside that stays.
struct SwitchSnippet {
  /// Sorted behind all other overrides of a file, so that it has the last word.
  static let fileName = "zz-inetctl.conf"

  private static let heading = "# Kept by inetctl enable and inetctl disable; inetd.d(5) describes overrides."

  private var lines: [String]

  /// Takes the text of the file; empty for one that is not there yet.
  init(_ text: String) {
    lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    if lines.last == "" { lines.removeLast() }
  }

  /// The file's text; nil when nothing is left to say.
  var text: String? {
    let says = lines.contains { line in line != SwitchSnippet.heading && !SwitchSnippet.isBlank(line) }
    return says ? lines.joined(separator: "\n") + "\n" : nil
  }

  /// Lets the snippet say nothing about a service's switch any more.
  mutating func forget(_ id: String) {
    guard let header = headerIndex(of: id) else { return }
    var end = header + 1
    while end < lines.count && !lines[end].hasPrefix("[") {
      if SwitchSnippet.isSwitch(lines[end]) { lines.remove(at: end) } else { end += 1 }
    }
    // A section that says nothing else goes, with the empty line in front of it.
    guard lines[(header + 1)..<end].allSatisfy(SwitchSnippet.isBlank) else { return }
    lines.removeSubrange(header..<end)
    if header == lines.count, let last = lines.last, SwitchSnippet.isBlank(last) { lines.removeLast() }
  }

  /// Lets the snippet switch a service, whatever its file says.
  mutating func set(_ id: String, disabled: Bool) {
    forget(id)
    let line = "disable = \(disabled ? "yes" : "no")"
    if let header = headerIndex(of: id) {
      lines.insert(line, at: header + 1)
      return
    }
    if lines.isEmpty { lines.append(SwitchSnippet.heading) }
    lines += ["", SwitchSnippet.header(of: id), line]
  }

  private func headerIndex(of id: String) -> Int? {
    lines.firstIndex { $0.trimmingBlanks == SwitchSnippet.header(of: id) }
  }

  /// A bracket in the id would end the section's name.
  private static func header(of id: String) -> String {
    let plain = FlatText.quoted(id)
    return plain == id && id.contains("]") ? "[service \"\(id)\"]" : "[service \(plain)]"
  }

  private static func isBlank(_ line: String) -> Bool { line.trimmingBlanks.isEmpty }

  private static func isSwitch(_ line: String) -> Bool {
    line.split(separator: "=", maxSplits: 1).first.map { String($0).trimmingBlanks.lowercased() } == "disable"
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
