import Foundation

/// A daemon with a control socket, and `inetctl` beside it.
final class Operations {
  let probes: ProbeServices
  let control: String

  var scratch: Scratch { probes.scratch }
  var daemon: Daemon { probes.daemon }

  init(_ build: DaemonBuild, _ syntax: Syntax = .flat) throws {
    probes = try ProbeServices(Variant(build: build, syntax: syntax))
    control = probes.scratch("control")
  }

  /// Starts the daemon with probe services.
  func start(_ services: [Service], options: [String] = [], user: uid_t? = nil) throws {
    try probes.start(services, options: ["--control", control] + options, user: user)
  }

  /// The words that name the daemon's files, for commands that read them.
  var files: [String] { Daemon.files(in: scratch) }

  /// `inetctl VERB --control ... REST`.
  @discardableResult
  func run(_ words: [String], as user: uid_t? = nil) throws -> ChildProcess.Result {
    try Self.inetctl([words[0], "--control", control] + words.dropFirst(), as: user, in: scratch)
  }

  @discardableResult
  func run(_ words: String...) throws -> ChildProcess.Result { try run(words) }

  /// The blocks that a command prints as JSON; it must succeed.
  func json(_ words: String...) throws -> [[String: Any]] {
    let result = try run(words + ["--json"])
    guard result.succeeded else { throw Failure("\(words): \(result)") }
    return try Self.blocks(result.output)
  }

  static func blocks(_ text: String) throws -> [[String: Any]] {
    guard let blocks = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]] else {
      throw Failure("no array of objects: \(text)")
    }
    return blocks
  }

  /// The block of one service in `inetctl list`.
  func listed(_ id: String) throws -> [String: Any]? { try json("list").first { $0["id"] as? String == id } }

  static func inetctl(_ words: [String], as user: uid_t? = nil, in scratch: Scratch) throws -> ChildProcess.Result {
    // Another user may not be able to reach the checkout.
    let program = Checkout.product("inetctl")
    let path = user == nil ? program : try scratch.install(program)
    let prefix = user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
    let child = try ChildProcess(prefix + [path] + words)
    defer { child.end() }
    return ChildProcess.Result(
      status: try child.wait(), output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
  }
}
