import Foundation
import Testing

/// The PROXY protocol: the client of a proxy is the peer in everything.
@Suite struct ProxyTests {
  private static let line = "PROXY TCP4 203.0.113.7 198.51.100.1 4711 80\r\n"
  private static let binary: [UInt8] =
    [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12]
    + [203, 0, 113, 7, 198, 51, 100, 1, 0x12, 0x67, 0, 80]

  private static func keys(_ policy: String, _ more: (String, String)...) -> [(String, String)] {
    [("proxy_protocol", policy), ("proxy_from", "127.0.0.1 127.0.0.2")] + more
  }

  @Test(arguments: DaemonBuild.present)
  func theClientIsInTheEnvironment(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let reporting = try setup.service("reporting", "report", keys: Self.keys("require"))
    let held = try setup.service("held", "hold", keys: Self.keys("yes"))
    try setup.start([reporting, held])
    for header in [Array(Self.line.utf8), Self.binary] {
      let client = try setup.connect(reporting)
      // A byte at a time: a header may come in pieces.
      for byte in header { try client.send([byte]) }
      let report = try ProbeReport(client.receiveText())
      #expect(report["env.REMOTE_ADDR"] == "203.0.113.7")
      #expect(report["env.REMOTE_PORT"] == "4711")
      #expect(report["env.TCPREMOTEIP"] == "203.0.113.7")
      // What comes behind the header in the same segment is the server's.
      let talker = try setup.connect(held)
      try talker.send(header + Array("hello".utf8))
      _ = try talker.receivePid()
      #expect(try talker.receive(exactly: 5) == Array("hello".utf8))
    }
    // A proxy that speaks for itself (a health check).
    let own = try setup.connect(reporting)
    try own.send("PROXY UNKNOWN\r\n")
    #expect(try ProbeReport(own.receiveText())["env.REMOTE_ADDR"] == "127.0.0.1")
  }

  /// With `yes` a connection without a header is served as what it is; with `require` it is not.
  @Test(arguments: DaemonBuild.present)
  func onlyTrustedHeadersAreBelieved(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let optional = try setup.service("optional", "hold", keys: Self.keys("yes"))
    let strict = try setup.service("strict", "hold", keys: Self.keys("require"))
    try setup.start([optional, strict], options: ["-l"])

    let direct = try setup.connect(optional)
    try direct.send("direct")
    _ = try direct.receivePid()
    #expect(try direct.receive(exactly: 6) == Array("direct".utf8))
    // From whom it is not believed, a header is data.
    let stranger = try setup.connect(optional, from: "127.0.0.3")
    try stranger.send(Self.line)
    _ = try stranger.receivePid()
    #expect(try stranger.receive(exactly: Self.line.utf8.count) == Array(Self.line.utf8))
    try setup.daemon.log.wait(containing: "START: optional pid=\(setup.daemon.servers.last ?? 0) from=127.0.0.3")

    let silent = try setup.connect(strict, from: "127.0.0.3")
    #expect(silent.isClosedSilently())
    for text in ["GET / HTTP/1.0\r\n\r\n", "PROXY TCP4 1.2.3.4\r\n"] {
      let client = try setup.connect(strict)
      try client.send(text)
      #expect(client.isClosedSilently())
    }
    try setup.daemon.log.wait(containing: "FAIL: strict proxy_protocol from=127.0.0.3")
    try setup.daemon.log.wait(containing: "FAIL: strict proxy_protocol from=127.0.0.1")
    // A malformed header is worse than none.
    let broken = try setup.connect(optional)
    try broken.send("PROXY TCP4 1.2.3.4\r\n")
    #expect(broken.isClosedSilently())
  }

  /// Who does not show a header in time is refused, and meanwhile nobody else waits for it.
  @Test(arguments: DaemonBuild.present)
  func aHeaderHasADeadline(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("strict", "hold", keys: Self.keys("require", ("instances", "2")))
    try setup.start([service])
    let slow = try setup.connect(service)
    try slow.send("PROXY TCP4 203.")
    let quick = try setup.connect(service)
    try quick.send(Self.line)
    _ = try quick.receivePid()
    #expect(slow.isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: strict proxy_protocol from=127.0.0.1")
  }

