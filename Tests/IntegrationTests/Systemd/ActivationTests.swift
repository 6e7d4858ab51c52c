import Foundation
import Testing

/// Sockets that somebody else opened, by systemd-socket-activate(1).
@Suite(.enabled(if: Checkout.debian("systemd", "/usr/bin/systemd-socket-activate") != nil, "needs systemd"))
struct ActivationTests {
  @Test(arguments: DaemonBuild.present)
  func aSocketFindsItsServiceByName(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let (given, configured, own) = (try Ports.free(), try Ports.free(), try Ports.free())
    try scratch.write(
      "\(Daemon.directoryName)/echo.conf", "service = echo\ntype = INTERNAL\nport = \(configured)\nprotocol = tcp4\n")
    try scratch.write(
      "\(Daemon.directoryName)/own.conf", "service = daytime\ntype = INTERNAL\nport = \(own)\nprotocol = tcp4\n")
    let words = ["/usr/bin/systemd-socket-activate", "--listen=127.0.0.1:\(given)", "--fdname=echo"]
    let process = try ChildProcess(words + Daemon.command(build, in: scratch) + Daemon.files(in: scratch))
    defer { process.end() }
    // The first connection starts the daemon, and is served by it.
    try Deadline.poll("somebody listening at \(given)") { (try? Client(.stream, "127.0.0.1", given)) != nil }
    let client = try Client(.stream, "127.0.0.1", given)
    try client.send("hello\n")
    #expect(try client.receiveLine() == "hello")
    try process.errors.wait(containing: "echo: takes the inherited socket on 127.0.0.1:\(given), by its name")
    #expect(Ports.isFree(configured, .stream, hosts: ["127.0.0.1"]), "the name counts, not the address")
    // What nobody passed is opened as ever.
    #expect(try Client(.stream, "127.0.0.1", own).receiveText().isEmpty == false)
  }

  @Test(arguments: DaemonBuild.present)
  func whatNoServiceWantsIsClosedAndTold(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let (given, own) = (try Ports.free(), try Ports.free())
    try scratch.write(
      "\(Daemon.directoryName)/echo.conf", "service = echo\ntype = INTERNAL\nport = \(own)\nprotocol = tcp4\n")
    let words = ["/usr/bin/systemd-socket-activate", "--listen=127.0.0.1:\(given)", "--fdname=stranger"]
    let process = try ChildProcess(words + Daemon.command(build, in: scratch) + Daemon.files(in: scratch))
    defer { process.end() }
    try Deadline.poll("somebody listening at \(given)") { (try? Client(.stream, "127.0.0.1", given)) != nil }
    try process.errors.wait(
      containing: "no service wants the inherited socket 'stranger' on 127.0.0.1:\(given); it is closed")
    let client = try Client(.stream, "127.0.0.1", own)
    try client.send("hello\n")
    #expect(try client.receiveLine() == "hello")
  }
}
