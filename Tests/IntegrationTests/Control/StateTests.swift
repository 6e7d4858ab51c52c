import Foundation
import Testing

/// What an administrator reads when a service is not simply serving: the same state in `list`, in STATUS= and in metrics,
/// with the reason in words.
@Suite struct StateTests {
  /// Waits until the service is in `state` and returns its block.
  private func wait(for state: String, of id: String, _ operations: Operations) throws -> [String: Any] {
    var block: [String: Any] = [:]
    try Deadline.poll("\(id) \(state), now \(block)") {
      block = try operations.listed(id) ?? [:]
      return block["state"] as? String == state
    }
    return block
  }

  private func expectMetric(_ id: String, _ state: String, _ operations: Operations) throws {
    let metrics = try operations.run("metrics").output
    #expect(metrics.contains("inetd_state{service=\"\(id)\",inetd_state=\"\(state)\"} 1\n"), "\(metrics)")
  }

  @Test(arguments: DaemonBuild.present)
  func rateTellsWhichLimitAndUntilWhen(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let rated = try operations.probes.service("rated", "report", keys: [("rate", "1/3600")])
    try operations.start([rated])
    _ = try operations.probes.report(rated)
    let waiting = try operations.probes.connect(rated)
    let block = try wait(for: "limited", of: "rated", operations)
    let reason = try #require(block["reason"] as? String)
    #expect(reason.hasPrefix("rate = 1 in 3600 s is used up; new connections wait in the queue; until 2"), "\(reason)")
    let until = try #require(block["until"] as? String)
    #expect(reason.hasSuffix(until))
    #expect(ISO8601DateFormatter().date(from: until).map { $0 > Date() } == true)
    try expectMetric("rated", "limited", operations)
    #expect(try operations.daemon.wasNotified("STATUS=2 services, 0 active, 1 limited"))
    withExtendedLifetime(waiting) {}
  }

  @Test(arguments: DaemonBuild.present)
  func instancesTellThatAllAreRunning(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let queued = try operations.probes.service("queued", "hold", keys: [("instances", "1")])
    let refusing = try operations.probes.service(
      "refusing", "hold", keys: [("instances", "1"), ("overflow", "refuse")])
    try operations.start([queued, refusing])
    let first = try operations.probes.connectGreeted(queued)
    let second = try operations.probes.connectGreeted(refusing)
    let block = try wait(for: "limited", of: "queued", operations)
    #expect(block["reason"] as? String == "instances: all 1 are running; new connections wait in the queue")
    let other = try wait(for: "limited", of: "refusing", operations)
    #expect(other["reason"] as? String == "instances: all 1 are running; new connections are refused")
    withExtendedLifetime((first, second)) {}
  }

