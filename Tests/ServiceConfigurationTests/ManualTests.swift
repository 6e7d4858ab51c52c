import Foundation
import ServiceModel
import Testing

@testable import ServiceConfiguration

/// The pages of section 5: the tables of keys in inetd.d(5) are those of the key table, and every example is read.
@Suite struct ManualTests {
  private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("man")

  private static func page(_ name: String) throws -> String {
    try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
  }

  // MARK: Keys

  /// INETD_ACCEPT_CASES=1 writes the table into the page instead of comparing.
  @Test func tableOfKeysIsCurrent() throws {
    let begin = ".\\\" BEGIN KEYS: written by ManualTests from the key table\n"
    let end = ".\\\" END KEYS\n"
    let page = try ManualTests.page("inetd.d.5")
    let start = try #require(page.range(of: begin)).upperBound
    let stop = try #require(page.range(of: end, range: start..<page.endIndex)).lowerBound
    let table = KeyManual.text
    if GoldenTests.accepts {
      let text = page[..<start] + table + page[stop...]
      try text.write(to: ManualTests.directory.appendingPathComponent("inetd.d.5"), atomically: true, encoding: .utf8)
      return
    }
    if page[start..<stop] != table {
      let has = Set(page[start..<stop].split(separator: "\n"))
      let lines = table.split(separator: "\n").filter { !has.contains($0) }
      Issue.record("inetd.d.5 is not what the key table says; lines it lacks:\n\(lines.joined(separator: "\n"))")
    }
    for key in KeyTable.keys {
      let isThere = page.contains("\n.It Ic \(key.name) = ")
      #expect(isThere, "inetd.d.5 lacks '\(key.name)'")
    }
  }

  // MARK: Examples

  /// Names of /etc/services in the examples.
  private static let ports: [String: UInt16] = ["finger": 79, "ftp": 21, "git": 9418, "rsync": 873, "tftp": 69]

  /// A file of a page: the lines between a comment `EXAMPLE PATH` and the end of its display, as a reader sees them.
  struct Example {
    let path: String
    let text: String
  }

  private static func examples(in page: String) -> [Example] {
    page.components(separatedBy: ".\\\" EXAMPLE ").dropFirst().map { part in
      let lines = part.split(separator: "\n", omittingEmptySubsequences: false)
      let shown = lines.drop { !$0.hasPrefix(".Bd -literal") }.dropFirst().prefix { $0 != ".Ed" }
      let text = shown.map { line in
        var line = String(line)
        if line.hasPrefix("\\&") { line.removeFirst(2) }
        return line.replacingOccurrences(of: "\\(aq", with: "'").replacingOccurrences(of: "\\e", with: "\\") + "\n"
      }
      return Example(path: String(lines[0]), text: text.joined())
    }
  }

  @Test(arguments: [("inetd.conf.5", 4), ("inetd.d.5", 6)])
  func examplesAreReadWithoutComplaint(_ name: String, _ least: Int) throws {
    let page = try ManualTests.page(name)
    let examples = ManualTests.examples(in: page)
    #expect(examples.count >= least)
    let displays = page.components(separatedBy: "\n.Bd -literal").count - 1
    #expect(displays == examples.count, "\(name): a display without an EXAMPLE comment is not read by any test")
    for example in examples {
      let table = ManualTests.load(example)
      let findings = DiagnosticRenderer(table.sources).text(of: table.diagnostics)
      #expect(table.diagnostics.isEmpty, "\(name): \(findings)")
      #expect(!table.entries.isEmpty, "\(name): no service in \(example.path)")
      #expect(table.rejected.isEmpty)
    }
  }

  private static func load(_ example: Example) -> ServiceTable {
    var documents: [SourceDocument] = []
    let parts = example.path.split(separator: "/")
    let content = SourceDocument.Content.bytes(Array(example.text.utf8))
    if example.path == "/etc/inetd.conf" {
      documents.append(SourceDocument(path: example.path, role: .classicFile, content: content))
    } else if let directory = parts.dropLast().last, directory.hasSuffix(".conf.d") {
      // An override goes with something to override.
      let base = String(directory.dropLast(7))
      let under = "/usr/lib/inetd.d/\(base).conf"
      documents.append(
        SourceDocument(
          path: under, role: .dropIn, content: .bytes(Array("user = nobody\nserver = /usr/bin/\(base)\n".utf8))))
      documents.append(SourceDocument(path: example.path, role: .override(base: base), content: content))
    } else {
      documents.append(SourceDocument(path: example.path, role: .dropIn, content: content))
    }
    var normalizer = Normalizer(options: LoadOptions())
    let configuration = ConfigurationLoader.load(documents) { _ in
      IncludeReply()
    } emit: {
      normalizer.add($0)
    }
    return normalizer.finish(configuration) { name, _ in ports[name] }
  }
}

/// The key table as mdoc(7).
private enum KeyManual {
  static var text: String {
    var text = ""
    for group in KeyGroup.allCases {
      text += ".Ss \(group.title)\n.Bl -tag -width Ds\n"
      for key in KeyTable.keys where key.group == group { text += item(key) }
      text += ".El\n"
    }
    return text
  }

  private static func item(_ key: ConfigurationKey) -> String {
    var lines = [".It Ic \(key.name) = \(escaped(key.syntax))"]
    lines.append(line(sentence(key.help)))
    lines.append(line("Default: \(key.defaultText)."))
    var place: [String] = []
    switch key.scope {
    case .service: place.append("Not in defaults.")
    case .serviceAndDefaults: break
    case .defaults: place.append("In defaults only.")
    }
    if key.operators == .all { place.append("Takes += and -= too.") }
    lines += place
    switch key.effect {
    case .active: break
    case .ignored: lines.append("Accepted and ignored.")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func sentence(_ help: String) -> String {
    // xinetd is never written with a capital.
    (help.hasPrefix("xinetd") ? help : help.prefix(1).uppercased() + help.dropFirst()) + "."
  }

  /// Text in lines of less than 80 bytes, none of which begins like a request.
  private static func line(_ text: String) -> String {
    var lines = [""]
    for word in text.replacingOccurrences(of: "\\", with: "\\e").split(separator: " ") {
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] += word
      } else if lines[lines.count - 1].utf8.count + word.utf8.count < 78 {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&" + $0 : $0 }.joined(separator: "\n")
  }

  /// Words of a macro's line: those that mdoc would take for a macro or a delimiter are shielded.
  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "\\", with: "\\e").split(separator: " ").map { word in
      let isDelimiter = word.utf8.count == 1 && ".,:;()[]?!|".contains(word)
      let isMacro = (2...3).contains(word.utf8.count) && word.first?.isUppercase == true
      return isDelimiter || isMacro ? "\\&" + word : String(word)
    }.joined(separator: " ")
  }
}
