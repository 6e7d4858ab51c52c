import Foundation
import Testing

/// `inetctl reload` waits for the daemon and says what became of the files; `diff` says what would.
@Suite struct ReloadVerbTests {
  private func changes(_ blocks: [[String: Any]]) -> [String: String] {
    var result: [String: String] = [:]
    for block in blocks {
      if let id = block["id"] as? String, let change = block["change"] as? String { result[id] = change }
    }
    return result
  }

  @Test(arguments: DaemonBuild.present)
  func differenceIsShownAppliedAndGone(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let kept = try operations.probes.service("kept", "hold")
    var changed = try operations.probes.service("changed", "hold")
    let removed = try operations.probes.service("removed", "hold")
    let added = try operations.probes.service("added", "hold")
    try operations.start([kept, changed, removed])
    #expect(try operations.run("diff").output == "4 unchanged\n")

    changed.arguments = ["report"]
    try operations.probes.write([kept, changed, added])
    let expected = [
      "kept": "unchanged", "changed": "changed", "removed": "removed", "added": "added", "zz-sync": "unchanged",
    ]
    let difference = "~ changed\n+ added\n2 unchanged\n"
    for words in [["diff"], ["reload", "--dry-run"]] {
      let look = try operations.run(words)
      #expect(look.status == .exited(words == ["diff"] ? 1 : 0))
      #expect(
        Set(look.output.split(separator: "\n")) == Set(difference.split(separator: "\n") + ["- removed"]), "\(look)")
      let blocks = try Operations.blocks(try operations.run(words + ["--json"]).output)
      #expect(changes(blocks) == expected, "\(blocks)")
    }
    // Looking has changed nothing.
    #expect(try operations.listed("added") == nil)

    let reload = try operations.run("reload", "--json")
    #expect(reload.succeeded)
    #expect(changes(try Operations.blocks(reload.output)) == expected)
    // It has waited: the new service answers at once, the old one is gone.
    let (client, _) = try operations.probes.connectGreeted(added)
    #expect(throws: Failure.self) { try operations.probes.connect(removed) }
    #expect(try operations.run("diff").succeeded)
    withExtendedLifetime(client) {}
  }

  @Test(arguments: DaemonBuild.present)
  func findingsAreOnStandardErrorAndInTheStatus(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let kept = try operations.probes.service("kept", "hold")
    try operations.start([kept])
    let file = try operations.scratch.write("inetd.d/wrong.conf", "port = 81\nserver = /bin/cat\nuser = nobodi\n")
    for words in [["diff"], ["reload", "--dry-run"], ["reload"]] {
      let result = try operations.run(words)
      #expect(result.status == .exited(1), "\(words)")
      #expect(result.errors.contains("\(file):3:8: error: "), "\(result)")
      #expect(result.errors.contains("did you mean 'nobody'?"), "\(result)")
      #expect(result.output.contains("2 unchanged"), "\(result)")
      let json = try operations.run(words + ["--json"])
      #expect(json.status == .exited(1))
      let finding = try #require(try Operations.blocks(json.output).first { $0["severity"] != nil })
      #expect(finding["severity"] as? String == "error")
      #expect((finding["text"] as? String)?.hasPrefix(file) == true)
    }
    #expect(try operations.run("metrics").output.contains("inetd_configuration_errors 1\n"))
    try operations.scratch.remove("inetd.d/wrong.conf")
    #expect(try operations.run("reload").succeeded)
  }

  @Test(arguments: DaemonBuild.present)
  func hardEndsServersThatNobodyWantsAnyMore(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let removed = try operations.probes.service("removed", "hold")
    var closed = try operations.probes.service("closed", "hold")
    let kept = try operations.probes.service("kept", "hold")
    try operations.start([removed, closed, kept])
    let gone = try operations.probes.connectGreeted(removed)
    let refused = try operations.probes.connectGreeted(closed, from: "127.0.0.5")
    let allowed = try operations.probes.connectGreeted(closed)
    let other = try operations.probes.connectGreeted(kept)
    closed.keys = [("only_from", "127.0.0.1")]
    try operations.probes.write([closed, kept])

    #expect(try operations.run("reload", "--hard").succeeded)
    #expect(gone.client.isClosedSilently())
    #expect(refused.client.isClosedSilently())
    for left in [allowed, other] {
      try left.client.send("still here\n")
      #expect(try left.client.receiveLine() == "still here")
    }
    #expect(try operations.json("connections").count == 2)
  }

  @Test(arguments: DaemonBuild.present)
  func withoutHardServersFinishInPeace(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let removed = try operations.probes.service("removed", "hold")
    try operations.start([removed])
    let (client, _) = try operations.probes.connectGreeted(removed)
    try operations.probes.write([])
    let reload = try operations.run("reload")
    #expect(reload.output == "- removed\n1 unchanged\n")
    try client.send("still here\n")
    #expect(try client.receiveLine() == "still here")
  }
}
