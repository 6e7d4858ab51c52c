import Foundation
import Testing

/// Servers that are ended before they end by themselves.
@Suite struct TimeoutTests {
  /// A service whose server is a shell script.
  private func script(_ setup: ProbeServices, _ id: String, _ script: String, _ keys: [(String, String)]) throws
    -> Service
  {
    Service(
      id: id, port: "\(try Ports.free())", server: "/bin/sh", arguments: ["-c", "'\(script)'"], keys: keys)
  }

  @Test(arguments: DaemonBuild.present)
  func maxRuntimeEndsAServerThatGoesOn(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try script(setup, "long", "echo $$; exec sleep 1000", [("max_runtime", "1")])
    try setup.start([service], options: ["-l"])
    let held = try setup.connectGreeted(service)
    #expect(try held.client.receiveToEnd().isEmpty)
    try setup.daemon.log.wait(containing: "long: server \(held.pid) is ended: max_runtime is over")
    try Deadline.poll("the server gone") { !ProcessFacts.exists(held.pid) }
    try setup.daemon.waitForServersToEnd()
    #expect(try setup.connectGreeted(service).pid != held.pid, "the next one is served")
  }

  /// A server that ignores TERM, its child in the same process group and its child in a group of its own.
  @Test(arguments: DaemonBuild.present)
  func stopTimeoutEndsWhoIgnoresTerm(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try script(
      setup, "deaf", "trap \"\" TERM; sleep 1000 & echo $!; set -m; sleep 1000 & echo $!; echo $$; wait; wait",
      [("max_runtime", "1"), ("stop_timeout", "1")])
    try setup.start([service])
    let client = try setup.connect(service)
    let pids = try (0..<3).map { _ in try client.receivePid() }
    #expect(try client.receiveToEnd().isEmpty)
    try setup.daemon.log.wait(containing: "deaf: server \(pids[2]) did not end within stop_timeout and is killed")
    for pid in pids { try Deadline.poll("\(pid) gone") { !ProcessFacts.exists(pid) } }
  }

  /// A server that ends when asked does not leave its children behind.
  @Test(arguments: DaemonBuild.present)
  func aStoppedServersChildrenEndWithIt(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try script(
      setup, "parent", "(trap \"\" TERM; exec sleep 1000) & echo $!; echo $$; wait", [("max_runtime", "1")])
    try setup.start([service])
    let client = try setup.connect(service)
    let pids = try (0..<2).map { _ in try client.receivePid() }
    #expect(try client.receiveToEnd().isEmpty)
    for pid in pids { try Deadline.poll("\(pid) gone") { !ProcessFacts.exists(pid) } }
  }

  /// Silence ends a connection; bytes either way keep it.
  @Test(arguments: DaemonBuild.present, ["127.0.0.1", "::1"])
  func idleTimeoutCountsBytesEitherWay(_ build: DaemonBuild, _ host: String) throws {
    guard Ports.loopbacks.contains(host) else { return }
    let setup = try ProbeServices(build)
    // Takes what comes and says nothing; says something and takes nothing; neither.
    let reader = try script(setup, "reader", "echo $$; exec cat >/dev/null", [("idle_timeout", "2")])
    let writer = try script(
      setup, "writer", "echo $$; while sleep 0.2; do echo; done", [("idle_timeout", "2")])
    try setup.start([reader, writer])
    let silent = try Client(.stream, host, UInt16(reader.port)!)
    let silentPid = try silent.receivePid()
    let sending = try Client(.stream, host, UInt16(reader.port)!)
    let sendingPid = try sending.receivePid()
    let receiving = try Client(.stream, host, UInt16(writer.port)!)
    let receivingPid = try receiving.receivePid()
    // Until the silent one has been ended, the others keep talking, and on for as long again.
    var ended = false
    var after = 0
    while after < 15 {
      try sending.send("x")
      _ = try receiving.receiveLine()
      if ended { after += 1 } else { ended = !ProcessFacts.exists(silentPid) }
    }
    #expect(try silent.receiveToEnd().isEmpty)
    #expect(ProcessFacts.exists(sendingPid) && ProcessFacts.exists(receivingPid))
    try setup.daemon.log.wait(containing: "reader: server \(silentPid) is ended: nothing has passed")
    #expect(try sending.receiveToEnd().isEmpty, "and when it falls silent too, it ends")
  }

  /// The same for what the daemon serves itself.
  @Test(arguments: DaemonBuild.present)
  func idleTimeoutEndsConversationsInTheLoop(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var echo = Service(id: "echo-idle", port: "echo", server: "internal", keys: [("idle_timeout", "1")])
    let port = try Ports.free()
    echo.keys.append(("listen", "\(port)"))
    let target = try setup.service("held", "hold")
    let redirect = try Ports.free()
    try setup.start([echo, target])
    try setup.scratch.write(
      "\(Daemon.directoryName)/passed.conf",
      "listen = \(redirect)\nprotocol = tcp\nredirect = 127.0.0.1 \(target.port)\nidle_timeout = 1\n")
    try setup.daemon.reload()
    let talker = try Client(.stream, "127.0.0.1", port)
    try talker.send("a")
    #expect(try talker.receive(exactly: 1) == Array("a".utf8))
    #expect(try talker.receiveToEnd().isEmpty)
    try setup.daemon.log.wait(containing: "echo-idle: a connection is ended: nothing has passed")
    let passed = try Client(.stream, "127.0.0.1", redirect)
    let pid = try passed.receivePid()
    #expect(try passed.receiveToEnd().isEmpty)
    try setup.daemon.log.wait(containing: "passed: a connection is ended: nothing has passed")
    try Deadline.poll("the target's server gone") { !ProcessFacts.exists(pid) }
  }

  /// A wait server without traffic is stopped, and started again by who comes next.
  @Test(arguments: DaemonBuild.present)
  func idleStopEndsADatagramServer(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("dgram", "datagram", "1000", keys: [("idle_stop", "1")])
    service.socketType = "dgram"
    service.protocolName = "udp"
    service.wait = true
    try setup.start([service])
    let client = try Client(.datagram, "127.0.0.1", UInt16(service.port)!)
    var pids: [String] = []
    for _ in 0..<2 {
      try client.send("?")
      pids.append(try client.receiveAnsweringPid())
      // Another one within the silence is answered by the same server.
      try client.send("?")
      #expect(try client.receiveAnsweringPid() == pids.last)
      try setup.daemon.waitForServersToEnd()
    }
    #expect(pids[0] != pids[1])
    try setup.daemon.log.wait(containing: "there has been no traffic for idle_stop")
  }

  /// A wait server on TCP stays as long as one of its connections is in use.
  @Test(arguments: DaemonBuild.present)
  func idleStopSparesAServerInConversation(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    var service = try setup.service("conversing", "converse", keys: [("idle_stop", "1")])
    service.wait = true
    try setup.start([service])
    let (client, pid) = try setup.connectGreeted(service)
    let began = ContinuousClock.now
    while ContinuousClock.now - began < .seconds(3) {
      try client.send("x")
      usleep(100_000)
    }
    #expect(ProcessFacts.exists(pid))
    try setup.daemon.waitForServersToEnd()
    #expect(!ProcessFacts.exists(pid))
  }
}

extension Client {
  /// The pid with which a probe server answers a datagram.
  fileprivate func receiveAnsweringPid() throws -> String {
    String(decoding: try receive().prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
  }
}
