import Foundation
import ServiceModel
import Testing

@testable import ServiceConfiguration

@Suite struct GoldenTests {
  /// INETD_ACCEPT_CASES=1 writes the outcome into the case instead of comparing: for new cases, to be read before they
  /// are committed.
  static let accepts = ProcessInfo.processInfo.environment["INETD_ACCEPT_CASES"] == "1"

  @Test(arguments: GoldenCase.all) func outcome(_ golden: GoldenCase) throws {
    #expect(golden.unknownOptions == [])
    let outcome = golden.outcome(golden.load())
    if GoldenTests.accepts {
      let url = GoldenCase.directory.appendingPathComponent(golden.name)
      let text = try String(contentsOf: url, encoding: .utf8)
      var input = text
      if let marker = text.range(of: "\n----\n") { input = String(text[..<marker.lowerBound]) }
      try (input + "\n----\n" + outcome).write(to: url, atomically: true, encoding: .utf8)
    } else if outcome != golden.expected {
      Issue.record("\(golden.name)\n\(difference(golden.expected, outcome))")
    }
  }

  /// Reading the canonical form gives the same definitions, and nothing to complain about but what is not active.
  @Test(arguments: GoldenCase.all) func canonicalFormReadsBack(_ golden: GoldenCase) {
    let definitions = golden.load().entries.map { $0.definition }
    let text = CanonicalPrinter.sections(definitions)
    // What the options of the command line added is part of the text by now.
    var options = LoadOptions()
    options.runsAsRoot = golden.options.runsAsRoot
    let again = GoldenCase.load([("/etc/inetd.d/again.conf", Array(text.utf8))], options)
    let complaints = again.diagnostics.filter { $0.severity == .error }
    #expect(complaints.isEmpty, "\(DiagnosticRenderer(again.sources).text(of: complaints))\(text)")
    // The macro would print both models in full.
    let isSame = again.entries.map { $0.definition } == definitions
    #expect(
      isSame, "\(golden.name)\n\(difference(text, CanonicalPrinter.sections(again.entries.map { $0.definition })))")
  }

  @Test func everyPlaceLiesInItsFile() {
    for golden in GoldenCase.all {
      let table = golden.load()
      let ranges =
        table.diagnostics.flatMap { [$0.range] + $0.notes.map { $0.range } }.compactMap { $0 }
        + table.entries.flatMap { [$0.location] + $0.origins.entries.map { $0.range } }
      let stray = ranges.filter { !table.sources.holds($0) }
      #expect(stray.isEmpty, "\(golden.name)")
    }
  }

  private func difference(_ expected: String, _ found: String) -> String {
    let old = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let new = found.split(separator: "\n", omittingEmptySubsequences: false)
    let changes = new.difference(from: old)
    var lines: [(Int, String)] = []
    for change in changes {
      switch change {
      case .remove(let offset, let element, _): lines.append((offset * 2, "- \(element)"))
      case .insert(let offset, let element, _): lines.append((offset * 2 + 1, "+ \(element)"))
      }
    }
    return lines.sorted { $0.0 < $1.0 }.map { $0.1 }.joined(separator: "\n")
  }
}
