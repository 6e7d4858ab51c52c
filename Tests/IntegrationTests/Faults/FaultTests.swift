import Foundation
import Testing

/// Whatever the kernel refuses, the daemon goes on: what can be served is, what cannot is told in the log, and when the
/// fault is over everything is as before: every service serves, no descriptor is left, nothing spins.
@Suite(
  .enabled(if: getuid() == 0, "the services change users"),
  .enabled(if: FaultInjection.reasonUnavailable == nil, "\(FaultInjection.reasonUnavailable ?? "")"))
struct FaultTests {
  /// What is installed, where it was built.
  static let build = DaemonBuild.present.last ?? .ordinary

  @Test(arguments: Fault.all)
  func isSurvived(_ fault: Fault) throws {
    let setup = try FaultServices(Self.build)
    for victim in [fault.victim, .builtin] { try setup.expectServed(victim) }
    try setup.waitForQuiet()
    let descriptors = ProcessFacts.descriptors(of: setup.daemon.pid).count

    let injection = try FaultInjection(fault.injections, in: setup.daemon.pid)
    let lines = setup.daemon.log.lines.count
    let processor = ProcessFacts.processorTime(of: setup.daemon.pid)
    let waiting = try setup.provoke(fault)
    if let log = fault.log { try setup.daemon.log.wait(containing: log, after: lines) }
    if fault.expectation == .waits {
      // Tries again, more and more slowly: the fifth time is a third of a second later and has cost next to nothing.
      try setup.daemon.log.wait(for: "attempts", count: 4, after: lines) { $0.contains(fault.log ?? "") }
      let used = ProcessFacts.processorTime(of: setup.daemon.pid) - processor
      #expect(used < 0.25, "\(used) s of processor time for five attempts")
    }
    injection.end()

    for victim in [fault.victim, .builtin] { try setup.expectServed(victim) }
    try setup.expectAnswerOrEnd(waiting)
    #expect(setup.daemon.process.isRunning)
    try setup.waitForQuiet()
    try Deadline.poll("\(descriptors) descriptors, now \(ProcessFacts.descriptors(of: setup.daemon.pid))") {
      ProcessFacts.descriptors(of: setup.daemon.pid).count <= descriptors
    }
    try setup.expectIdle()
    #expect(try setup.daemon.stop() == .exited(0))
  }
}

/// One service of every kind behind one daemon.
final class FaultServices {
  let probes: ProbeServices
  private let services: [Fault.Victim: Service]
  var daemon: Daemon { probes.daemon }

  init(_ build: DaemonBuild) throws {
    probes = try ProbeServices(build)
    var server = try probes.service(
      "server", "hold",
      keys: [
        ("nice", "1"), ("io_priority", "best-effort 5"), ("cpu_affinity", "0"), ("oom_score_adjust", "10"),
        ("rlimit_files", "64"), ("root_directory", "/tmp/.."), ("working_directory", "/"), ("groups", "yes"),
        ("instances", "UNLIMITED"),
      ])
    server.user = "games"
    let builtin = Service(id: "builtin", port: "\(try Ports.free())", server: "internal")
    var waitServer = try probes.service("waiter", "accept", "1")
    waitServer.wait = true
    var datagram = try probes.service("gram", "datagram", "1")
    datagram.socketType = "dgram"
    datagram.protocolName = "udp"
    let gated = try probes.service("gated", "hold", keys: [("no_access", "nobody.invalid")])
    var redirect = Service(id: "redirect", port: "\(try Ports.free())", server: "internal")
    redirect.keys = [("redirect", "127.0.0.1 \(builtin.port)")]
    services = [
      .server: server, .builtin: builtin, .waitServer: waitServer, .datagramServer: datagram, .gated: gated,
      .redirect: redirect,
    ]
    for service in [server, waitServer, datagram, gated] {
      try probes.scratch.write(service, .flat)
    }
    try probes.scratch.write("\(Daemon.directoryName)/builtin.conf", builtinText("builtin", builtin.port))
    try probes.scratch.write(
      "\(Daemon.directoryName)/redirect.conf",
      "port = \(redirect.port)\nprotocol = tcp4\nredirect = 127.0.0.1 \(builtin.port)\n")
    try probes.start([])
  }

