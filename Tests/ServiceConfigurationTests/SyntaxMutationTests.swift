import Foundation
import ServiceModel
import Testing

@testable import ServiceConfiguration

/// Damaged configurations: bytes changed, cut, doubled and spliced. Whatever comes out, nothing may trap, every place
/// lies in its file, and reading twice gives the same.
@Suite struct SyntaxMutationTests {
  /// INETD_MUTATIONS=N for a longer run.
  static let count = ProcessInfo.processInfo.environment["INETD_MUTATIONS"].flatMap { Int($0) } ?? 1500

  @Test func damagedCases() {
    var generator = SplitMix(state: UInt64(SyntaxMutationTests.count))
    let cases = GoldenCase.all.filter { $0.files.allSatisfy { $0.bytes.count < 5000 } }
    for _ in 0..<SyntaxMutationTests.count {
      let golden = cases[Int(generator.next() % UInt64(cases.count))]
      let other = cases[Int(generator.next() % UInt64(cases.count))]
      var files = golden.files
      for index in files.indices {
        mutate(&files[index].bytes, with: other.files.first?.bytes ?? [], &generator)
      }
      let table = GoldenCase.load(files, golden.options)
      let text = golden.outcome(table)
      #expect(text == golden.outcome(GoldenCase.load(files, golden.options)))
      if let stray = strayRange(table) {
        Issue.record("\(golden.name): \(stray) in \(String(decoding: files[0].bytes, as: UTF8.self).debugDescription)")
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], with other: [UInt8], _ generator: inout SplitMix) {
    let interesting = Array("{}[]=+-#\\\"';,:./\n\r\t \0%@*".utf8) + [0xff, 0xc3]
    for _ in 0..<(1 + generator.next() % 4) {
      let place = bytes.isEmpty ? 0 : Int(generator.next() % UInt64(bytes.count))
      let byte = interesting[Int(generator.next() % UInt64(interesting.count))]
      switch generator.next() % 7 {
      case 0: if !bytes.isEmpty { bytes[place] = byte }
      case 1: bytes.insert(byte, at: place)
      case 2: if !bytes.isEmpty { bytes.remove(at: place) }
      case 3: bytes.removeLast(min(bytes.count, Int(generator.next() % 30)))
      case 4: bytes.insert(contentsOf: other.prefix(Int(generator.next() % 80)), at: place)
      case 5: bytes.replaceSubrange(place..<min(bytes.count, place + Int(generator.next() % 20)), with: [])
      default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + Int(generator.next() % 60))], at: place)
      }
    }
  }

  private func strayRange(_ table: ServiceTable) -> SourceRange? {
    var ranges = table.diagnostics.flatMap { [$0.range] + $0.notes.map { $0.range } }.compactMap { $0 }
    ranges += table.entries.flatMap { [$0.location] + $0.origins.entries.map { $0.range } }
    ranges += table.rejected.map { $0.location }
    return ranges.first { range in
      let lines = table.sources[range.file].bytes.split(separator: 10, omittingEmptySubsequences: false)
      guard range.line >= 1, Int(range.line) <= lines.count, range.column >= 1 else { return true }
      return Int(range.column) - 1 > lines[Int(range.line) - 1].count
    }
  }
}
