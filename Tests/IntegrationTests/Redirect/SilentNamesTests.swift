import Foundation
import Testing

/// A redirect to a name while the name server keeps silent.
@Suite(.enabled(if: OwnEtc.isPossible && Ports.mayUseWellKnown, "needs a mount name space and port 53"))
struct SilentNamesTests {
  /// Three servers, two attempts: the resolver would take half a minute. Connections wait five seconds, in a
  /// bounded number, and nobody else waits at all.
  @Test(arguments: DaemonBuild.present)
  func holdUpNobodyAndEnd(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let etc = try OwnEtc(setup.scratch)
    let address = Ports.loopbackAddress()
    let silent = try SilentSocket(SocketName(address, 53))
    try etc.write("resolv.conf", String(repeating: "nameserver \(address)\n", count: 3))
    let port = try Ports.free()
    try setup.scratch.write(
      "\(Daemon.directoryName)/relay.conf",
      "port = \(port)\nprotocol = tcp4\nredirect = silent.test 80\nlog_on_success = HOST\n")
    let other = try setup.service("other", "hold")
    try setup.start([other], prefix: etc.prefix)

    let waiting = try (0..<64).map { _ in try Client(.stream, "127.0.0.1", port) }
    // Once these have been taken, one more is one too many.
    try setup.synchronise()
    #expect(try Client(.stream, "127.0.0.1", port).isClosedSilently())
    try setup.daemon.log.wait(containing: "relay: find redirect target silent.test port 80")
    let (client, _) = try setup.connectGreeted(other)
    try client.send("ping\n")
    #expect(try client.receiveLine() == "ping")
    for one in waiting { #expect(one.receiveNow() == nil && errno == EAGAIN, "still waits") }

    for one in waiting { #expect(one.isClosedSilently()) }
    try setup.daemon.log.wait(for: "errors", count: 65) {
      $0.contains("relay: find redirect target silent.test port 80") && $0.contains("the connection is closed")
    }
    // The lookup's process is gone, and the daemon still serves.
    try Deadline.poll("only the server is left") { setup.daemon.servers.count == 1 }
    try setup.synchronise()
    withExtendedLifetime(silent) {}
  }
}
