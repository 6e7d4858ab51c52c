import Foundation
import Testing

/// The control socket itself: who may do what, and what becomes of clients that mean no good.
@Suite struct ControlSocketTests {
  @Test(arguments: DaemonBuild.present)
  func twoHundredBadClientsDisturbNobody(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "report")
    try operations.start([held])
    let megabyte = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    let garbage = (0..<600).map { UInt8(truncatingIfNeeded: ($0 * 7919) ^ 0xa5) }.filter { $0 != UInt8(ascii: "\n") }
    var silent: [Client] = []
    for number in 0..<200 {
      let client = try Client(.stream, unix: operations.control)
      switch number % 4 {
      case 0: break
      case 1: try client.send("stat")
      case 2: try client.send(garbage + [UInt8(ascii: "\n")])
      // Cut off after its first few kilobytes: the rest cannot be sent.
      default: try? client.send(megabyte)
      }
      if number % 4 < 2 { silent.append(client) } else { try expectRefusal(of: client) }
    }
    // A hundred of them still wait; everybody else is served.
    #expect(try operations.probes.report(held)["end"] == "1")
    #expect(try operations.run("list").succeeded)
    let status = try operations.json("status", "held")
    #expect(status[0]["started"] as? Int == 1)
    // And in the end the silent ones are sent away.
    for client in silent { #expect(client.isClosedSilently()) }
    #expect(ProcessFacts.descriptors(of: operations.daemon.pid).count < 64)
    #expect(operations.daemon.process.isRunning)
  }

  private func expectRefusal(of client: Client) throws {
    // Of a client that was cut off in the middle of a megabyte the end is a reset, behind the answer.
    var bytes: [UInt8] = []
    while let more = try? client.receive(), !more.isEmpty { bytes += more }
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("status = error\nmessage = ") && text.hasSuffix("\n\n"), "\(text)")
    #expect(text.utf8.allSatisfy { $0 < 0x7f }, "what came from outside is escaped")
  }

  @Test(arguments: DaemonBuild.present)
  func protocolIsPlainText(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    try operations.start([])
    func answer(_ request: String) throws -> String {
      let client = try Client(.stream, unix: operations.control)
      try client.send(request)
      return try client.receiveText()
    }
    #expect(try answer("denied\n") == "status = ok\n\n")
    #expect(try answer("list\n").hasSuffix("\n\nstatus = ok\n\n"))
    #expect(try answer("list\n").hasPrefix("id = zz-sync\nstate = serving\nactive = 0\nlisten = "))
    #expect(try answer("\n") == "status = error\nmessage = \"a request is a line 'verb argument...'\"\n\n")
    #expect(try answer("fly\n") == "status = error\nmessage = \"unknown verb 'fly'\"\n\n")
    #expect(try answer("status \"x\n").contains("a quote is not closed"))
    #expect(try answer("pause \"a b\"\n").contains("no service 'a b' is running"))
    // In pieces, as slow writers send it.
    let slow = try Client(.stream, unix: operations.control)
    for piece in ["den", "ied", "\n"] {
      try slow.send(piece)
      try operations.probes.synchronise()
    }
    #expect(try slow.receiveText() == "status = ok\n\n")
  }

  @Test(arguments: DaemonBuild.present)
  func longRepliesAreWholeAndWaitForNobody(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let ids = (0..<1000).map { "s\($0)" }
    // Both builds are tried at once: neither is to take the other's names when that one ends.
    let text = ids.map {
      "[service \($0)]\nlisten = @\(operations.scratch.path)-\($0)\nserver = /bin/cat\nuser = root\n"
    }
    try operations.scratch.write("inetd.d/many.conf", text.joined())
    let held = try operations.probes.service("held", "report")
    try operations.start([held])
    func sockets() -> Int {
      ProcessFacts.descriptors(of: operations.daemon.pid).values.count { $0.hasPrefix("socket:") }
    }
    let before = sockets()
    // Somebody asks for more than the kernel keeps for it, and does not read.
    let lazy = try Client(.stream, unix: operations.control)
    try lazy.send("metrics\n")
    for verb in ["list", "status"] {
      let blocks = try operations.json(verb).dropFirst(verb == "status" ? 1 : 0)
      #expect(blocks.map { $0["id"] as? String } == ["held"] + ids + ["zz-sync"])
    }
    #expect(try operations.run("metrics").output.hasSuffix("\n# EOF\n"))
    #expect(try operations.probes.report(held)["end"] == "1")
    try Deadline.poll("the lazy client is sent away, \(sockets()) sockets after \(before)") { sockets() <= before }
    #expect(String(decoding: try lazy.receiveToEnd().suffix(20), as: UTF8.self).hasSuffix("status = ok\n\n") == false)
  }

  @Test(.enabled(if: getuid() == 0, "only root can become somebody else"), arguments: DaemonBuild.present)
  func othersMayLookWhereTheModeLetsThemAndNeverChange(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    var status = stat()
    #expect(stat(operations.control, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o660 && status.st_uid == 0 && status.st_gid == 0)
    let nobody: uid_t = 65534

    let looks = [
      ["list"], ["status"], ["connections"], ["denied"], ["metrics"], ["diff"], ["test", "held", "192.0.2.1"],
      ["top", "--count", "1"],
    ]
    let changes = [
      ["reload"], ["reload", "--dry-run"], ["pause", "held"], ["resume", "held"], ["kill", "held"],
      ["deny", "192.0.2.1"], ["allow", "192.0.2.1"],
    ]
    for words in looks + changes {
      let closed = try operations.run(words, as: nobody)
      #expect(closed.status == .exited(1), "\(words)")
      #expect(closed.errors.contains("Permission denied") && closed.output == "", "\(words): \(closed)")
    }

    chmod(operations.control, 0o666)
    for words in looks { #expect(try operations.run(words, as: nobody).succeeded, "\(words)") }
    for words in changes {
      let result = try operations.run(words, as: nobody)
      #expect(result.status == .exited(1), "\(words)")
      #expect(result.errors == "inetctl: only root and the daemon's own user may '\(words[0])'\n", "\(result)")
    }
    #expect(try operations.listed("held")?["state"] as? String == "serving")
  }

  @Test(.enabled(if: getuid() == 0, "only root can become somebody else"), arguments: DaemonBuild.present)
  func daemonOfAUserObeysThatUser(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    var held = try operations.probes.service("held", "hold")
    held.user = "nobody"
    chmod(operations.scratch.path, 0o777)
    try operations.start([held], user: 65534)
    #expect(try operations.run(["pause", "held"], as: 65534).succeeded)
    #expect(try operations.run(["resume", "held"]).succeeded, "root may always")
  }
}