  private func builtinText(_ id: String, _ port: String) -> String {
    "service = echo\nid = \(id)\ntype = INTERNAL\nprotocol = tcp4\nport = \(port)\n"
  }

  func connect(_ victim: Fault.Victim) throws -> Client {
    let kind: Client.Kind = victim == .datagramServer ? .datagram : .stream
    return try Client(kind, "127.0.0.1", UInt16(services[victim]!.port)!, seconds: Deadline.usual)
  }

  /// The service answers.
  func expectServed(_ victim: Fault.Victim) throws {
    // A service may be holding back still for what is just over, and who was in its queue before may have to be closed.
    try Deadline.poll("\(victim) serves:\n\(daemon.log.text)") {
      guard let client = try? connect(victim) else { return false }
      return try isServed(client, victim, seconds: 3)
    }
  }

  /// Whether a server of the kind answers the client.
  func isServed(_ client: Client, _ victim: Fault.Victim, seconds: Double) throws -> Bool {
    var limit = timeval(tv_sec: Int(seconds), tv_usec: 0)
    setsockopt(client.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    switch victim {
    case .server, .gated, .waitServer: return (try? client.receivePid()) != nil
    case .builtin, .redirect:
      guard (try? client.send("x\n")) != nil else { return false }
      return (try? client.receiveLine()) == "x"
    case .datagramServer:
      guard (try? client.send("x")) != nil, let reply = try? client.receive() else { return false }
      return reply.last == UInt8(ascii: "x")
    }
  }

  /// Meets the fault; returns a client that still waits, if one does.
  func provoke(_ fault: Fault) throws -> Client? {
    let client = try connect(fault.victim)
    switch fault.expectation {
    case .served:
      let served = try isServed(client, fault.victim, seconds: Deadline.usual)
      #expect(served, "\(daemon.log.text)")
      return nil
    case .closed:
      if fault.victim == .datagramServer {
        try client.send("x")
      } else {
        #expect(client.isClosedSilently(), "\(daemon.log.text)")
      }
      return nil
    case .waits: return client
    }
  }

  /// Who waited is served or told that nobody will.
  func expectAnswerOrEnd(_ client: Client?) throws {
    guard let client else { return }
    if (try? client.send("x\n")) != nil { #expect((try? client.receive(1)) != nil || errno == ECONNRESET, "forgotten") }
    shutdown(client.descriptor, Int32(SHUT_RDWR))
  }

  /// All servers have ended and the daemon has seen it.
  func waitForQuiet() throws {
    try daemon.waitForServersToEnd()
    try probes.synchronise()
  }

  /// The daemon sleeps: in a third of a second hardly a wake-up and no processor time.
  func expectIdle() throws {
    let switches = ProcessFacts.switches(of: daemon.pid)
    let processor = ProcessFacts.processorTime(of: daemon.pid)
    let begun = ContinuousClock.now
    try Deadline.poll("a moment") { ContinuousClock.now - begun > .milliseconds(300) }
    #expect(ProcessFacts.switches(of: daemon.pid) - switches < 10, "the daemon wakes and wakes")
    #expect(ProcessFacts.processorTime(of: daemon.pid) - processor <= 0.1, "the daemon spins")
  }
}

extension ProcessFacts {
  /// How often a process has given the processor up to wait: one more than it has woken. What a busy machine takes away
  /// from it is not its doing, and not counted.
  static func switches(of pid: pid_t) -> Int {
    (read("/proc/\(pid)/status") ?? "").split(separator: "\n").filter { $0.hasPrefix("voluntary_ctxt_switches:") }
      .reduce(0) { $0 + (Int($1.split(separator: "\t").last ?? "") ?? 0) }
  }
}
