import Foundation
import Testing

/// Every refusal is counted under its reason.
@Suite struct RefusalMetricsTests {
  /// The refusals of a service that are not 0, by reason.
  private func refused(_ operations: Operations, _ id: String) throws -> [String: Int] {
    var found: [String: Int] = [:]
    for line in try operations.run("metrics").output.split(separator: "\n") {
      guard let match = line.wholeMatch(of: #/inetd_refused_total\{service="([^"]*)",reason="([^"]*)"\} (\d+)/#),
        match.1 == id, let count = Int(match.3), count > 0
      else { continue }
      found[String(match.2)] = count
    }
    return found
  }

  /// Where the gate and ident judge: libwrap, names, who cannot say who they are.
  @Test(
    .enabled(if: OwnEtc.isPossible && Ports.mayUseWellKnown, "needs a mount name space and port 113"),
    arguments: DaemonBuild.present)
  func whatIsJudgedBesideTheLoop(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let probes = operations.probes
    let etc = try OwnEtc(operations.scratch)
    try etc.write("hosts.deny", "ALL: 127.0.0.2\n")
    let wrapped = try probes.service("wrapped", "hold", keys: [("libwrap", "yes")])
    let named = try probes.service("named", "hold", keys: [("only_from", ".trusted.test")])
    let known = try probes.service("known", "hold", keys: [("flags", "IDONLY")])
    let datagrams = try Ports.free()
    try operations.scratch.write(
      "\(Daemon.directoryName)/datagrams.conf",
      "service = echo\ntype = INTERNAL\nport = \(datagrams)\nprotocol = udp4\nlibwrap = yes\n")
    try probes.start([wrapped, named, known], options: ["--control", operations.control], prefix: etc.prefix)

    for service in [wrapped, named, known] {
      for _ in 0..<2 { #expect(try probes.connect(service, from: "127.0.0.2").isClosedSilently()) }
    }
    _ = try probes.connectGreeted(wrapped, from: "127.0.0.3")
    try Client(.datagram, "127.0.0.1", datagrams).send("x")
    try probes.daemon.log.wait(for: "refusals", count: 7) { $0.contains("FAIL: ") || $0.contains("NOID: ") }
    #expect(try refused(operations, "wrapped") == ["libwrap": 2])
    #expect(try refused(operations, "named") == ["address": 2])
    #expect(try refused(operations, "known") == ["ident": 2])
    #expect(try refused(operations, "datagrams") == ["libwrap": 1])
  }

  /// Where the loop judges. Who is refused for the number of servers hears banner_fail.
  @Test(arguments: DaemonBuild.present)
  func whatTheLoopJudges(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let probes = operations.probes
    let banner = try operations.scratch.write("banner", "come back later\n")
    func service(_ id: String, _ keys: [(String, String)]) throws -> Service {
      try probes.service(id, "hold", keys: keys + [("overflow", "refuse"), ("banner_fail", banner)])
    }
    let full = try service("full", [("instances", "1")])
    let crowded = try service("crowded", [("per_source", "1")])
    let fast = try service("fast", [("source_rate", "1/1h")])
    let hour = Calendar.current.component(.hour, from: Date())
    let closed = try service("closed", [("access_times", hour < 12 ? "20:00-21:00" : "02:00-03:00")])
    try operations.start([full, crowded, fast, closed], options: ["--process-limit", "4"])

    let held = try [full, crowded, fast].map { try probes.connectGreeted($0) }
    for (service, reason, words) in [
      (full, "instances", "service_limit"), (crowded, "per_source", "per_source_limit"),
      (fast, "source_rate", "connections per second"), (closed, "time", "time"),
    ] {
      #expect(try probes.connect(service).receiveText() == "come back later\n", "\(service.id)")
      try probes.daemon.log.wait(containing: "FAIL: \(service.id) \(words) from=127.0.0.1")
      #expect(try refused(operations, service.id).values.reduce(0, +) == 1, "\(reason)")
    }
    let reasons = try [full, crowded, fast, closed].flatMap { try refused(operations, $0.id).keys }
    #expect(Set(reasons).count == 4, "\(reasons)")

    // The fourth server is the last that the daemon may have: now everybody is one too many.
    let last = try probes.connectGreeted(crowded, from: "127.0.0.2")
    #expect(try probes.connect(crowded, from: "127.0.0.3").receiveText() == "come back later\n")
    try probes.daemon.log.wait(containing: "FAIL: crowded process_limit from=127.0.0.3")
    last.client.finishSending()
    try Deadline.poll("the server has ended") { !ProcessFacts.exists(last.pid) }
    try probes.synchronise()
    _ = try probes.connectGreeted(crowded, from: "127.0.0.3")
    withExtendedLifetime(held) {}
  }
}
