import Foundation
import Testing

/// What a service manager hears of a daemon's life (sd_notify(3)), in its order.
@Suite struct ServiceManagerTests {
  private static let time = "EXTEND_TIMEOUT_USEC=60000000"

  /// A busy machine may make a start or a reload long, so that more time is asked for more than once.
  private func oncePerRun(_ messages: some Sequence<String>) -> [String] {
    messages.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  private func monotonicMicroseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
  }

  @Test(arguments: DaemonBuild.present)
  func startReloadAndStopAreTold(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let taken = try setup.service("taken", "hold", keys: [("bind", "127.0.0.1")])
    let holder = try Listening(port: UInt16(taken.port)!)
    try setup.start([taken])
    let ready = "READY=1\nSTATUS=2 services, 0 active, 1 unbound"
    #expect(oncePerRun(setup.daemon.notified) == [Self.time, ready])

    let (count, earlier) = (setup.daemon.notified.count, monotonicMicroseconds())
    try setup.daemon.reload()
    let told = oncePerRun(setup.daemon.notified.dropFirst(count))
    try #require(told.count == 3, "\(told)")
    let stamp = try #require(told[0].wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=(\d+)/)?.output.1)
    #expect((earlier...monotonicMicroseconds()).contains(try #require(UInt64(stamp))))
    #expect(told[1...] == [Self.time, ready])

    let before = setup.daemon.notified.count
    #expect(try setup.daemon.stop() == .exited(0))
    #expect(try setup.daemon.wasNotified(Self.time, after: before))
    #expect(oncePerRun(setup.daemon.notified.dropFirst(before)) == ["STOPPING=1", Self.time])
    withExtendedLifetime(holder) {}
  }

  /// As long as conversations end one after the other, but not for each of them. Where this test is held up the daemon
  /// loses its patience with those that are left, and another one is stopped.
  @Test(arguments: DaemonBuild.present)
  func aLongStopAsksForTimeAgain(_ build: DaemonBuild) throws {
    for _ in 0..<8 {
      let scratch = try Scratch()
      let port = try Ports.free()
      try scratch.write("\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp4\n")
      let daemon = try Daemon(build, in: scratch)
      let clients = try (0..<60).map { _ in
        let client = try Client(.stream, "127.0.0.1", port)
        try client.send("hello\n")
        _ = try client.receiveLine()
        return client
      }
      let before = daemon.notified.count
      var asked: Int { daemon.notified.dropFirst(before).count { $0 == Self.time } }
      let began = ContinuousClock.now
      daemon.process.send(SIGTERM)
      #expect(try daemon.wasNotified(Self.time, after: before))
      for client in clients where asked < 2 {
        client.finishSending()
        // Time itself is what is to pass: more than a second in all, and less than 0.3 s from one end to the next.
        usleep(50_000)
      }
      #expect(try daemon.process.wait() == .exited(0))
      #expect(asked <= 2 + Int((ContinuousClock.now - began) / .seconds(1)))
      if asked >= 2 { return }
    }
    Issue.record("time was asked for once only")
  }

  /// A manager that keeps no descriptors (FileDescriptorStoreMax=0; the tests' own is one) does not say so.
  @Test(arguments: DaemonBuild.present)
  func aStoreThatKeepsNothingIsToldOnce(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold", keys: [("bind", "127.0.0.1")])
    let options = ["--control", operations.control]
    try operations.probes.start([held], options: options, environment: ["INVOCATION_ID": "x"])
    let complaint = "the service manager does not keep all of our \(Ports.loopbacks.count + 3) descriptors"
    try operations.daemon.log.wait(containing: complaint)
    #expect(try operations.daemon.wasNotified("BARRIER=1"))
    let status = try operations.json("status")[0]["store"] as? String
    #expect(status == "FileDescriptorStoreMax= of the unit is too small: a restart loses sockets")
    for _ in 0..<2 {
      let before = operations.daemon.notified.count
      try operations.daemon.reload()
      // Tried again, in case the unit gives more room now.
      #expect(try operations.daemon.wasNotified("BARRIER=1", after: before))
      try operations.probes.synchronise()
    }
    _ = try operations.probes.connectGreeted(held)
    #expect(operations.daemon.log.lines.filter { $0.contains("FileDescriptorStoreMax") }.count == 1)
  }

  /// A socket that fails while the daemon runs, and whose successor cannot be opened.
  @Test(
    .enabled(if: FaultInjection.reasonUnavailable == nil, "\(FaultInjection.reasonUnavailable ?? "")"),
    arguments: DaemonBuild.present)
  func aSocketThatGoesIsInTheStatusLine(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let held = try setup.service("held", "hold", keys: [("bind", "127.0.0.1")])
    try setup.start([held])
    let injection = try FaultInjection(["accept4:error=EINVAL:when=1", "bind:error=EADDRINUSE"], in: setup.daemon.pid)
    let client = try setup.connect(held)
    #expect(try setup.daemon.wasNotified("STATUS=2 services, 0 active, 1 unbound"))
    #expect(client.isClosedSilently())
    injection.end()
    let before = setup.daemon.notified.count
    #expect(try setup.daemon.wasNotified("STATUS=2 services, 0 active", after: before))
    _ = try setup.connectGreeted(held)
  }
}
