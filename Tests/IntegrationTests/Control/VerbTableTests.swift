import Foundation
import Testing

/// Every verb of `inetctl` as text and as JSON, to the letter, in one sitting with one daemon: a table of what is asked
/// and what comes. `inetctl` itself says which verbs there are, so that a new one without a row is missed.
@Suite struct VerbTableTests {
  /// These only work on files, or have one form.
  private static let withoutControl: Set = ["check", "show", "explain", "convert", "help"]
  private static let withoutJSON: Set = ["convert", "help"]

  @Test(arguments: DaemonBuild.present)
  func everyVerbSaysWhatItShould(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold", keys: [("only_from", "127.0.0.0/8")])
    let other = try operations.probes.service("other", "hold")
    try operations.start([held, other])
    let (client, pid) = try operations.probes.connectGreeted(held)
    try operations.scratch.write("old.conf", "7777 stream tcp nowait root /bin/cat cat\n")
    let known = [
      "held": held.port, "other": other.port, "pid": "\(pid)", "daemon": "\(operations.daemon.pid)",
      "dir": operations.scratch.path, "peer": "127.0.0.1:\(client.localPort)", "user": Service.ownUser,
      "snippet": operations.scratch("inetd.d/other.conf.d/zz-inetctl.conf"),
    ]
    for row in VerbRow.all {
      let words = row.words.map { expand($0, known) }
      let control = Self.withoutControl.contains(row.verb) ? [] : ["--control", operations.control]
      let files = ["check", "show", "explain", "enable", "disable"].contains(row.verb) ? operations.files : []
      let result = try Operations.inetctl([words[0]] + control + files + words.dropFirst(), in: operations.scratch)
      #expect(result.status == .exited(row.status), "\(words): \(result)")
      expect(result.output, row.prints, known, words)
      expect(result.errors, row.complains, known, words)
      if row.isJSON {
        let json = try? JSONSerialization.jsonObject(with: Data(result.output.utf8))
        #expect(json != nil, "\(words): \(result.output)")
      }
    }
    withExtendedLifetime(client) {}
  }

  @Test func everyVerbHasARowOfEachForm() throws {
    let scratch = try Scratch()
    let help = try Operations.inetctl(["--help"], in: scratch).output
    let list = try #require(help.range(of: "SUBCOMMANDS:\n"))
    let verbs = Set(help[list.upperBound...].matches(of: #/(?m)^  ([a-z]+) /#).map { String($0.1) })
    #expect(verbs.count >= 20, "\(help)")
    #expect(verbs.union(["help"]) == Set(VerbRow.all.filter { !$0.isJSON }.map(\.verb)), "as text")
    #expect(verbs.subtracting(Self.withoutJSON) == Set(VerbRow.all.filter(\.isJSON).map(\.verb)), "as JSON")
  }

  private func expand(_ text: String, _ known: [String: String]) -> String {
    known.reduce(text) { $0.replacingOccurrences(of: "{\($1.key)}", with: $1.value) }
  }

  private func expect(_ text: String, _ pattern: String, _ known: [String: String], _ words: [String]) {
    let wanted = NSRegularExpression.escapedPattern(for: expand(pattern, known))
      .replacingOccurrences(of: "<n>", with: "[0-9]+").replacingOccurrences(of: "<\\.\\.\\.>", with: "[^\\n]*")
      .replacingOccurrences(of: "< >", with: " +").replacingOccurrences(of: "<all>", with: "(?s:.*)")
    let isAsWanted = text.range(of: "\\A\(wanted)\\z", options: .regularExpression) != nil
    #expect(isAsWanted, "\(words.joined(separator: " ")) prints:\n\(text)\nand not:\n\(expand(pattern, known))")
  }
}
