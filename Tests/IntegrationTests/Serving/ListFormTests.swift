import Foundation
import Testing

/// The forms of entries in access lists that depend on the machine or on the peer's family.
@Suite struct ListFormTests {
  /// Names of /etc/networks have no masks: octets of zeros at the end stand for anything.
  @Test(
    .enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present,
    [Syntax.xinetd, .flat])
  func namesOfNetworks(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let etc = try OwnEtc(setup.scratch)
    try etc.write("networks", "labnet 127.5.0.0\nhole 127.5.7.0\n")
    let service = try setup.service("guarded", "hold", keys: [("only_from", "labnet"), ("no_access", "hole")])
    let mark = setup.scratch("gate-started")
    // Known when the files are read: nobody's name is looked up.
    let daemon = try setup.scratch.install(build.path!)
    try setup.scratch.write("inetd-gate", "#!/bin/sh\necho x >>\(mark)\nexit 120\n", mode: 0o755)
    try setup.start([service], prefix: etc.prefix + ["sh", "-c", #"shift; exec "$0" "$@""#, daemon])
    for host in ["127.5.0.1", "127.5.255.9"] { #expect(try setup.connectGreeted(service, from: host).pid > 0) }
    for host in ["127.0.0.1", "127.6.0.1", "127.5.7.1"] {
      #expect(try setup.connect(service, from: host).isClosedSilently(), "\(host)")
      try setup.daemon.log.wait(containing: "FAIL: guarded address from=\(host)")
    }
    #expect(!FileManager.default.fileExists(atPath: mark))
  }

  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func addressAndNetmask(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let service = try setup.service(
      "guarded", "hold", keys: [("only_from", "127.3.0.0/255.255.0.0"), ("no_access", "127.3.4.8/255.255.255.248")])
    try setup.start([service])
    for host in ["127.3.0.1", "127.3.4.7", "127.3.4.16"] {
      #expect(try setup.connectGreeted(service, from: host).pid > 0, "\(host)")
    }
    for host in ["127.3.4.8", "127.3.4.15", "127.4.0.1"] {
      #expect(try setup.connect(service, from: host).isClosedSilently(), "\(host)")
      try setup.daemon.log.wait(containing: "FAIL: guarded address from=\(host)")
    }
  }

  /// An IPv6 peer is refused by an IPv6 list, by a list that holds IPv4 only, and let in where it is named.
  @Test(
    .enabled(if: Ports.loopbacks.contains("::1"), "needs IPv6"), arguments: DaemonBuild.present,
    [
      ("no_access", "::1", false), ("no_access", "::/64", false), ("only_from", "127.0.0.0/8", false),
      ("only_from", "::1 127.0.0.1", true), ("no_access", "2001:db8::/32", true),
    ])
  func peersOfIPv6(_ build: DaemonBuild, _ expected: (key: String, value: String, isAllowed: Bool)) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("guarded", "hold", keys: [(expected.key, expected.value)])
    service.protocolName = "tcp6"
    try setup.start([service])
    let client = try Client(.stream, "::1", UInt16(service.port)!)
    if expected.isAllowed {
      #expect(try client.receivePid() > 0)
    } else {
      #expect(client.isClosedSilently())
      try setup.daemon.log.wait(containing: "FAIL: guarded address from=::1")
    }
  }

  /// An IPv4 address written in its v4-mapped form is that address, in lists and in the list of who is locked out.
  @Test(
    .enabled(if: Ports.loopbacks.contains("::1"), "needs IPv6"), arguments: DaemonBuild.present,
    [Syntax.xinetd, .flat])
  func mappedEntriesAreIPv4(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let operations = try Operations(build, syntax)
    let probes = operations.probes
    let service = try probes.service("guarded", "hold", keys: [("no_access", "::ffff:127.0.0.2 ::ffff:127.7.0.0/112")])
    try operations.start([service])
    for host in ["127.0.0.2", "127.7.9.9"] {
      #expect(try probes.connect(service, from: host).isClosedSilently(), "\(host)")
      try probes.daemon.log.wait(containing: "FAIL: guarded address from=\(host)")
    }
    for (text, host) in [("::ffff:127.0.0.3", "127.0.0.3"), ("::ffff:127.8.0.0/112", "127.8.1.1")] {
      _ = try probes.connectGreeted(service, from: host)
      #expect(try operations.run("deny", text).succeeded)
      #expect(try probes.connect(service, from: host).isClosedSilently(), "\(text)")
    }
    let denied = try operations.json("denied").compactMap { $0["source"] as? String }.sorted()
    #expect(denied == ["127.0.0.3", "127.8.0.0/16"])
    #expect(try operations.run("allow", "127.0.0.3").succeeded)
    _ = try probes.connectGreeted(service, from: "127.0.0.3")
  }
}
