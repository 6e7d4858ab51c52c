import Foundation
import Testing

@testable import ServiceConfiguration

/// The README's tables of xinetd's attributes and flags are whole: what the parser knows has a row, and no row is about
/// something that it does not know.
@Suite struct AttributeTableTests {
  /// xinetd.conf(5) of xinetd 2.3.15.3, in its order.
  private static let attributes = """
    id type flags disable socket_type protocol wait user group instances nice server server_args libwrap only_from
    no_access access_times log_type log_on_success log_on_failure rpc_version rpc_number env passenv port redirect bind
    interface banner banner_success banner_fail per_source cps max_load groups mdns umask enabled disabled include
    includedir rlimit_as rlimit_files rlimit_cpu rlimit_data rlimit_rss rlimit_stack deny_time v6only
    """
  private static let flags = """
    INTERCEPT NORETRY IDONLY NAMEINARGS NODELAY KEEPALIVE NOLIBWRAP SENSOR IPv4 IPv6 LABELED REUSE
    """
  /// What begins a block or another file is no key.
  private static let entries: Set = ["service", "defaults", "include", "includedir"]
  /// What a row can say: whether it is as xinetd.conf(5) says.
  private static let verdicts: Set = ["works", "work", "differs", "ignored", "always"]

  private struct Row {
    let names: [String]
    let verdict: String
  }

  /// The rows below the header that begins with `| NAME |`.
  private static func rows(below name: String) throws -> [Row] {
    let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("README.md")
    let lines = try String(contentsOf: readme, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    let header = try #require(lines.firstIndex { $0.hasPrefix("| \(name) |") }, "no table of each \(name)")
    return lines[(header + 2)...].prefix { $0.hasPrefix("| ") }.map { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      var names: [String] = []
      for word in cells[1].split(separator: "`").enumerated() where word.offset % 2 == 0 {
        // `rlimit_as` `_cpu` is short for `rlimit_as` `rlimit_cpu`.
        let stem = names.last?.split(separator: "_").first.map(String.init) ?? ""
        names.append(word.element.hasPrefix("_") ? stem + word.element : String(word.element))
      }
      return Row(names: names, verdict: cells[2])
    }
  }

  @Test func everyAttributeHasItsRow() throws {
    let rows = try Self.rows(below: "attribute")
    let named = rows.flatMap { $0.names }
    // The flags have a table of their own.
    let words = Set(named.filter { $0.first?.isLowercase == true }).union(["flags"])
    let own = Set(Self.attributes.split { $0.isWhitespace }.map(String.init))
    #expect(own.subtracting(words) == [], "without a row")
    #expect(words.subtracting(own).subtracting(Self.entries) == [], "rows about what is not xinetd's")
    for name in own.union(words).subtracting(Self.entries) {
      #expect(KeyTable.key(named: name) != nil, "the parser does not know \(name)")
    }
    #expect(Set(named.filter { $0.first?.isUppercase == true }) == Set(KeyTable.typeWords.map { $0.name }))
    for row in rows { #expect(Self.verdicts.contains(row.verdict), "\(row)") }
    // One row each, except for type, which has one for each kind.
    let repeated = Dictionary(grouping: named.filter { $0 != "type" }) { $0 }.filter { $0.value.count > 1 }.keys
    #expect(repeated.isEmpty, "\(repeated.sorted())")
    let ignored = Set(KeyTable.keys.filter { $0.effect == .ignored && own.contains($0.name) }.map { $0.name })
    #expect(Set(rows.filter { $0.verdict == "ignored" }.flatMap { $0.names }) == ignored)
  }

  @Test func everyFlagHasItsRow() throws {
    let rows = try Self.rows(below: "flag")
    let known = Set(KeyTable.flagNames.map { $0.name })
    #expect(rows.flatMap { $0.names }.sorted() == known.sorted())
    #expect(known == Set(Self.flags.split(separator: " ").map(String.init)))
    for row in rows { #expect(Self.verdicts.contains(row.verdict), "\(row)") }
  }
}
