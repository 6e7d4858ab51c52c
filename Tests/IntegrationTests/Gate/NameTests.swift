import Foundation
import Testing

/// Access lists with names in them, which `inetd-gate` looks up: a name counts only if it leads back to the address.
@Suite(.enabled(if: OwnEtc.isPossible && Ports.mayUseWellKnown, "needs a mount name space and port 53"))
struct NameTests {
  static let names: [String: [String]] = [
    "127.1.0.1": ["good", "trusted", "test"],
    "127.1.0.2": ["liar", "trusted", "test"],
    "127.1.0.3": ["good", "other", "test"],
    "127.1.0.4": ["x\r\nFAIL: guarded address from=8.8.8.8\u{1b}[2J", "trusted", "test"],
    "127.1.0.5": ["dot.trusted.test"],
    "127.1.0.7": ["nottrusted", "test"],
    "127.1.0.8": ["GOOD2", "Trusted", "TEST"],
  ]
  static let hosts = [
    "good.trusted.test": "127.1.0.1", "liar.trusted.test": "127.9.9.9", "good.other.test": "127.1.0.3",
    "nottrusted.test": "127.1.0.7", "good2.trusted.test": "127.1.0.8", "single.test": "127.1.0.20",
  ]

  private func start(
    _ build: DaemonBuild, _ keys: [(String, String)], silent: Set<String> = []
  ) throws -> (ProbeServices, Service, TestResolver) {
    let setup = try ProbeServices(build)
    let resolver = try TestResolver(hosts: Self.hosts, names: Self.names, silent: silent)
    let etc = try OwnEtc(setup.scratch)
    try etc.write("resolv.conf", "nameserver \(resolver.address)\noptions timeout:1 attempts:1\n")
    let service = try setup.service(
      "guarded", "hold", keys: keys + [("instances", "2"), ("overflow", "refuse"), ("log_on_success", "PID HOST EXIT")])
    try setup.start([service], prefix: etc.prefix)
    return (setup, service, resolver)
  }

  private func expect(
    _ setup: ProbeServices, _ service: Service, allowed: [String], refused: [String]
  ) throws {
    for host in refused {
      #expect(try setup.connect(service, from: host).isClosedSilently(), "\(host)")
      try setup.daemon.log.wait(containing: "FAIL: guarded address from=\(host)")
    }
    for host in allowed { #expect(try setup.connectGreeted(service, from: host).pid > 0, "\(host)") }
    // A refused peer is one FAIL line and nothing else; each that was served is one START.
    for host in allowed { try setup.daemon.log.wait(for: "START from \(host)") { $0.hasSuffix(" from=\(host)") } }
    let starts = setup.daemon.log.lines.filter { $0.contains("START: ") }
    #expect(starts.count == allowed.count, "\(starts)")
    #expect(!setup.daemon.log.text.contains("8.8.8.8"), "\(setup.daemon.log.text)")
  }

  @Test(arguments: DaemonBuild.present)
  func domainsNeedANameThatLeadsBack(_ build: DaemonBuild) throws {
    let (setup, service, resolver) = try start(build, [("only_from", ".trusted.test")])
    try expect(
      setup, service, allowed: ["127.1.0.1", "127.1.0.8"],
      refused: ["127.1.0.2", "127.1.0.3", "127.1.0.4", "127.1.0.5", "127.1.0.6", "127.1.0.7"])
    withExtendedLifetime(resolver) {}
  }

  @Test(arguments: DaemonBuild.present)
  func hostsAreAsSpecificAsAddresses(_ build: DaemonBuild) throws {
    let (setup, service, resolver) = try start(
      build, [("only_from", "127.1.0.0/24 single.test"), ("no_access", "good.trusted.test .other.test")])
    try expect(setup, service, allowed: ["127.1.0.20", "127.1.0.3"], refused: ["127.1.0.1", "127.2.0.1"])
    withExtendedLifetime(resolver) {}
  }

  /// What cannot be known is refused, and the loop does not wait for it.
  @Test(arguments: DaemonBuild.present)
  func aSilentNameServerHoldsUpNobody(_ build: DaemonBuild) throws {
    let (setup, service, resolver) = try start(build, [("only_from", ".trusted.test")], silent: ["127.1.0.1"])
    let waiting = try setup.connect(service, from: "127.1.0.1")
    try setup.synchronise()
    _ = try setup.connectGreeted(service, from: "127.1.0.8")
    #expect(waiting.isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: guarded address from=127.1.0.1")
    withExtendedLifetime(resolver) {}
  }
}
