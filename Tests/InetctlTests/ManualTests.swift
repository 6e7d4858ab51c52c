import ArgumentParser
import Foundation
import Testing

@testable import inetctl

/// inetctl(8) describes every subcommand with each of its options.
@Suite struct ManualTests {
  private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("man/inetctl.8")

  /// The text of each subcommand's entry in the list of subcommands, by name.
  private static func entries() throws -> [String: String] {
    let text = try String(contentsOf: page, encoding: .utf8)
    var entries: [String: String] = [:]
    for part in text.components(separatedBy: "\n.It Cm ").dropFirst() {
      let name = String(part.prefix { $0 != " " && $0 != "\n" })
      #expect(entries[name] == nil, "'\(name)' stands there twice")
      entries[name] = part
    }
    return entries
  }

  @Test func everySubcommandHasAnEntryAndNoOther() throws {
    let documented = Set(try ManualTests.entries().keys)
    let existing = Set(InetCtl.configuration.subcommands.map { $0._commandName })
    #expect(documented == existing, "\(documented.symmetricDifference(existing).sorted())")
  }

  /// Options as the command's own help has them; those that many commands have stand in a section of their own.
  @Test func everyOptionIsDescribedWithItsSubcommand() throws {
    let text = try String(contentsOf: ManualTests.page, encoding: .utf8)
    let entries = try ManualTests.entries()
    let shared: Set<String> = ["-help", "-version", "-config", "-directory", "-control", "-json"]
    for command in InetCtl.configuration.subcommands {
      let help = InetCtl.helpMessage(for: command)
      let options = Set(help.matches(of: #/(?:^|[\s\[,])-(-[a-z][a-z-]*)/#).map { String($0.1) })
      #expect(options.contains("-help"), "\(help)")
      for option in options {
        let place = shared.contains(option) ? text : entries[command._commandName] ?? ""
        let isThere = place.contains("Fl \(option)")
        #expect(isThere, "inetctl.8: \(command._commandName) lacks -\(option)")
      }
    }
  }

  @Test func examplesAreUnderstood() throws {
    let text = try String(contentsOf: ManualTests.page, encoding: .utf8)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix(".Dl inetctl ") }
    #expect(lines.count >= 4)
    for command in lines.flatMap({ $0.dropFirst(4).components(separatedBy: " && ") }) {
      let words = command.prefix { $0 != "|" }.split(separator: " ").map(String.init)
      #expect(throws: Never.self, "\(command)") { _ = try InetCtl.parseAsRoot(Array(words.dropFirst())) }
    }
  }
}
