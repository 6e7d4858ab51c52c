import Foundation
import Testing

/// Imports point down, pure targets stay pure.
@Suite struct LayerTests {
  static let targets: [String] = {
    let entries = try? FileManager.default.contentsOfDirectory(atPath: Checkout.root.appending(path: "Sources").path)
    return (entries ?? []).sorted()
  }()

  @Test func everyTargetHasItsRoomAndEveryRoomItsTarget() {
    #expect(Set(Self.targets) == Set(House.rooms.keys))
  }

  @Test(arguments: LayerTests.targets)
  func importsPointDown(target: String) throws {
    let room = try #require(House.rooms[target], "a target without a line in House.rooms")
    for file in try Checkout.files(in: ["Sources/\(target)"], extensions: ["swift"]) {
      for module in try Checkout.imports(of: file) {
        guard let other = House.rooms[module] else {
          #expect(room.outside.contains(module), "\(file) imports \(module), which is not of this house")
          continue
        }
        #expect(other.floor < room.floor, "\(file) imports \(module), which does not lie below \(target)")
        #expect(other.isPure || !room.isPure, "\(file) is pure and imports \(module), which is not")
        if let importer = House.onlyImporter[module] {
          #expect(importer == target, "\(file) imports \(module), which only \(importer) may")
        }
      }
    }
  }

  @Test(arguments: LayerTests.targets.filter { House.rooms[$0]?.isPure == true })
  func pureTargetsReadNoClock(target: String) throws {
    for file in try Checkout.files(in: ["Sources/\(target)"], extensions: ["swift"]) {
      let text = try Checkout.text(of: file)
      for word in House.clockWords {
        #expect(!text.contains(word), "\(file) is pure and names \(word)")
      }
    }
  }

  /// One loop, one thread: concurrency has no place in the daemon.
  @Test(arguments: LayerTests.targets.filter { $0 != "inetctl" })
  func theDaemonHasNoConcurrency(target: String) throws {
    let never: Set<String> = ["actor", "async", "await", "Task", "nonisolated(unsafe)"]
    for file in try Checkout.files(in: ["Sources/\(target)"], extensions: ["swift"]) {
      let words = file == House.vouchesForItself ? never : never.union(["@unchecked"])
      for (index, line) in try Checkout.lines(of: file).enumerated() {
        let code = line.prefix { $0 != "\"" }.split(separator: " ").prefix { !$0.hasPrefix("//") }
        let found = code.first { words.contains(String($0)) }
        #expect(found == nil, "\(file):\(index + 1): \(found ?? "")")
      }
    }
  }
}
