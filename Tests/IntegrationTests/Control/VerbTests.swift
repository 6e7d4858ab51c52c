import Foundation
import Testing

/// Every verb that looks at a living daemon, as text and as JSON.
@Suite struct VerbTests {
  @Test(arguments: DaemonBuild.present)
  func listTellsStatesAndSockets(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    let numeric = try operations.probes.service("8080", "hold")
    try operations.start([held, numeric])
    let text = try operations.run("list")
    #expect(text.succeeded)
    let lines = text.output.split(separator: "\n").map(String.init)
    #expect(
      lines[0].split(separator: " ", omittingEmptySubsequences: true).map(String.init).prefix(3) == [
        "ID", "STATE", "ACTIVE",
      ])
    #expect(lines.contains { $0.hasPrefix("held") && $0.contains("serving") && $0.contains(":\(held.port)") })
    #expect(!text.output.contains("\u{1b}"), "colours are for terminals")
    #expect(!text.output.contains("WHY"), "nothing needs a reason: \(text.output)")

    let block = try #require(try operations.listed("held"))
    #expect(block["state"] as? String == "serving")
    #expect(block["active"] as? Int == 0)
    #expect((block["listen"] as? [String])?.contains("0.0.0.0:\(held.port)") == true)
    #expect(try operations.listed("8080") != nil, "an id stays a string, whatever it looks like")
  }

  /// A path may hold blanks, and is one string all the same; so it is in the files, for `show`.
  @Test(arguments: DaemonBuild.present)
  func placesWithBlanksAreOneStringEach(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let path = operations.scratch("a b \"c\"")
    let port = try Ports.free()
    try operations.scratch.write(
      "\(Daemon.directoryName)/local.conf",
      "type = INTERNAL\nservice = echo\nlisten = '\(path)'\n[service two]\ntype = INTERNAL\nservice = echo\n"
        + "listen = 127.0.0.1:\(port) [::1]:\(port)\n")
    try operations.start([])
    #expect(try operations.listed("local")?["listen"] as? [String] == [path])
    #expect(try operations.json("status", "local").first?["listen"] as? [String] == [path])
    #expect(try operations.listed("two")?["listen"] as? [String] == ["127.0.0.1:\(port)", "[::1]:\(port)"])
    let shown = try Operations.inetctl(
      ["show", "local", "--format", "json"] + operations.files, in: operations.scratch)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
    let services = try #require(object["services"] as? [[String: Any]])
    #expect((services.first?["settings"] as? [String: Any])?["listen"] as? [String] == [path])
  }

  @Test(arguments: DaemonBuild.present)
  func statusAndConnectionsTellWhoIsServed(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    let (client, pid) = try operations.probes.connectGreeted(held)

    let status = try operations.json("status", "held")
    #expect(status.count == 1)
    #expect(status[0]["accepted"] as? Int == 1)
    #expect(status[0]["started"] as? Int == 1)
    #expect(status[0]["active"] as? Int == 1)
    #expect(status[0]["pids"] as? [Int] == [Int(pid)])
    #expect((status[0]["place"] as? String)?.hasSuffix("held.conf:1") == true, "\(status)")
    let all = try operations.json("status")
    #expect(all[0]["pid"] as? Int == Int(operations.daemon.pid))
    #expect(all[0]["summary"] as? String == "2 services, 1 active")
    let text = try operations.run("status")
    #expect(text.output.contains("summary: 2 services, 1 active"), "\(text)")
    #expect(text.output.contains("     id: held") || text.output.contains("id: held"))

    let connections = try operations.json("connections")
    #expect(connections.count == 1)
    #expect(connections[0]["peer"] as? String == "127.0.0.1:\(client.localPort)")
    #expect(connections[0]["pid"] as? Int == Int(pid))
    let table = try operations.run("connections", "held")
    #expect(table.output.contains("127.0.0.1:\(client.localPort)"), "\(table)")
    #expect(try operations.json("connections", "zz-sync").isEmpty)

    let unknown = try operations.run("status", "nobody")
    #expect(unknown.status == .exited(1))
    #expect(unknown.errors == "inetctl: no service 'nobody' is running\n")
  }

  @Test(arguments: DaemonBuild.present)
  func killSignalsTheServersOfAService(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    let (client, pid) = try operations.probes.connectGreeted(held)
    let (other, otherPid) = try operations.probes.connectGreeted(held)
    let killed = try operations.json("kill", "\(pid)")
    #expect(killed.count == 1 && killed[0]["signalled"] as? Int == 1)
    #expect(client.isClosedSilently())
    #expect(ProcessFacts.exists(otherPid))
    let text = try operations.run("kill", "--signal", "KILL", "held")
    #expect(text.succeeded, "\(text)")
    #expect(other.isClosedSilently())

    // Nobody who is not one of our servers can be signalled.
    let foreign = try operations.run("kill", "\(getpid())")
    #expect(foreign.status == .exited(1))
    #expect(foreign.errors.contains("no server of '\(getpid())' is running"))
    #expect(try operations.run("kill", "--signal", "nonsense", "held").status == .exited(64))
  }

  @Test(arguments: DaemonBuild.present)
  func pauseLeavesConnectionsInTheQueue(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    let paused = try operations.run("pause", "held")
    #expect(paused.succeeded && paused.output == "", "\(paused)")
    let block = try #require(try operations.listed("held"))
    #expect(block["state"] as? String == "paused")
    #expect(block["reason"] as? String == "paused by hand; new connections wait in the queue")
    #expect(try operations.run("list").output.contains("WHY"))
    let client = try operations.probes.connect(held)
    try operations.probes.synchronise()
    #expect(operations.daemon.servers.isEmpty)
    let resumed = try operations.json("resume", "held")
    #expect(resumed[0]["state"] as? String == "serving")
    #expect(try client.receivePid() > 0)
    #expect(try operations.run("pause", "nobody").status == .exited(1))
  }

  @Test(arguments: DaemonBuild.present)
  func denyLocksASourceOutOfEverything(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    #expect(try operations.json("denied").isEmpty)
    #expect(try operations.run("deny", "127.0.0.2").succeeded)
    #expect(try operations.json("deny", "127.1.0.0/16", "2h")[0]["source"] as? String == "127.1.0.0/16")
    #expect(try operations.probes.connect(held, from: "127.0.0.2").isClosedSilently())
    #expect(try operations.probes.connect(held, from: "127.1.2.3").isClosedSilently())
    let (client, _) = try operations.probes.connectGreeted(held, from: "127.0.0.3")
    withExtendedLifetime(client) {}

    let denied = try operations.json("denied").sorted { "\($0["source"]!)" < "\($1["source"]!)" }
    #expect(denied.map { $0["source"] as? String } == ["127.0.0.2", "127.1.0.0/16"])
    #expect(denied[0]["seconds"] == nil)
    let left = try #require(denied[1]["seconds"] as? Int)
    #expect((7000...7200).contains(left))
    #expect(try operations.run("denied").output.contains("127.1.0.0/16"))

    #expect(try operations.run("allow", "127.0.0.2").succeeded)
    let (again, _) = try operations.probes.connectGreeted(held, from: "127.0.0.2")
    withExtendedLifetime(again) {}
    let twice = try operations.run("allow", "127.0.0.2")
    #expect(twice.status == .exited(1))
    #expect(twice.errors == "inetctl: 127.0.0.2 is not locked out\n")
    #expect(try operations.run("deny", "somebody").status == .exited(1))
    #expect(try operations.run("deny", "127.0.0.2", "soon").status == .exited(64))
  }

  /// An upgrade in place is no way around what was decided by hand.
  @Test(arguments: DaemonBuild.present)
  func decisionsOutliveAnUpgrade(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    let other = try operations.probes.service("other", "hold")
    try operations.start([held, other])
    try operations.run("pause", "held")
    try operations.run("deny", "127.0.0.7")
    try operations.run("deny", "127.2.0.0/16", "1h")
    let socket = Self.socket(at: operations.control)
    try operations.daemon.reexecute()
    // The same socket: who asks meanwhile waits in its queue.
    #expect(socket != nil && Self.socket(at: operations.control) == socket)
    #expect(try operations.listed("held")?["state"] as? String == "paused")
    #expect(try operations.json("denied").count == 2)
    #expect(try operations.probes.connect(other, from: "127.2.3.4").isClosedSilently())
    try operations.run("resume", "held")
    let again = try operations.probes.connectGreeted(held)
    withExtendedLifetime(again) {}
  }

  /// The inode of the listening socket at a path (proc_net_unix(5): flags 00010000 = listening).
  private static func socket(at path: String) -> String? {
    let lines = (ProcessFacts.read("/proc/net/unix") ?? "").split(separator: "\n").map { $0.split(separator: " ") }
    return lines.first { $0.count == 8 && $0[3] == "00010000" && $0[7] == path }.map { String($0[6]) }
  }

  @Test func theReleaseIsTold() throws {
    let scratch = try Scratch()
    let version = try Operations.inetctl(["--version"], in: scratch)
    #expect(version.succeeded && version.output.wholeMatch(of: #/inetctl [0-9]+\.[0-9.]+\n/#) != nil, "\(version)")
  }

  @Test func withoutADaemonThereIsAnAnswerToo() throws {
    let scratch = try Scratch()
    for words in [["list"], ["status"], ["reload"], ["pause", "x"], ["metrics"], ["top", "--count", "1"]] {
      let result = try Operations.inetctl(
        [words[0], "--control", scratch("nothing")] + words.dropFirst(), in: scratch)
      #expect(result.status == .exited(1), "\(words)")
      #expect(result.errors.hasPrefix("inetctl: no daemon answers at \(scratch("nothing"))"), "\(result)")
    }
  }
}
