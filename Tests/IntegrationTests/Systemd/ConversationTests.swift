import Foundation
import Testing

/// Conversations in the loop go on while the program executes itself anew.
@Suite struct ConversationTests {
  private struct Setup {
    let services: ProbeServices
    let echoPort: UInt16
    let relayPort: UInt16
    let target: TestServer

    init(_ build: DaemonBuild, options: [String] = []) throws {
      services = try ProbeServices(build)
      echoPort = try Ports.free()
      relayPort = try Ports.free()
      target = try TestServer("127.0.0.1") { client in
        while true {
          let bytes = try client.receive()
          if bytes.isEmpty { break }
          try client.send(bytes)
        }
      }
      let place = Daemon.directoryName
      try services.scratch.write("\(place)/echo.conf", "type = INTERNAL\nport = \(echoPort)\nprotocol = tcp4\n")
      try services.scratch.write(
        "\(place)/relay.conf",
        "port = \(relayPort)\nprotocol = tcp4\nredirect = 127.0.0.1 \(target.port)\nlog_on_success = HOST TRAFFIC\n")
      try services.start([], options: options)
    }

    func conversations() throws -> [Client] {
      let clients = try [echoPort, relayPort].map { try Client(.stream, "127.0.0.1", $0) }
      for client in clients { try check(client, "before\n") }
      return clients
    }

    func check(_ client: Client, _ text: String) throws {
      try client.send(text)
      let answer = String(decoding: try client.receive(exactly: text.utf8.count), as: UTF8.self)
      #expect(answer == text)
    }
  }

  @Test(arguments: DaemonBuild.present)
  func theyOutliveAnExecution(_ build: DaemonBuild) throws {
    let pidFile = "/tmp/inetd-test-\(UUID().uuidString).pid"
    defer { unlink(pidFile) }
    let setup = try Setup(build, options: ["--pidfile", pidFile])
    let daemon = setup.services.daemon!
    let clients = try setup.conversations()
    let before = daemon.log.lines.count
    try daemon.reexecute()
    // More than any buffer between holds.
    for client in clients { for _ in 0..<50 { try setup.check(client, String(repeating: "x", count: 20_000) + "\n") } }
    let newer = try setup.conversations()
    // One copy serves both; the daemon serves who has come since.
    #expect(daemon.servers.count == 1)
    try daemon.reexecute()
    for client in clients + newer { try setup.check(client, "after\n") }
    #expect(daemon.servers.count == 2)
    for client in clients + newer { client.finishSending() }
    for client in clients + newer { #expect(try client.receiveToEnd() == []) }
    try daemon.log.wait(for: "TRAFFIC lines", count: 2, after: before) { $0.contains("TRAFFIC: relay") }
    try daemon.waitForServersToEnd()
  }

  /// A copy holds nothing that the next daemon needs: neither the ports nor the pid file.
  @Test(arguments: DaemonBuild.present)
  func aCopyIsInNobodysWay(_ build: DaemonBuild) throws {
    let pidFile = "/tmp/inetd-test-\(UUID().uuidString).pid"
    defer { unlink(pidFile) }
    let setup = try Setup(build, options: ["--pidfile", pidFile])
    let clients = try setup.conversations()
    try setup.services.daemon.reexecute()
    #expect(try setup.services.daemon.stop() == .exited(0))
    for client in clients { try setup.check(client, "still here\n") }
    let next = try Daemon(build, in: setup.services.scratch, options: ["--pidfile", pidFile])
    try setup.check(try Client(.stream, "127.0.0.1", setup.echoPort), "next\n")
    for client in clients { try setup.check(client, "and still here\n") }
    #expect(try next.stop() == .exited(0))
  }

  /// Where the program cannot be executed, the conversations stay where they were.
  @Test(.enabled(if: geteuid() == 0, "only root can run the daemon from elsewhere"), arguments: DaemonBuild.present)
  func aFailedExecutionLeavesThem(_ build: DaemonBuild) throws {
    let services = try ProbeServices(build)
    let port = try Ports.free()
    try services.scratch.write(
      "\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp4\n")
    try services.start([], user: 0)
    let client = try Client(.stream, "127.0.0.1", port)
    try client.send("before\n")
    #expect(try client.receiveLine() == "before")
    try services.scratch.remove("inetd")
    services.daemon.process.send(SIGUSR2)
    try services.daemon.log.wait(containing: "the daemon goes on as it is")
    for turn in 0..<20 {
      try client.send("after \(turn)\n")
      #expect(try client.receiveLine() == "after \(turn)")
    }
    try services.daemon.waitForServersToEnd()
  }
}
