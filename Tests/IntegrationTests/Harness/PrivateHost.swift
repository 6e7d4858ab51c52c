import Foundation

/// A host of a test's own: a network in which every port is free, and directories that nobody else sees. It ends with
/// the value, and nothing of it remains.
class PrivateHost {
  static let canRun = getuid() == 0 && (try? ChildProcess.run("unshare", "--net", "--mount", "true").succeeded) == true

  private let keeper: ChildProcess

  /// A process of this host, by which its network is found.
  var pid: pid_t { keeper.pid }

  /// - Parameter places: directories that begin empty in here.
  init(places: [String] = ["/run"]) throws {
    let mounts = places.map { "mkdir -p \($0); mount -t tmpfs tmpfs \($0); " }.joined()
    keeper = try ChildProcess([
      "unshare", "--net", "--mount", "sh", "-ec", "ip link set lo up; \(mounts)echo ready; exec sleep 600",
    ])
    try keeper.output.wait(containing: "ready")
  }

  deinit { keeper.end() }

  /// Words that make a command run on this host.
  var prefix: [String] { ["nsenter", "--target=\(keeper.pid)", "--net", "--mount"] }

  @discardableResult
  func run(_ words: String...) throws -> ChildProcess.Result {
    let child = try ChildProcess(prefix + words)
    defer { child.end() }
    let status = try child.wait(seconds: 60)
    return ChildProcess.Result(
      status: status, output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
  }

  /// Runs a shell script, which must succeed.
  @discardableResult
  func shell(_ script: String) throws -> String {
    let result = try run("sh", "-ec", script)
    guard result.succeeded else { throw Failure("\(script)\n\(result.output)\(result.errors)") }
    return result.output
  }
}
