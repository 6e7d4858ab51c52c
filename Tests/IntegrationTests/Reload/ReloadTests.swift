import Foundation
import Testing

/// A reload applies the difference and nothing else.
@Suite struct ReloadTests {
  func inode(_ setup: ProbeServices, _ service: Service, _ kind: Client.Kind = .stream) -> Set<String> {
    ProcessFacts.socketInodes(of: setup.daemon.pid, port: UInt16(service.port)!, kind)
  }

  @Test(arguments: Variant.all)
  func whatDidNotChangeIsNotTouched(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    let kept = try setup.service("kept", "hold")
    var datagram = try setup.service("datagram", "datagram")
    datagram.socketType = "dgram"
    datagram.protocolName = "udp"
    datagram.wait = true
    let removed = try setup.service("removed", "hold")
    let added = try setup.service("added", "hold")
    try setup.start([kept, datagram, removed])
    let sockets = inode(setup, kept)
    let datagramSockets = inode(setup, datagram, .datagram)
    #expect(sockets.count == Ports.loopbacks.count, "one socket a family")
    #expect(datagramSockets.count == Ports.loopbacks.count, "one socket a family")
    let held = try setup.connectGreeted(kept)
    let leftBehind = try setup.connectGreeted(removed)

    try setup.write([kept, datagram, added])
    try setup.daemon.reload()

    #expect(inode(setup, kept) == sockets)
    #expect(inode(setup, datagram, .datagram) == datagramSockets)
    #expect(try setup.connectGreeted(kept).pid != held.pid)
    #expect(try setup.connectGreeted(added).pid > 0)
    #expect(throws: Failure.self) { try setup.connect(removed) }
    // Both old servers, the kept one's and the removed one's, finish in peace.
    for old in [held, leftBehind] {
      try old.client.send("still here\n")
      #expect(try old.client.receiveLine() == "still here")
    }
  }

  @Test(arguments: Variant.all)
  func aChangedServerAppliesToTheNextConnection(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    var service = try setup.service("changing", "report", "before")
    try setup.start([service])
    let sockets = inode(setup, service)
    #expect(try setup.report(service).arguments.last == "before")
    service.arguments[1] = "after"
    try setup.write([service])
    try setup.daemon.reload()
    #expect(inode(setup, service) == sockets)
    #expect(try setup.report(service).arguments.last == "after")
  }

  @Test(arguments: Variant.all)
  func aChangedPortMoves(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    let before = try setup.service("moving", "hold")
    try setup.start([before])
    let held = try setup.connectGreeted(before)
    var after = before
    after.port = "\(try Ports.free())"
    try setup.write([after])
    try setup.daemon.reload()
    #expect(try setup.connectGreeted(after).pid != held.pid)
    #expect(throws: Failure.self) { try setup.connect(before) }
    try held.client.send("still here\n")
    #expect(try held.client.receiveLine() == "still here")
  }

  /// A running wait server keeps its socket; the new definition applies when it has ended.
  @Test(arguments: DaemonBuild.present)
  func aRunningWaitServerStays(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("waiting", "accept", "2")
    service.wait = true
    let other = try setup.service("other", "hold")
    try setup.start([service])
    let first = try setup.connectGreeted(service).pid
    try setup.write([service, other])
    try setup.daemon.reload()
    #expect(try setup.connectGreeted(service).pid == first, "the same server took the connection after the reload")
    #expect(try setup.connectGreeted(service).pid != first)
  }

  @Test(arguments: Variant.all)
  func aDefinitionInErrorLeavesTheOldOneServing(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    let good = try setup.service("good", "hold")
    var broken = try setup.service("broken", "report", "as it was")
    try setup.start([good, broken])
    let sockets = inode(setup, broken)
    let before = setup.daemon.log.lines.count
    broken.arguments[1] = "as it should be"
    broken.user = "nosuchuser"
    try setup.write([good, broken])
    try setup.daemon.reload()
    let file =
      variant.syntax == .classic
      ? setup.scratch(Daemon.classicName) : setup.scratch(setup.scratch.name(of: broken, variant.syntax))
    try setup.daemon.log.wait(for: "error at its place", after: before) {
      $0.contains("\(file):") && $0.contains(": error: ") && $0.contains("nosuchuser")
        && $0.contains("; the running service is kept as it was [")
    }
    #expect(inode(setup, broken) == sockets)
    #expect(try setup.report(broken).arguments.suffix(3).joined(separator: " ") == "as it was")
    #expect(try setup.connectGreeted(good).pid > 0)
  }

