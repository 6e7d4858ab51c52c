import Foundation
import Testing

/// `inetctl check` and `inetctl show` over the same files that the daemon reads.
@Suite struct InetctlTests {
  func run(_ arguments: [String]) throws -> ChildProcess.Result {
    let child = try ChildProcess([Checkout.product("inetctl")] + arguments)
    defer { child.end() }
    return ChildProcess.Result(
      status: try child.wait(), output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
  }

  static let services = [
    Service(id: "web", port: "8080", user: "nobody", group: "tty", server: "/bin/cat", arguments: ["-u", "x"]),
    Service(
      id: "boot", port: "tftp", socketType: "dgram", protocolName: "udp", wait: true, user: "root", server: "/bin/true"),
    Service(id: "clock", port: "daytime", user: "root", server: "internal"),
  ]

  /// What `show` prints, read again, prints the same: one normal form, whatever the syntax was.
  @Test(arguments: Syntax.allCases)
  func theNormalFormIsAFixedPoint(_ syntax: Syntax) throws {
    let scratch = try Scratch()
    try scratch.write(Self.services, syntax)
    let first = try run(["show"] + Daemon.files(in: scratch))
    #expect(first.succeeded, "\(first)")
    for service in Self.services {
      #expect(first.output.contains(service.server == "internal" ? "daytime" : service.server))
    }

    let again = try Scratch()
    try again.write("\(Daemon.directoryName)/all.conf", first.output)
    let second = try run(["show"] + Daemon.files(in: again))
    #expect(second.succeeded, "\(second)")
    #expect(second.output == first.output)
  }

  @Test func showPrintsWhatIsNamed() throws {
    let scratch = try Scratch()
    try scratch.write(Self.services, .flat)
    let files = Daemon.files(in: scratch)
    let one = try run(["show", "web"] + files)
    #expect(one.succeeded && one.output.contains("server = /bin/cat") && !one.output.contains("daytime"), "\(one)")
    let json = try run(["show", "--format", "json"] + files)
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    let objects = object?["services"] as? [[String: Any]]
    #expect(json.succeeded && Set(objects?.compactMap { $0["id"] as? String } ?? []) == ["web", "boot", "clock"])
    let wrong = try run(["show", "wep"] + files)
    #expect(wrong.status == .exited(1) && wrong.errors.contains("did you mean 'web'?"), "\(wrong)")
  }

  @Test func explainKnowsServicesKeysAndNearMisses() throws {
    let scratch = try Scratch()
    let web = Self.services[0]
    try scratch.write([web], .flat)
    try scratch.write("\(Daemon.directoryName)/bad.conf", "port = 8081\nserver = /bin/cat\nuser = nobodi\n")
    try scratch.write(
      "\(Daemon.directoryName)/cell.conf", "port = 8082\nserver = /bin/cat\nuser = nobody\nsandbox = strict\n")
    let files = Daemon.files(in: scratch)
    let service = try run(["explain", "web"] + files)
    #expect(service.succeeded && service.output.hasPrefix("web: on, from ") && service.output.contains("/bin/cat -u x"))
    let json = try run(["explain", "web", "--json"] + files)
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    #expect(json.succeeded && object?["id"] as? String == "web")
    let cell = try run(["explain", "cell"] + files)
    for wall in ["no_new_privileges", "private_tmp", "private_pids"] {
      #expect(cell.succeeded && cell.output.contains(wall), "\(cell)")
    }
    let key = try run(["explain", "per_source"] + files)
    #expect(key.succeeded && key.output.hasPrefix("per_source = "))
    let keys = try run(["explain", "--json"] + files)
    #expect(try (JSONSerialization.jsonObject(with: Data(keys.output.utf8)) as? [Any])?.count ?? 0 > 90)
    let overview = try run(["explain"] + files)
    #expect(overview.succeeded && overview.output.contains("\n  per_source "))
    let near = try run(["explain", "per_sorce"] + files)
    #expect(near.status == .exited(1) && near.errors.contains("did you mean 'per_source'?"), "\(near)")
    let rejected = try run(["explain", "bad"] + files)
    #expect(rejected.status == .exited(1) && rejected.errors.contains("service 'bad' is in error"), "\(rejected)")
  }

  @Test func diffComparesTwoConfigurations() throws {
    let scratch = try Scratch()
    let old = try scratch.write("old.conf", "[service a]\nlisten = 1001\nuser = nobody\nserver = /bin/cat\n")
    let new = try scratch.write(
      "new.conf",
      "[service a]\nlisten = 1002\nuser = nobody\nserver = /bin/cat\n[service b]\nlisten = 1003\nuser = nobody\nserver = /bin/cat\n"
    )
    let same = try run(["diff", old, old])
    #expect(same.succeeded && same.output == "", "\(same)")
    #expect(try run(["diff", "--json", old, old]).output == "[]\n")
    let text = try run(["diff", old, new])
    #expect(text.status == .exited(1))
    #expect(text.output.hasPrefix(" [service a]\n-listen = 1001\n+listen = 1002\n\n+[service b]\n"), "\(text)")
    let json = try run(["diff", "--json", old, new])
    #expect(json.status == .exited(1))
    let objects = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    #expect(objects.map { $0["change"] as? String } == ["changed", "added"])
    #expect(objects[0]["removed"] as? [String] == ["listen = 1001"])
    #expect(objects[0]["added"] as? [String] == ["listen = 1002"])
    #expect(try run(["diff", old]).status == .exited(64))
  }

  @Test func convertWritesUnitsAndListsWhatIsLost() throws {
    let scratch = try Scratch()
    let file = try scratch.write(
      "inetd.conf", "8080 stream tcp nowait nobody /bin/cat cat -u\ndaytime stream tcp nowait root internal\n")
    let result = try run(["convert", "--from", "inetd", "--to", "systemd", file, "-o", scratch("units")])
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch("units")).sorted()
    #expect(names.contains { $0.hasSuffix(".socket") } && names.contains { $0.hasSuffix("@.service") }, "\(names)")
    #expect(result.errors.contains("daytime"), "\(result)")
    for name in names where FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze") {
      guard name.hasSuffix(".socket") else { continue }
      let verified = try ChildProcess.run("systemd-analyze", "verify", "--man=no", scratch("units/" + name))
      #expect(verified.succeeded, "\(name): \(verified.errors)")
    }
  }

  @Test func checkCountsAndPointsAtMistakes() throws {
    let scratch = try Scratch()
    try scratch.write(Self.services, .flat)
    let good = try run(["check"] + Daemon.files(in: scratch))
    #expect(good.succeeded, "\(good)")

    let file = try scratch.write(
      "\(Daemon.directoryName)/bad.conf", "port = 8081\nserver = /bin/cat\nuser        = nobodi\n")
    let bad = try run(["check"] + Daemon.files(in: scratch))
    #expect(bad.status == .exited(1))
    let text = bad.output + bad.errors
    #expect(text.contains("\(file):3:15: error: "), "\(text)")
    #expect(text.contains("[unknown-user]"), "\(text)")
    // The line, and a caret under its column.
    #expect(text.contains("    3 | user        = nobodi\n      |               ^~~~~~"), "\(text)")
    #expect(text.contains("did you mean 'nobody'?"), "\(text)")

    let json = try run(["check", "--format", "json"] + Daemon.files(in: scratch))
    #expect(json.status == .exited(1))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(object["errors"] as? Int == 1)
  }

  @Test func warningsCountOnlyWhenStrict() throws {
    let scratch = try Scratch()
    try scratch.write(
      "\(Daemon.directoryName)/old",
      "service x\n{\n\tport = 8080\n\tsocket_type = stream\n\twait = no\n\tuser = root\n\tserver = /bin/cat\n\tmdns = no\n\tcolour = red\n}\n"
    )
    #expect(try run(["check"] + Daemon.files(in: scratch)).succeeded)
    #expect(try run(["check", "--strict"] + Daemon.files(in: scratch)).status == .exited(1))
  }

  @Test func badUsageIs64() throws {
    #expect(try run(["check", "--nonsense"]).status == .exited(64))
    #expect(try run(["nonsense"]).status == .exited(64))
  }
}
