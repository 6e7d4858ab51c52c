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
