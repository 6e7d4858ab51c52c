import Foundation
import Testing

/// A reload is no way around a limit: what runs and what was used up still counts.
@Suite struct LimitsOverReloadTests {
  @Test(arguments: DaemonBuild.present)
  func countsAndRatesSurvive(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service(
      "limited", "hold",
      keys: [("instances", "2"), ("per_source", "1"), ("source_rate", "1/1h"), ("overflow", "refuse")])
    try setup.start([service])
    let held = try setup.connectGreeted(service, from: "127.0.0.1")

    // Another definition for the same service: its counters stay.
    for (turn, nice) in ["1", "2"].enumerated() {
      service.keys.append(("nice", nice))
      if turn > 0 { service.keys.remove(at: service.keys.count - 2) }
      try setup.write([service])
      try setup.daemon.reload()
      #expect(try setup.connect(service, from: "127.0.0.1").isClosedSilently())
    }
    held.client.finishSending()
    try setup.daemon.waitForServersToEnd()
    try setup.synchronise()
    // Its slot is free again, its hour is not over.
    #expect(try setup.connect(service, from: "127.0.0.1").isClosedSilently())
    try setup.daemon.log.wait(for: "refusals", count: 3) {
      $0.contains("FAIL: limited connections per second from=127.0.0.1")
    }
    let others = try [2, 3].map { try setup.connectGreeted(service, from: "127.0.0.\($0)") }
    #expect(try setup.connect(service, from: "127.0.0.4").isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: limited service_limit from=127.0.0.4")
    withExtendedLifetime(others) {}
  }

  /// Sources of a wider prefix are one source: an IPv6 /64 by default, what source_prefix says for IPv4.
  @Test(arguments: DaemonBuild.present)
  func aSourceIsAPrefix(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("limited", "hold", keys: [("per_source", "1"), ("source_prefix", "24 64")])
    let single = try setup.service("single", "hold", keys: [("per_source", "1")])
    try setup.start([service, single])
    let held = try setup.connectGreeted(service, from: "127.0.0.1")
    #expect(try setup.connect(service, from: "127.0.0.77").isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: limited per_source_limit from=127.0.0.77")
    _ = try setup.connectGreeted(service, from: "127.0.1.1")
    let other = try setup.connectGreeted(single, from: "127.0.0.1")
    _ = try setup.connectGreeted(single, from: "127.0.0.77")
    withExtendedLifetime((held, other)) {}
  }

  /// Each limit by itself: nothing else would refuse the second one.
  @Test(arguments: DaemonBuild.present)
  func eachLimitSurvivesByItself(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let refuse = ("overflow", "refuse")
    var services = [
      try setup.service("crowded", "hold", keys: [("per_source", "1"), refuse]),
      try setup.service("full", "hold", keys: [("instances", "1"), refuse]),
      try setup.service("fast", "hold", keys: [("source_rate", "1/1h"), refuse]),
      try setup.service("rated", "hold", keys: [("rate", "1/1h")]),
    ]
    let brief = try setup.service("brief", "hold", keys: [("cps", "4 1")])
    try setup.start(services + [brief])
    let held = try services.map { try setup.connectGreeted($0) }
    // From before the first one: however slow this machine is, the bucket has to fill for the last one, at 4 a second.
    let began = ContinuousClock.now
    for _ in 0..<4 { _ = try setup.connectGreeted(brief) }

    for index in services.indices { services[index].keys.append(("nice", "1")) }
    var changed = brief
    changed.keys.append(("nice", "1"))
    try setup.write(services + [changed])
    try setup.daemon.reload()

    for _ in 0..<4 { _ = try setup.connectGreeted(brief) }
    let passed = ContinuousClock.now - began
    #expect(passed > .milliseconds(950), "eight at four a second after \(passed)")
    for (service, words) in zip(services, ["per_source_limit", "service_limit", "connections per second"]) {
      #expect(try setup.connect(service).isClosedSilently(), "\(service.id)")
      try setup.daemon.log.wait(containing: "FAIL: \(service.id) \(words) from=127.0.0.1")
    }
    let waiting = try setup.connect(services[3])
    try setup.synchronise()
    #expect(waiting.receiveNow() == nil && errno == EAGAIN, "an hour has not passed")
    withExtendedLifetime(held) {}
  }
}
