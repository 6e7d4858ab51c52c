import Foundation
import Testing

/// What the README claims can be looked up: its conversions are what inetctl writes, its proofs are tests that exist.
@Suite struct ReadmeTests {
  private static let text = (try? String(contentsOf: Checkout.root.appending(path: "README.md"), encoding: .utf8)) ?? ""

  /// A column of a two-column example: the lines below `# before: NAME` or `# after: NAME`.
  private struct Column {
    var name: String
    var lines: [String] = []
    var text: String { lines.map { $0 + "\n" }.joined() }
  }

  private func columns(of example: String) -> (before: [Column], after: Column) {
    let width = 42
    var before: [Column] = []
    var after = Column(name: "")
    for line in example.split(separator: "\n", omittingEmptySubsequences: false) {
      let left = String(line.prefix(width)).trimmingCharacters(in: .whitespaces)
      let right = String(line.dropFirst(width)).trimmingCharacters(in: .whitespaces)
      if left.hasPrefix("# before: ") {
        before.append(Column(name: String(left.dropFirst(10))))
      } else if !left.isEmpty {
        before[before.count - 1].lines.append(left)
      }
      if right.hasPrefix("# after: ") {
        after.name = String(right.dropFirst(9))
      } else if !right.isEmpty {
        after.lines.append(right)
      }
    }
    return (before, after)
  }

  @Test func conversionsAreWhatInetctlWrites() throws {
    let examples = Self.text.matches(of: #/```\n(# before: (?:.|\n)*?)\n```/#).map { columns(of: String($0.1)) }
    try #require(examples.count == 2)
    for (before, after) in examples {
      let scratch = try Scratch()
      for column in before { try scratch.write((column.name as NSString).lastPathComponent, column.text) }
      let first = (before[0].name as NSString).lastPathComponent
      let result = try ChildProcess.run(
        Checkout.product("inetctl"), "convert", scratch(first), "-o", scratch("converted"))
      #expect(result.succeeded, "\(first): \(result.output)\(result.errors)")
      let file = scratch("converted/" + (after.name as NSString).lastPathComponent)
      #expect(try String(contentsOfFile: file, encoding: .utf8) == after.text, "\(after.name)")
    }
  }

  /// Ours, the two other super-servers' and systemd's cells: `Suite.test`, `stage_NAME` of Tests/Package, `systemd_NAME` of
  /// Tests/Systemd/Cases/90-peers.sh, which runs all that are in it.
  @Test func everyProofExists() throws {
    let rows = Self.text.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains(" | yes | ") }
    #expect(rows.count >= 15)
    let tests = try Checkout.testSources()
    for row in rows {
      let proof = row.split(separator: "|").last ?? ""
      let names = proof.matches(of: #/`([A-Za-z_.]+)`/#).map { String($0.1) }
      let isOurs = names.first.map { !$0.hasPrefix("Peer") && !$0.hasPrefix("systemd_") } ?? false
      #expect(isOurs, "no proof of our cell comes first: \(row)")
      #expect(names.contains { $0.hasPrefix("Peer") || $0.hasPrefix("stage_") }, "no proof of the peers': \(row)")
      #expect(names.contains { $0.hasPrefix("systemd_") }, "no proof of systemd's: \(row)")
      for name in names {
        let parts = name.split(separator: ".")
        let isThere =
          parts.count == 2
          ? tests.contains { $0.contains("struct \(parts[0])") && $0.contains("func \(parts[1])(") }
          : tests.contains { $0.contains("\n\(name)() {") }
        #expect(isThere, "no test \(name)")
      }
    }
  }
}

extension Checkout {
  /// The text of every test and stage.
  fileprivate static func testSources() throws -> [String] {
    let tests = root.appending(path: "Tests")
    let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
    return try files.filter { ["swift", "sh"].contains($0.pathExtension) }.map {
      try String(contentsOf: $0, encoding: .utf8)
    }
  }
}
