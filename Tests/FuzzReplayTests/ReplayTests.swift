import Foundation
import FuzzTargets
import Testing

/// Inputs that once broke something (Tests/Fuzz/Cases) and those that reach far (Tests/Fuzz/Corpus), run again in every
/// test run: a broken promise traps, and the last line printed names the input.
@Suite struct ReplayTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  private static func inputs(_ name: String) -> [URL] {
    ["Cases", "Corpus"].flatMap { directory in
      let place = root.appending(path: "Fuzz/\(directory)/\(name)")
      return (try? FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)) ?? []
    }.sorted { $0.path < $1.path }
  }

  @Test(arguments: FuzzTarget.all.map { $0.name }) func inputsAreSurvived(_ name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let inputs = Self.inputs(name)
    #expect(!inputs.isEmpty, "no input for \(name): its corpus is missing")
    for input in inputs { target.run(Array(try Data(contentsOf: input)).prefix(target.longestInput).map { $0 }) }
  }

  /// Inputs belong to a target: a renamed one would silently lose its cases.
  @Test func everyDirectoryHasItsTarget() throws {
    for directory in ["Cases", "Corpus"] {
      let place = Self.root.appending(path: "Fuzz/\(directory)").path
      for name in (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? [] {
        #expect(FuzzTarget.named(name) != nil, "\(directory)/\(name)")
      }
    }
  }
}
