import Foundation
import Testing

/// A host for RPC programs: a network and a /run of its own, in which Debian's rpcbind finds its port and its socket
/// free whatever runs on this machine. Nothing of it remains when the test is over.
final class RPCHost {
  static let programs = ["/sbin/rpcbind", "/usr/sbin/rpcinfo", "/usr/bin/rup", "/usr/bin/rusers", "/usr/sbin/tcpd"]
  static let servers = [("rstatd", "/usr/sbin/rpc.rstatd"), ("rusersd", "/usr/sbin/rpc.rusersd")]

  static let canRun: Bool = {
    guard getuid() == 0, programs.allSatisfy(FileManager.default.isExecutableFile(atPath:)),
      servers.allSatisfy({ Checkout.debian($0.0, $0.1) != nil })
    else { return false }
    return (try? ChildProcess.run("unshare", "--net", "--mount", "true").succeeded) == true
  }()

  private let keeper: ChildProcess
  private var rpcbind: ChildProcess?

  init() throws {
    keeper = try ChildProcess([
      "unshare", "--net", "--mount", "sh", "-ec",
      "ip link set lo up; mount -t tmpfs tmpfs /run; mkdir /run/rpcbind; echo ready; exec sleep 600",
    ])
    try keeper.output.wait(containing: "ready")
  }

  deinit {
    rpcbind?.end()
    keeper.end()
  }

  /// Words that make a command run on this host.
  var prefix: [String] { ["nsenter", "--target=\(keeper.pid)", "--net", "--mount"] }

  /// Starts rpcbind with an empty table and waits until it answers.
  func startRpcbind() throws {
    let process = try ChildProcess(prefix + ["rpcbind", "-f"])
    rpcbind = process
    try Deadline.poll("rpcbind answers: \(process.errors.text)") { try run("rpcinfo").succeeded }
  }

  /// Ends rpcbind as a crash does.
  func endRpcbind() throws {
    rpcbind?.end()
    rpcbind = nil
    try Deadline.poll("rpcbind is gone") { try !run("rpcinfo").succeeded }
  }

  func run(_ words: String...) throws -> ChildProcess.Result {
    let child = try ChildProcess(prefix + words)
    defer { child.end() }
    let status = try child.wait(seconds: 60)
    return ChildProcess.Result(
      status: status, output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
  }

  /// `VERSION NETID PORT` of every entry of a program, as `rpcinfo` shows them.
  func entries(of program: UInt32) throws -> Set<String> {
    let table = try run("rpcinfo").output
    return Set(
      table.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        guard words.count >= 4, words[0] == "\(program)" else { return nil }
        let bytes = words[3].split(separator: ".").suffix(2).compactMap { Int($0) }
        return "\(words[1]) \(words[2]) \(bytes.count == 2 ? bytes[0] << 8 | bytes[1] : -1)"
      })
  }
}
