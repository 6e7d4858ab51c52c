import ServiceModel
import Testing

@testable import ServiceConfiguration

@Suite struct RoundTripTests {
  @Test func thePoolHasEveryKeyOfAService() {
    for key in KeyTable.keys where key.scope.allowsService {
      #expect(RandomConfiguration.values[key.name] != nil, "\(key.name)")
    }
  }

  /// parse(print(model)) == model over generated models.
  @Test(arguments: 0..<20) func printedModelsReadBack(_ seed: Int) {
    var random = SplitMix64(state: UInt64(seed))
    var options = LoadOptions()
    options.runsAsRoot = seed % 2 == 0
    var accepted = 0
    for number in 0..<150 {
      let text = RandomConfiguration.section(number, using: &random)
      let first = GoldenCase.load([("/etc/inetd.d/a.conf", Array(text.utf8))], options)
      for entry in first.entries {
        accepted += 1
        let printed = CanonicalPrinter.section(entry.definition)
        let second = GoldenCase.load([("/etc/inetd.d/b.conf", Array(printed.utf8))], options)
        let isSame = second.entries.map { $0.definition } == [entry.definition]
        let errors = DiagnosticRenderer(second.sources).text(of: second.diagnostics.filter { $0.severity == .error })
        #expect(
          isSame,
          "seed \(seed)\n\(text)\n\(printed)\n\(second.entries.map { CanonicalPrinter.section($0.definition) }.joined())\(errors)"
        )
        let file = CanonicalPrinter.file(entry.definition)
        let third = GoldenCase.load([("/etc/inetd.d/\(file.name)", Array(file.text.utf8))], options)
        let isSameFile = third.entries.map { $0.definition } == [entry.definition]
        #expect(isSameFile, "seed \(seed)\n\(file.name)\n\(file.text)")
      }
    }
    // Random combinations are often contradictory; were nearly all of them, the test would show nothing.
    #expect(accepted > 10)
  }

  /// Bytes that are no configuration: no trap, and every place inside its file.
  @Test(arguments: 0..<10) func damagedFilesAreSurvived(_ seed: Int) {
    var random = SplitMix64(state: UInt64(seed) &+ 1000)
    let inputs = GoldenCase.all.flatMap { $0.files }
    for _ in 0..<150 {
      guard let file = inputs.randomElement(using: &random) else { return }
      var bytes = file.bytes
      for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: bytes.suffix(from: place).prefix(20), at: place)
        default: bytes.removeSubrange(place..<min(place + 10, bytes.count))
        }
      }
      let table = GoldenCase.load([(file.path, bytes)], LoadOptions())
      _ = DiagnosticRenderer(table.sources).text(of: table.diagnostics)
      for finding in table.diagnostics {
        guard let range = finding.range else { continue }
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let isInside = Int(range.line) <= lines.count && Int(range.column) - 1 <= lines[Int(range.line) - 1].count
        #expect(isInside, "\(finding)")
      }
    }
  }
}