  @Test(arguments: DaemonBuild.present)
  func aMissingClassicFileIsNoReasonToEnd(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: .classic))
    let service = try setup.service("kept", "hold")
    try setup.start([service])
    try setup.scratch.remove(Daemon.classicName)
    try setup.daemon.reload()
    try setup.synchronise()
    #expect(setup.daemon.process.isRunning)
    try setup.write([service])
    try setup.daemon.reload()
    #expect(try setup.connectGreeted(service).pid > 0)
  }

  /// What cannot be read says nothing about what it holds: its services go on.
  @Test(arguments: DaemonBuild.present)
  func aConfigurationThatCannotBeReadChangesNothing(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: .classic))
    let service = try setup.service("kept", "hold")
    try setup.start([service])
    let before = try setup.connectGreeted(service)
    try setup.scratch.remove(Daemon.classicName)
    _ = try setup.scratch.makeDirectory(Daemon.classicName)
    try setup.daemon.reload()
    #expect(try setup.connectGreeted(service).pid != before.pid)
    try before.client.send("still here\n")
    #expect(try before.client.receiveLine() == "still here")
  }

  /// Logging is the living service's own: from the reload on it goes where the new definition says.
  @Test(arguments: DaemonBuild.present)
  func aChangedLogAppliesToTheLivingService(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("logged", "hold", keys: [("log_on_success", "PID")])
    try setup.start([service])
    let first = try setup.connectGreeted(service)
    try setup.daemon.log.wait(containing: "START: logged pid=\(first.pid)")
    let file = setup.scratch("own.log")
    service.keys += [("log_type", "FILE \(file)")]
    try setup.write([service])
    try setup.daemon.reload()
    let second = try setup.connectGreeted(service)
    try Deadline.poll("the line in the file") { ProcessFacts.read(file)?.contains("pid=\(second.pid)") == true }
    #expect(!setup.daemon.log.text.contains("START: logged pid=\(second.pid)"))
    #expect(ProcessFacts.exists(first.pid))
    withExtendedLifetime(first) {}
  }

  /// A raised limit lets in who was waiting.
  @Test(arguments: DaemonBuild.present)
  func limitsApplyToTheLivingService(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("held", "hold", keys: [("instances", "1")])
    try setup.start([service])
    let held = try setup.connectGreeted(service)
    let waiting = try setup.connect(service)
    try setup.synchronise()
    #expect(waiting.receiveNow() == nil)
    service.keys = [("instances", "2")]
    try setup.write([service])
    try setup.daemon.reload()
    #expect(try waiting.receivePid() != held.pid)
    // And the count of those that run is not forgotten.
    let third = try setup.connect(service)
    try setup.synchronise()
    #expect(third.receiveNow() == nil)
  }

  @Test(arguments: DaemonBuild.present)
  func accessListsApplyToTheNextConnection(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("guarded", "hold")
    try setup.start([service])
    let held = try setup.connectGreeted(service)
    service.keys = [("no_access", "127.0.0.1")]
    try setup.write([service])
    try setup.daemon.reload()
    #expect(try setup.connect(service).isClosedSilently())
    try held.client.send("still here\n")
    #expect(try held.client.receiveLine() == "still here")
  }

  /// While the files change and reloads follow each other, a kept port answers every single time.
  @Test(arguments: DaemonBuild.present)
  func noConnectionIsLostInAStormOfReloads(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("kept", "hold")
    let others = try (0..<5).map { try setup.service("other\($0)", "hold") }
    try setup.start([service] + others)
    let storm = Storm(setup.daemon.process)
    defer { storm.end() }
    for turn in 0..<100 {
      if turn % 10 == 5 {
        // Handlers change, neighbours come and go; the port stays.
        service.arguments = ["hold", "\(turn % 7)"]
        try setup.write([service] + others.prefix(turn / 10 % 6))
      }
      let (client, _) = try setup.connectGreeted(service)
      try client.send("turn \(turn)\n")
      #expect(try client.receiveLine() == "turn \(turn)")
    }
    #expect(storm.end() > 10, "reloads were under way")
    try setup.daemon.reload()
    try setup.daemon.waitForServersToEnd()
  }

  /// Sends SIGHUP again and again until told to end.
  final class Storm: @unchecked Sendable {
    private let stopped = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private var count = 0
    private var hasEnded = false

    init(_ process: ChildProcess) {
      Thread.detachNewThread { [self] in
        while stopped.wait(timeout: .now() + .milliseconds(10)) == .timedOut {
          process.send(SIGHUP)
          count += 1
        }
        finished.signal()
      }
    }

    /// Stops the storm and returns the number of signals sent.
    @discardableResult
    func end() -> Int {
      if !hasEnded {
        hasEnded = true
        stopped.signal()
        finished.wait()
      }
      return count
    }
  }
}
