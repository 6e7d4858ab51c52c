import Foundation
import Testing

/// SIGTERM once waits for what should come to an end; SIGTERM twice waits for nobody.
@Suite(.enabled(if: RPCHost.hasPrograms, "needs root, namespaces and rpcbind, see Tests/prepare"))
struct SecondSignalTests {
  private static let left = "what is still in rpcbind's table stays there (1)"

  /// A daemon that has a program in the table of an rpcbind of its own.
  private func registered(_ build: DaemonBuild, program: Int) throws -> (host: RPCHost, daemon: Daemon) {
    let host = try RPCHost()
    try host.startRpcbind()
    let scratch = try Scratch()
    try scratch.write(Daemon.classicName, "\(program)/1 stream rpc/tcp4 nowait root /bin/cat cat\n")
    let daemon = try Daemon(build, in: scratch, prefix: host.prefix)
    try daemon.log.wait(containing: "registered RPC program \(program)")
    return (host, daemon)
  }

  /// The first one is held up by an rpcbind that does not answer; the second ends the daemon before it gives that up.
  @Test(arguments: DaemonBuild.present)
  func theSecondEndsAtOnce(_ build: DaemonBuild) throws {
    let (host, daemon) = try registered(build, program: 536_871_007)
    try Deadline.poll("the helper has ended") { daemon.servers.isEmpty }

    try host.silenceRpcbind(true)
    daemon.process.send(SIGTERM)
    try daemon.log.wait(containing: "stopping on SIGTERM")
    try Deadline.poll("a helper waits for rpcbind") { !daemon.servers.isEmpty }
    #expect(daemon.process.isRunning)
    daemon.process.send(SIGTERM)
    #expect(try daemon.process.wait() == .exited(0))
    let log = try daemon.log.untilEnd()
    #expect(log.contains("SIGTERM while stopping: ending at once; \(Self.left)"), "\(log)")
    #expect(!log.contains("rpcbind does not answer"), "it has not waited for the end of its patience")
    try host.silenceRpcbind(false)
  }

  /// Asked once, it gives up by itself, and says what that means.
  @Test func theFirstHasAnEnd() throws {
    let build = try #require(DaemonBuild.present.last)
    let (host, daemon) = try registered(build, program: 536_871_008)
    try host.silenceRpcbind(true)
    #expect(try daemon.stop() == .exited(0))
    let log = try daemon.log.untilEnd()
    #expect(log.contains("rpcbind does not answer; the daemon ends; \(Self.left)"), "\(log)")
    try host.silenceRpcbind(false)
  }
}
