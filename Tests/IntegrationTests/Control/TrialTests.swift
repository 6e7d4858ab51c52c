import Foundation
import Testing

/// `inetctl test`: the daemon judges a peer without serving it, and says which rule decides and where it stands.
@Suite struct TrialTests {
  private func service(_ operations: Operations, _ id: String, _ keys: [(String, String)]) throws -> Service {
    try operations.probes.service(id, "hold", keys: keys)
  }

  @Test(arguments: DaemonBuild.present)
  func accessListsAnswerWithTheEntryAndItsPlace(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let guarded = try service(
      operations, "guarded", [("only_from", "192.0.2.0/24 2001:db8::/32"), ("no_access", "192.0.2.64/26")])
    let open = try service(operations, "open", [])
    try operations.start([guarded, open])
    let file = operations.scratch("inetd.d/guarded.conf")
    let lines = guarded.text(.flat).split(separator: "\n").map(String.init)
    func place(_ key: String) throws -> String {
      "\(file):\(try #require(lines.firstIndex { $0.hasPrefix(key) }) + 1):"
    }

    let served = try operations.run("test", "guarded", "192.0.2.7")
    #expect(served.succeeded)
    #expect(
      served.output.hasPrefix("guarded: 192.0.2.7: served: only_from has 192.0.2.0/24 (\(try place("only_from"))"),
      "\(served)")
    let refused = try operations.run("test", "guarded", "192.0.2.70:4711")
    #expect(refused.status == .exited(1))
    #expect(
      refused.output.hasPrefix("guarded: 192.0.2.70: refused: no_access has 192.0.2.64/26 (\(try place("no_access"))"),
      "\(refused)")
    let stranger = try operations.run("test", "guarded", "198.51.100.1", "--json")
    #expect(stranger.status == .exited(1))
    let block = try #require(try Operations.blocks(stranger.output).first)
    #expect(block["served"] as? String == "no")
    #expect(block["reason"] as? String == "address")
    #expect(block["rule"] as? String == "no entry of only_from has the address")
    #expect((block["place"] as? String)?.hasPrefix(try place("only_from")) == true)
    #expect(try operations.run("test", "guarded", "[2001:db8::1]:80").succeeded)
    #expect(try operations.run("test", "guarded", "::ffff:192.0.2.7").succeeded)
    let everyone = try operations.run("test", "open", "203.0.113.5")
    #expect(
      everyone.output.hasPrefix(
        "open: 203.0.113.5: served: no access list: open to everyone (\(operations.scratch("inetd.d/open.conf")):1"),
      "\(everyone)")

    // Nothing of all this was counted.
    #expect(try operations.json("status", "guarded")[0]["refused"] as? Int == 0)
    #expect(try operations.run("test", "guarded", "nonsense").errors == "inetctl: 'nonsense' is not an address\n")
    #expect(try operations.run("test", "guarded", "192.0.2.7:port").status == .exited(1))
    #expect(try operations.run("test", "nobody", "192.0.2.7").status == .exited(1))
    #expect(try operations.run("test", "guarded").status == .exited(64))
  }

  @Test(arguments: DaemonBuild.present)
  func limitsAnswerAsTheyStand(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let single = try service(operations, "single", [("instances", "1"), ("overflow", "refuse")])
    let queued = try service(operations, "queued", [("instances", "1")])
    let mine = try service(operations, "mine", [("per_source", "1")])
    let never = try service(operations, "never", [("access_times", Self.anHourFromNow)])
    try operations.start([single, queued, mine, never])
    let held = try [single, queued, mine].map { try operations.probes.connectGreeted($0) }

    func answer(_ id: String, _ address: String = "127.0.0.1") throws -> [String: Any] {
      try #require(try Operations.blocks(operations.run("test", id, address, "--json").output).first)
    }
    let refused = try answer("single")
    #expect(refused["served"] as? String == "no" && refused["reason"] as? String == "instances", "\(refused)")
    #expect((refused["place"] as? String)?.contains("single.conf:") == true)
    let waits = try answer("queued")
    #expect(waits["served"] as? String == "later", "\(waits)")
    #expect(try operations.run("test", "queued", "127.0.0.1").succeeded)
    #expect(try answer("mine")["reason"] as? String == "per_source")
    #expect(try answer("mine", "127.0.0.9")["served"] as? String == "yes")
    let late = try answer("never")
    #expect(late["reason"] as? String == "time", "\(late)")
    #expect((late["rule"] as? String)?.hasPrefix("access_times = ") == true)

    try operations.run("deny", "127.0.0.0/28", "1h")
    let denied = try answer("mine", "127.0.0.9")
    #expect(denied["reason"] as? String == "sensor")
    #expect((denied["rule"] as? String)?.hasPrefix("127.0.0.0/28 is locked out for 3") == true, "\(denied)")
    try operations.run("pause", "mine")
    #expect(try answer("mine", "127.1.1.1")["rule"] as? String == "the service is paused by hand")
    withExtendedLifetime(held) {}
  }

  /// The load average as the kernel is made to tell it, the rate of one source, the daemon's own limit of processes.
  @Test(.enabled(if: FaultInjection.reasonUnavailable == nil, "strace cannot be used"), arguments: DaemonBuild.present)
  func measuresAnswerAsTheyStand(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let calm = try service(operations, "calm", [("max_load", "2.5")])
    var rated = try operations.probes.service("rated", "report", keys: [("source_rate", "1/3600")])
    rated.server = "/bin/true"
    rated.arguments = []
    let refusing = try service(operations, "refusing", [("overflow", "refuse")])
    let queued = try service(operations, "queued", [])
    try operations.start([calm, rated, refusing, queued], options: ["--process-limit", "1"])
    func answer(_ id: String, _ address: String = "127.0.0.1") throws -> [String: String] {
      let block = try Operations.blocks(operations.run("test", id, address, "--json").output).first ?? [:]
      return block.compactMapValues { $0 as? String }
    }

    func atLoad<Answer>(_ load: String, _ body: () throws -> Answer) throws -> Answer {
      // sysinfo(2): eight bytes of uptime, then the average of a minute in 65536ths, both little-endian.
      let fault = try FaultInjection(
        ["sysinfo:poke_exit=@arg1=0000000000000000\(load)0000000000"], in: operations.daemon.pid)
      defer { fault.end() }
      return try body()
    }
    // 2.5 is 0x28000.
    let calmly = try atLoad("008002") { try answer("calm") }
    #expect(calmly["served"] == "yes", "\(calmly)")
    try atLoad("000003") { () throws -> Void in
      let loaded = try answer("calm")
      #expect(loaded["served"] == "no" && loaded["reason"] == "load", "\(loaded)")
      #expect(loaded["rule"] == "the load average of the last minute is above max_load")
      #expect(loaded["place"]?.contains("calm.conf:") == true)
      // And so it goes with those who come.
      let stranger = try operations.probes.connect(calm)
      #expect(stranger.isClosedSilently())
    }

    #expect(try answer("rated")["served"] == "yes")
    #expect(try operations.probes.connect(rated).isClosedSilently())
    try operations.daemon.waitForServersToEnd()
    let spent = try answer("rated")
    #expect(spent["served"] == "no" && spent["reason"] == "source_rate", "\(spent)")
    #expect(spent["rule"] == "source_rate = 1 in 3600 s is used up by this source")
    #expect(spent["place"]?.contains("rated.conf:") == true)
    #expect(try answer("rated", "127.0.0.9")["served"] == "yes", "another source")

    let only = try operations.probes.connectGreeted(queued)
    let full = try answer("refusing")
    #expect(full["served"] == "no" && full["reason"] == "process_limit", "\(full)")
    #expect(full["rule"] == "--process-limit: the daemon has 1 servers running" && full["place"] == nil, "\(full)")
    #expect(try answer("queued")["served"] == "later")
    only.client.finishSending()
    try operations.daemon.waitForServersToEnd()
    #expect(try answer("refusing")["served"] == "yes")
  }

  /// What hosts.allow and hosts.deny say, only the peer's coming tells: what is asked is said, with its line.
  @Test(.enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present)
  func libwrapIsSaidToDecide(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let etc = try OwnEtc(operations.scratch)
    try etc.write("hosts.deny", "ALL: 127.0.0.2\n")
    let wrapped = try service(operations, "wrapped", [("libwrap", "yes")])
    let plain = try service(operations, "plain", [("libwrap", "no")])
    try operations.probes.start([wrapped, plain], options: ["--control", operations.control], prefix: etc.prefix)
    let text = try operations.run("test", "wrapped", "127.0.0.2")
    let line = try #require(wrapped.text(.flat).split(separator: "\n").firstIndex { $0.hasPrefix("libwrap") }) + 1
    #expect(
      text.output.hasPrefix(
        "wrapped: 127.0.0.2: not known before it comes: hosts.allow and hosts.deny decide "
          + "(\(operations.scratch("inetd.d/wrapped.conf")):\(line):"), "\(text)")
    #expect(text.succeeded)
    #expect(try operations.json("test", "wrapped", "127.0.0.2")[0]["served"] as? String == "unknown")
    #expect(try operations.json("test", "plain", "127.0.0.2")[0]["served"] as? String == "yes")
    // Nobody was asked meanwhile, and those who come are judged.
    #expect(operations.daemon.servers.isEmpty)
    #expect(try operations.probes.connect(wrapped, from: "127.0.0.2").isClosedSilently())
    let friend = try operations.probes.connectGreeted(wrapped, from: "127.0.0.3")
    withExtendedLifetime(friend) {}
  }

  /// An interval that does not hold the present, in local time.
  private static var anHourFromNow: String {
    let now = Calendar.current.dateComponents([.hour], from: Date()).hour ?? 0
    return "\((now + 2) % 24):00-\((now + 3) % 24):00"
  }

  @Test(arguments: DaemonBuild.present)
  func lineOfInetdConfIsNamedToo(_ build: DaemonBuild) throws {
    let operations = try Operations(build, .classic)
    var rated = try operations.probes.service("rated", "report")
    rated.perMinute = 1
    try operations.start([rated])
    _ = try operations.probes.report(rated)
    let waiting = try operations.probes.connect(rated)
    let id = "\(rated.port)/tcp"
    try Deadline.poll("limited") { try operations.listed(id)?["state"] as? String == "limited" }
    let block = try #require(try operations.json("test", id, "127.0.0.1").first)
    #expect(block["served"] as? String == "later", "\(block)")
    #expect((block["place"] as? String)?.hasPrefix("\(operations.scratch(Daemon.classicName)):1:") == true, "\(block)")
    withExtendedLifetime(waiting) {}
  }
}