  /// Access lists, limits and the log speak of the client.
  @Test(arguments: DaemonBuild.present)
  func theClientIsJudged(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service(
      "judged", "hold", keys: Self.keys("require", ("only_from", "203.0.113.0/24"), ("per_source", "1")))
    try setup.start([service], options: ["-l"])
    let first = try setup.connect(service)
    try first.send(Self.line)
    let pid = try first.receivePid()
    try setup.daemon.log.wait(containing: "START: judged pid=\(pid) from=203.0.113.7")
    let second = try setup.connect(service, from: "127.0.0.2")
    try second.send(Self.line)
    #expect(second.isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: judged per_source_limit from=203.0.113.7")
    let other = try setup.connect(service)
    try other.send("PROXY TCP4 192.0.2.9 198.51.100.1 1 80\r\n")
    #expect(other.isClosedSilently())
    try setup.daemon.log.wait(containing: "FAIL: judged address from=192.0.2.9")
  }

  /// A redirect tells its target for whom it connects.
  @Test(arguments: DaemonBuild.present, ["v1", "v2"])
  func redirectsSendAHeader(_ build: DaemonBuild, _ version: String) throws {
    let setup = try ProbeServices(build)
    let target = try setup.service("target", "report", keys: Self.keys("require"))
    let port = try Ports.free()
    try setup.start([target])
    try setup.scratch.write(
      "\(Daemon.directoryName)/passed.conf",
      "listen = \(port)\nprotocol = tcp\nredirect = 127.0.0.1 \(target.port)\nredirect_proxy = \(version)\n")
    try setup.daemon.reload()
    let client = try Client(.stream, "127.0.0.1", port, from: SocketName("127.0.0.9", 0))
    let report = try ProbeReport(client.receiveText())
    #expect(report["env.REMOTE_ADDR"] == "127.0.0.9")
    #expect(report["env.REMOTE_PORT"] == "\(client.localPort)")
  }
}

/// The same with HAProxy in front of, and behind, the daemon.
@Suite struct HAProxyTests {
  private static let program = Checkout.debian("haproxy", "/usr/sbin/haproxy")

  private static func start(_ setup: ProbeServices, _ sections: String, port: UInt16) throws -> ChildProcess {
    let file = try setup.scratch.write(
      "haproxy.cfg",
      "global\n  log stderr local0\ndefaults\n  mode tcp\n  timeout connect 10s\n  timeout client 20s\n"
        + "  timeout server 20s\n\(sections)")
    let process = try ChildProcess([try #require(program), "-db", "-f", file])
    try Deadline.poll("haproxy listens: \(process.errors.text)") {
      process.isRunning && (try? Client(.stream, "127.0.0.1", port)) != nil
    }
    return process
  }

  @Test(.enabled(if: program != nil, "haproxy is not there"), arguments: DaemonBuild.present)
  func headersOfHAProxyAreRead(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service(
      "behind", "report", keys: [("proxy_protocol", "require"), ("proxy_from", "127.0.0.0/8")])
    try setup.start([service])
    for words in ["send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options unique-id,crc32c"] {
      let front = try Ports.free()
      let haproxy = try Self.start(
        setup,
        "listen front\n  bind 127.0.0.1:\(front)\n  unique-id-format %{+X}o%ci:%cp\n"
          + "  server inetd 127.0.0.1:\(service.port) \(words)\n", port: front)
      defer { haproxy.end() }
      let client = try Client(.stream, "127.0.0.1", front, from: SocketName("127.0.0.77", 0))
      let report = try ProbeReport(client.receiveText())
      #expect(report["env.REMOTE_ADDR"] == "127.0.0.77", "\(words)")
      #expect(report["env.REMOTE_PORT"] == "\(client.localPort)")
    }
  }

  @Test(.enabled(if: program != nil, "haproxy is not there"), arguments: DaemonBuild.present, ["v1", "v2"])
  func headersForHAProxyAreUnderstood(_ build: DaemonBuild, _ version: String) throws {
    let setup = try ProbeServices(build)
    let back = try Ports.free()
    let plain = try Ports.free()
    let haproxy = try Self.start(
      setup,
      "frontend back\n  mode http\n  bind 127.0.0.1:\(back) accept-proxy\n  bind 127.0.0.1:\(plain)\n"
        + "  http-request return status 200 content-type text/plain lf-string %[src]:%[src_port]\n", port: plain)
    defer { haproxy.end() }
    let port = try Ports.free()
    try setup.start([])
    try setup.scratch.write(
      "\(Daemon.directoryName)/passed.conf",
      "listen = \(port)\nprotocol = tcp\nredirect = 127.0.0.1 \(back)\nredirect_proxy = \(version)\n")
    try setup.daemon.reload()
    let client = try Client(.stream, "127.0.0.1", port, from: SocketName("127.0.0.78", 0))
    try client.send("GET / HTTP/1.0\r\n\r\n")
    let answer = try client.receiveText()
    #expect(answer.hasSuffix("127.0.0.78:\(client.localPort)"), "\(answer)")
  }
}
