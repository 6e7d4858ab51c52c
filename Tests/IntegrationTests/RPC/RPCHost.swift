import Foundation
import Testing

/// A host for RPC programs, where Debian's rpcbind finds its port and its socket free.
final class RPCHost: PrivateHost {
  static let programs = ["/sbin/rpcbind", "/usr/sbin/rpcinfo", "/usr/bin/rup", "/usr/bin/rusers", "/usr/sbin/tcpd"]
  static let servers = [("rstatd", "/usr/sbin/rpc.rstatd"), ("rusersd", "/usr/sbin/rpc.rusersd")]

  static let hasPrograms =
    canRun && programs.allSatisfy(FileManager.default.isExecutableFile(atPath:))
    && servers.allSatisfy { Checkout.debian($0.0, $0.1) != nil }

  private var rpcbind: ChildProcess?

  init() throws {
    try super.init()
    try shell("mkdir /run/rpcbind")
  }

  deinit { rpcbind?.end() }

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

  /// Stops rpcbind, so that whoever asks waits, or lets it go on.
  func silenceRpcbind(_ isSilent: Bool) throws {
    let process = try #require(rpcbind)
    process.send(isSilent ? SIGSTOP : SIGCONT)
    try Deadline.poll("rpcbind has stopped or goes on") { (ProcessFacts.state(of: process.pid) == "T") == isSilent }
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
