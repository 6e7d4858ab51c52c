import CLinux
import Foundation
import LinuxSystem
import ProcessSpawning
import Testing

/// The checkout's probe server, which tells what it was started with.
let probe = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: ".build/debug/probe-server").path

/// Parameters of a plan that starts the probe with a clean environment.
func probeParameters(_ arguments: String...) -> SpawnParameters {
  SpawnParameters(serviceID: "probe", program: probe, arguments: ["probe-server"] + arguments)
}

/// Two connected sockets. The daemon's end is non-blocking, as an accepted connection may be.
struct Connection: ~Copyable {
  let server: FileDescriptor
  let client: FileDescriptor

  init() throws {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutableBytes(of: &ends) {
      socketpair(
        AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0,
        $0.baseAddress!.assumingMemoryBound(to: Int32.self))
    }
    try #require(result == 0)
    try BorrowedDescriptor(raw: ends.0).setNonblocking(true)
    server = FileDescriptor(owning: ends.0)
    client = FileDescriptor(owning: ends.1)
  }
}

/// What a server wrote until it ended, and how it ended.
struct Launch {
  let pid: Int32
  let output: String
  let outcome: SpawnOutcome

  /// Starts a server, closes our copy of its connection, and reads until it has closed its own.
  init(
    _ spawner: Spawner, _ parameters: SpawnParameters, input: String = "", standardError: BorrowedDescriptor? = nil,
    context: ConnectionContext = .none
  ) throws {
    let plan = SpawnPlan(parameters)
    let connection = try Connection()
    (pid, output) = try Launch.exchange(connection, input) { socket in
      try spawner.spawn(plan, socket: socket, standardError: standardError, context: context)
    }
    outcome = spawner.reaped(pid, try ChildProcess.wait(for: pid))
  }

  /// A server's report that came another way.
  init(pid: Int32, output: String) {
    self.pid = pid
    self.output = output
    outcome = .ended(.exited(0))
  }

  private static func exchange(
    _ connection: consuming Connection, _ input: String, _ start: (BorrowedDescriptor) throws -> Int32
  ) throws -> (Int32, String) {
    let pid = try start(connection.server.borrowed)
    let client = connection.closeServer()
    try client.borrowed.writeAll(input)
    try client.borrowed.shutDown(reading: false, writing: true)
    return (pid, try client.borrowed.readToEnd())
  }

  /// The probe's `key=value` lines; of one key the last.
  var report: [String: String] {
    var report: [String: String] = [:]
    for line in output.split(separator: "\n") {
      guard let mark = line.firstIndex(of: "=") else { continue }
      report[String(line[..<mark])] = String(line[line.index(after: mark)...])
    }
    return report
  }

  /// The server's environment.
  var environment: [String: String] {
    var environment: [String: String] = [:]
    for (key, value) in report where key.hasPrefix("env.") { environment[String(key.dropFirst(4))] = value }
    return environment
  }

  var arguments: [String] {
    (0..<report.keys.count { $0.hasPrefix("arg.") }).compactMap { report["arg.\($0)"] }
  }

  /// The numbers of the server's open descriptors.
  var descriptors: [Int] {
    report.keys.filter { $0.hasPrefix("fd.") }.compactMap { Int($0.dropFirst(3)) }.sorted()
  }
}

extension Connection {
  consuming func closeServer() -> FileDescriptor { client }
}

extension BorrowedDescriptor {
  func waitReadable() throws {
    var poll = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    try #require(CLinux.poll(&poll, 1, 20_000) > 0, "nothing came for 20 s")
  }

  /// Everything until the end of the stream; fails when nothing comes for 20 s.
  func readToEnd() throws -> String {
    var bytes: [UInt8] = []
    while true {
      try waitReadable()
      var chunk = [UInt8](repeating: 0, count: 65_536)
      guard case .transferred(let count) = chunk.withUnsafeMutableBytes({ read(into: $0) }) else {
        throw SystemError.last("read")
      }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk[..<count]
    }
  }
}
