import Foundation
import Testing

/// What a reader may count on in every file.
@Suite struct SourceFileTests {
  static let sources: Set<String> = ["swift", "c", "h"]

  @Test func noFileIsLongerThanFiveHundredLines() throws {
    for file in try Checkout.files(in: ["Sources", "Tests"], extensions: Self.sources) {
      let count = try Checkout.lines(of: file).count
      #expect(count <= 501, "\(file) has \(count) lines")
    }
  }

  @Test func nothingIsLeftForLater() throws {
    // Put together here, so that this file does not find itself.
    let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX:", "HA" + "CK"]
    for file in try Checkout.files(in: ["Sources", "Tests", "config"], extensions: Self.sources.union(["sh", "md"])) {
      for (index, line) in try Checkout.lines(of: file).enumerated() {
        #expect(!marks.contains(where: line.contains), "\(file):\(index + 1): \(line)")
      }
    }
  }

  @Test func theFormatterHasNothingToSay() throws {
    let result = try Command.run(
      "swift", "format", "lint", "--strict", "--recursive", "--parallel", "Sources", "Tests", "Package.swift")
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func fetchedAndBuiltThingsAreNotTracked() throws {
    let inside = try Command.run("git", "rev-parse", "--is-inside-work-tree")
    try #require(inside.status == 0, "not a git checkout: \(inside.errors)")
    let tracked = try Command.run("git", "ls-files", "--", "Package.resolved", ".build", "*.profraw", "*/.build/*")
    #expect(tracked.status == 0)
    #expect(tracked.output == "")
  }

  @Test func theTopLevelIsTheOneDesigned() throws {
    let fixed: Set<Substring> = ["Package.swift", "Sources", "Tests", "config", "man", "README.md"]
    let tracked = try Command.run("git", "ls-files")
    let top = Set(tracked.output.split(separator: "\n").map { $0.prefix { $0 != "/" } })
    #expect(top.filter { !$0.hasPrefix(".") }.subtracting(fixed) == [])
  }
}
