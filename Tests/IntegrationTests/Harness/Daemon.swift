import Foundation
import Testing

/// A running daemon under test: started in the foreground with files of its own, ready when `init` returns, and gone
/// with everything it started when the test is over.
final class Daemon {
  let build: DaemonBuild
  let scratch: Scratch
  let process: ChildProcess
  private let notify: NotifySocket

  var pid: pid_t { process.pid }
  var log: LineLog { process.errors }
  /// Where it tells the service manager, which is the test, how it is.
  var notifyPath: String { notify.path }

  /// The classic file and the service directory of a test, inside its scratch directory.
  static let classicName = "inetd.conf"
  static let directoryName = "inetd.d"

  /// Starts `build` with the files in `scratch`: `inetd.conf` and `inetd.d`, where they exist.
  /// - Parameters:
  ///   - files: the words that name the files, in place of those.
  ///   - user: run as this user and group, without supplementary groups.
  ///   - prefix: words before the command, which replace themselves by it.
  ///   - store: what an earlier run left with the service manager; this one finds it, and leaves there what it keeps.
  init(
    _ build: DaemonBuild, in scratch: Scratch, files: [String]? = nil, options: [String] = [],
    environment: [String: String] = [:], user: uid_t? = nil, prefix: [String] = [], store: DescriptorStore? = nil
  ) throws {
    self.build = build
    self.scratch = scratch
    notify = try NotifySocket(path: scratch("notify.\(UUID().uuidString.prefix(8))"), store: store)
    // LISTEN_PID is the process that the shell becomes.
    let activation = store == nil ? [] : ["sh", "-c", "export LISTEN_PID=$$; exec \"$@\"", "sh"]
    let words =
      try activation + prefix + Self.command(build, in: scratch, user: user) + (files ?? Self.files(in: scratch))
      + options
    var variables = ChildProcess.plainEnvironment.merging(environment) { $1 }
    variables["NOTIFY_SOCKET"] = notify.path
    if let store {
      variables["FDSTORE"] = "64"
      variables["LISTEN_FDS"] = "\(store.names.count)"
      variables["LISTEN_FDNAMES"] = store.names.joined(separator: ":")
    }
    process = try ChildProcess(words, environment: variables, passing: store?.descriptors ?? [])
    let ready = try notify.wait(for: "READY=1") { process.isRunning }
    guard ready else {
      throw Failure("the daemon ended before it was ready: \(try process.wait())\n\(try log.untilEnd())")
    }
  }

  /// The words that start the daemon in the foreground, without its files.
  static func command(_ build: DaemonBuild, in scratch: Scratch, user: uid_t? = nil) throws -> [String] {
    guard let path = build.path else { throw Failure("no \(build) build") }
    // Another user may not be able to reach the checkout.
    let program = user == nil ? path : try scratch.install(path)
    let prefix = user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
    return prefix + [program, "--debug", "--log-level", "info", "--control", "none"]
  }

  static func files(in scratch: Scratch) -> [String] {
    func place(_ name: String) -> String {
      FileManager.default.fileExists(atPath: scratch(name)) ? scratch(name) : "none"
    }
    return ["--config", place(classicName), "--directory", place(directoryName)]
  }

  deinit {
    let servers = ProcessFacts.children(of: pid)
    process.end()
    for server in servers { kill(server, SIGKILL) }
    for server in servers {
      do {
        try Deadline.poll("server \(server) gone", seconds: 5) { !ProcessFacts.exists(server) }
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  /// The servers that run now.
  var servers: [pid_t] {
    ProcessFacts.children(of: pid).filter { ProcessFacts.exists($0) && !Self.isHelper($0) }
  }

  /// The processes that keep cells for servers to come.
  var keepers: [pid_t] { helpers("inetd-keeper") }
  var rescuers: [pid_t] { helpers("inetd-rescuer") }

  /// The process that holds on to connections should the daemon be killed, once it has given itself its name.
  func rescuer() throws -> pid_t {
    try Deadline.poll("the rescuer of \(pid)") { !rescuers.isEmpty }
    return rescuers[0]
  }

  private func helpers(_ name: String) -> [pid_t] {
    ProcessFacts.children(of: pid).filter { ProcessFacts.exists($0) && Self.name($0) == name }
  }

  private static func isHelper(_ pid: pid_t) -> Bool { ["inetd-keeper", "inetd-rescuer"].contains(name(pid)) }

  private static func name(_ pid: pid_t) -> String? {
    try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
  }

  /// Has the files read again and waits until that is done.
  func reload() throws {
    let before = notify.messages.count
    process.send(SIGHUP)
    guard try notify.wait(for: "READY=1", after: before, while: { process.isRunning }) else {
      throw Failure("the daemon ended while reloading:\n\(log.text)")
    }
  }

  /// Has the program execute itself anew and waits until it is ready again.
  func reexecute() throws {
    let before = notify.messages.count
    process.send(SIGUSR2)
    guard try notify.wait(for: "READY=1", after: before, while: { process.isRunning }) else {
      throw Failure("the daemon ended while executing itself:\n\(log.text)")
    }
  }

  /// Waits until no server runs.
  func waitForServersToEnd() throws {
    try Deadline.poll("no server of \(pid) left, now \(servers)") { servers.isEmpty }
  }

  /// Ends the daemon as an administrator does and returns how it ended.
  func stop(_ signal: Int32 = SIGTERM) throws -> ChildProcess.Status {
    process.send(signal)
    return try process.wait()
  }

  /// What the service manager has been told.
  var notified: [String] { notify.messages }

  /// Whether the service manager was told `line`, behind its first `start` messages; waits for it.
  func wasNotified(_ line: String, after start: Int = 0) throws -> Bool {
    try notify.wait(for: line, after: start) { process.isRunning }
  }
}