  @Test(arguments: DaemonBuild.present)
  func unboundTellsTheErrorAndTheNextTry(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let taken = try operations.probes.service("taken", "hold", keys: [("bind", "127.0.0.1")])
    // A holder of the port, which the daemon cannot share.
    let holder = try Listening(port: UInt16(taken.port)!)
    try operations.start([taken])
    let block = try wait(for: "unbound", of: "taken", operations)
    #expect(block["errno"] as? String == "EADDRINUSE")
    let reason = try #require(block["reason"] as? String)
    #expect(
      reason.hasPrefix(
        "cannot listen on 127.0.0.1:\(taken.port): bind 127.0.0.1:\(taken.port): Address already in use; next try at 2"),
      "\(reason)")
    try expectMetric("taken", "unbound", operations)
    #expect(try operations.daemon.wasNotified("STATUS=2 services, 0 active, 1 unbound"))
    let trial = try operations.run("test", "taken", "192.0.2.1")
    #expect(trial.status == .exited(1))
    #expect(trial.output.contains("refused: cannot listen on"), "\(trial)")
    holder.close()
    _ = try wait(for: "serving", of: "taken", operations)
  }

  @Test(arguments: DaemonBuild.present)
  func pausedTellsThatSomebodyDidIt(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    try operations.run("pause", "held")
    let block = try wait(for: "paused", of: "held", operations)
    #expect(block["reason"] as? String == "paused by hand; new connections wait in the queue")
    try expectMetric("held", "paused", operations)
    #expect(try operations.daemon.wasNotified("STATUS=2 services, 0 active, 1 paused"))
    let before = operations.daemon.notified.count
    try operations.run("resume", "held")
    try expectMetric("held", "serving", operations)
    #expect(try operations.daemon.wasNotified("STATUS=2 services, 0 active", after: before))
  }

  @Test(arguments: DaemonBuild.present)
  func backingOffTellsWhatTheServerDid(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    var failing = try operations.probes.service("failing", "fail", "1")
    failing.wait = true
    try operations.start([failing])
    let client = try operations.probes.connect(failing)
    let block = try wait(for: "backing off", of: "failing", operations)
    let reason = try #require(block["reason"] as? String)
    #expect(
      reason.hasPrefix("the server ended at once without taking anything from its socket; next try at 2"), "\(reason)")
    try Deadline.poll("the metric") {
      // Between two tries it serves.
      try operations.run("metrics").output.contains(
        "inetd_state{service=\"failing\",inetd_state=\"backing_off\"} 1\n")
    }
    #expect(try operations.daemon.wasNotified("STATUS=2 services, 0 active, 1 backing off"))
    withExtendedLifetime(client) {}
  }

  @Test(arguments: DaemonBuild.present)
  func staleTellsTheErrorInTheFiles(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    var broken = held
    broken.user = "nobodi-of-that-name"
    try operations.scratch.write(broken, .flat)
    let reload = try operations.run("reload")
    #expect(reload.status == .exited(1))
    #expect(reload.output.contains("! held (kept as it was)"), "\(reload)")
    #expect(reload.errors.contains("held.conf:"), "\(reload)")
    let block = try wait(for: "stale", of: "held", operations)
    let reason = try #require(block["reason"] as? String)
    #expect(reason.hasPrefix("the files hold an error, so that it runs on as it was before: "), "\(reason)")
    #expect(reason.contains("held.conf:") && reason.contains("[unknown-user]"), "\(reason)")
    #expect(try operations.daemon.wasNotified("STATUS=2 services, 0 active, 1 stale"))
    try expectMetric("held", "stale", operations)
    // The place is that of the definition it runs by.
    let trial = try operations.run("test", "held", "192.0.2.1")
    #expect(trial.succeeded, "\(trial)")
    try operations.scratch.write(held, .flat)
    #expect(try operations.run("reload").succeeded)
    _ = try wait(for: "serving", of: "held", operations)
  }

  @Test(arguments: DaemonBuild.present)
  func disabledTellsWhere(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    let off = try operations.probes.service("off", "hold", keys: [("disable", "yes")])
    try operations.scratch.write(
      Daemon.classicName, "# old\n#<off># 7777 stream tcp nowait nobody /bin/cat cat\n#<off>#\tno service at all\n")
    try operations.start([held, off])
    let block = try #require(try operations.listed("off"))
    #expect(block["state"] as? String == "disabled")
    #expect(
      (block["reason"] as? String)?.hasPrefix("switched off in \(operations.scratch("inetd.d/off.conf")):") == true)
    let marked = try #require(try operations.listed("7777/tcp"))
    #expect(marked["reason"] as? String == "switched off in \(operations.scratch(Daemon.classicName)):2")
    for id in ["off", "7777/tcp"] { try expectMetric(id, "disabled", operations) }
    #expect(operations.daemon.notified.last == "READY=1\nSTATUS=2 services, 0 active, 2 disabled")
    let status = try operations.json("status", "off")
    #expect(status[0]["state"] as? String == "disabled")
    #expect((try operations.json("status")[0]["summary"] as? String)?.contains(", 2 disabled") == true)
    let paused = try operations.run("pause", "off")
    #expect(paused.errors == "inetctl: service 'off' is disabled; 'inetctl enable off' switches it on\n")
  }
}

/// A socket of the test's own that listens on 127.0.0.1.
final class Listening {
  private var descriptor: Int32

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Client.Kind.stream.type | Int32(SOCK_CLOEXEC.rawValue), 0)
    let name = try SocketName("127.0.0.1", port)
    guard descriptor >= 0, name.withPointer({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, 1) == 0 else {
      throw Failure("listen on \(port): \(errorText())")
    }
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  deinit { close() }
}
