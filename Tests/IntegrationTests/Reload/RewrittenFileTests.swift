import Foundation
import Testing

/// update-inetd(8) may copy inetd.conf from another file system while SIGHUPs arrive: half a file is never acted on.
@Suite struct RewrittenFileTests {
  private struct Setup {
    let scratch: Scratch
    let ports: [UInt16]
    let daemon: Daemon

    init(_ build: DaemonBuild) throws {
      scratch = try Scratch()
      ports = try (0..<3).map { _ in try Ports.free() }
      try scratch.write(Daemon.classicName, Setup.text(ports))
      daemon = try Daemon(build, in: scratch)
    }

    static func text(_ ports: [UInt16]) -> String {
      ports.map { "\($0) stream tcp4 nowait \(Service.ownUser) internal\n" }.joined()
        .replacingOccurrences(of: " internal", with: " /bin/cat cat")
    }

    func answers(_ port: UInt16) throws -> Bool {
      guard let client = try? Client(.stream, "127.0.0.1", port) else { return false }
      try client.send("hello\n")
      return try client.receiveLine() == "hello"
    }
  }

  @Test(arguments: DaemonBuild.present)
  func halfAFileIsNotRead(_ build: DaemonBuild) throws {
    let setup = try Setup(build)
    let added = try Ports.free()
    let text = Setup.text(setup.ports + [added])
    let file = try #require(FileHandle(forWritingAtPath: setup.scratch(Daemon.classicName)))
    try file.truncate(atOffset: 0)
    // Ends within the second line: the first service would be all that is left.
    try file.write(contentsOf: Data(text.utf8.prefix(text.utf8.count / 4 + 10)))
    setup.daemon.process.send(SIGHUP)
    try setup.daemon.log.wait(containing: "is being written; the reload waits until it is whole")
    for _ in 0..<3 { setup.daemon.process.send(SIGHUP) }
    for port in setup.ports { #expect(try setup.answers(port), "\(port) while the file is half") }
    try file.write(contentsOf: Data(text.utf8.dropFirst(text.utf8.count / 4 + 10)))
    try file.close()
    try setup.daemon.log.wait(containing: "reloaded: 1 added, 0 changed, 0 removed, 3 unchanged")
    for port in setup.ports + [added] { #expect(try setup.answers(port)) }
    let reloads = setup.daemon.log.lines.filter {
      $0.contains("reloaded: ") && !$0.contains("0 added, 0 changed, 0 removed")
    }
    #expect(reloads.count == 1, "\(reloads)")
  }

  /// Who keeps the file open for ever does not keep the daemon from reading it.
  @Test(arguments: DaemonBuild.present)
  func aLingeringWriterIsNotWaitedForLong(_ build: DaemonBuild) throws {
    let setup = try Setup(build)
    let file = try #require(FileHandle(forWritingAtPath: setup.scratch(Daemon.classicName)))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(Setup.text(Array(setup.ports.prefix(2))).utf8))
    setup.daemon.process.send(SIGHUP)
    try setup.daemon.log.wait(containing: "reloaded: 0 added, 0 changed, 1 removed, 2 unchanged")
    try file.close()
  }
}
