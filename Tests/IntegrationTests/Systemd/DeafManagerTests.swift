import Foundation
import Testing

/// A service manager that cannot be reached, or does not read: the daemon says so once and serves on.
@Suite struct DeafManagerTests {
  enum Manager: CaseIterable {
    /// NOTIFY_SOCKET names nothing.
    case missing
    /// It names a socket that nobody has open any more.
    case gone
    /// Its queue is full, and nobody reads it.
    case full

    var complaint: String {
      switch self {
      case .missing, .gone: "the service manager may not know how the daemon is; it serves on"
      case .full: "the service manager does not read what it is told; the daemon serves on"
      }
    }
  }

  @Test(arguments: DaemonBuild.present, Manager.allCases)
  func isToldOnceAndHoldsNobodyUp(_ build: DaemonBuild, _ manager: Manager) throws {
    let scratch = try Scratch()
    let port = try writeEcho(in: scratch)
    let queue = manager == .missing ? nil : try UnreadSocket(scratch("notify"))
    if manager == .gone { queue?.close() }
    var environment = ChildProcess.plainEnvironment
    environment["NOTIFY_SOCKET"] = scratch("notify")
    let process = try ChildProcess(
      try Daemon.command(build, in: scratch) + Daemon.files(in: scratch), environment: environment)
    defer { process.end() }
    try process.errors.wait(containing: "ready: 1 services")
    try expectEcho(port)
    for round in 1...2 {
      process.send(SIGHUP)
      try process.errors.wait(for: "reloads", count: round) { $0.contains("reloaded: ") }
      try expectEcho(port)
    }
    try process.errors.wait(containing: manager.complaint)
    process.send(SIGTERM)
    #expect(try process.wait() == .exited(0))
    let text = try process.errors.untilEnd()
    #expect(text.components(separatedBy: "the service manager ").count == 2, "\(text)")
  }

  /// The journal has no room: lines are lost and counted; when it reads again the log goes on.
  @Test(
    .enabled(if: PrivateHost.canRun, "needs a mount name space"), arguments: DaemonBuild.present)
  func aFullJournalHoldsNobodyUp(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let port = try writeEcho(in: scratch)
    let journal = try UnreadSocket(scratch("journal"))
    let notify = try NotifySocket(path: scratch("notify"))
    let words = ["--foreground", "--control", "none", "-l"] + Daemon.files(in: scratch)
    var environment = ChildProcess.plainEnvironment
    environment["NOTIFY_SOCKET"] = scratch("notify")
    environment["INVOCATION_ID"] = "x"
    let process = try ChildProcess(
      [
        "unshare", "--mount", "sh", "-c",
        """
        mount -t tmpfs none /run && mkdir -p /run/systemd/journal && touch /run/systemd/journal/socket &&
        mount --bind "$0" /run/systemd/journal/socket && exec "$@"
        """, scratch("journal"), build.path!,
      ] + words, environment: environment)
    defer { process.end() }
    #expect(try notify.wait(for: "READY=1") { process.isRunning }, "\(process.errors.text)")
    for _ in 0..<200 { try expectEcho(port) }

    _ = journal.drain()
    try expectEcho(port)
    process.send(SIGTERM)
    #expect(try process.wait() == .exited(0))
    let entries = journal.drain()
    // Each connection is two lines, a start and an end; of them all only the last ones found room.
    let losses = entries.compactMap { $0.firstMatch(of: /MESSAGE=(\d+) lines were lost: the journal had no room/) }
    #expect(losses.count == 1, "\(entries)")
    #expect(try #require(losses.first.flatMap { Int($0.output.1) }) >= 200)
    #expect(entries.contains { $0.contains("\nINETD_EVENT=stopping\n") }, "\(entries)")
  }

  private func writeEcho(in scratch: Scratch) throws -> UInt16 {
    let port = try Ports.free()
    try scratch.write("\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp4\n")
    return port
  }

  private func expectEcho(_ port: UInt16) throws {
    let client = try Client(.stream, "127.0.0.1", port)
    try client.send("hello\n")
    #expect(try client.receiveLine() == "hello")
  }
}

/// A datagram socket whose queue is full from the start.
private final class UnreadSocket {
  private var descriptor: Int32
  private static let filling = "filling"

  init(_ path: String) throws {
    let type = Client.Kind.datagram.type | Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, type, 0)
    let name = try SocketName(unix: path)
    guard descriptor >= 0, name.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
      throw Failure("bind \(path): \(errorText())")
    }
    chmod(path, 0o777)
    let filler = socket(AF_UNIX, type | Int32(SOCK_NONBLOCK.rawValue), 0)
    defer { Glibc.close(filler) }
    let bytes = Array(Self.filling.utf8)
    while name.withPointer({ sendto(filler, bytes, bytes.count, 0, $0, $1) }) > 0 {}
    guard errno == EAGAIN else { throw Failure("fill \(path): \(errorText())") }
  }

  /// What has come beside the filling.
  func drain() -> [String] {
    var messages: [String] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count < 0 { return messages }
      let text = String(decoding: buffer[..<count], as: UTF8.self)
      if text != Self.filling { messages.append(text) }
    }
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  deinit { close() }
}
