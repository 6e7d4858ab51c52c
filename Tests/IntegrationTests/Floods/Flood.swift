import Foundation
import Testing

/// The load generator of Tests/Flood, and how much of it a run takes: a fraction in the ordinary test command, all of it
/// with INETD_FULL_FLOODS=1.
enum Flood {
  static let isFull = ProcessInfo.processInfo.environment["INETD_FULL_FLOODS"] != nil
  static let program = Checkout.product("flood")

  /// What a full run has `most` of.
  static func count(_ most: Int) -> Int { isFull ? most : most / 25 }

  /// Runs the generator to its end, beside the daemon where that has a network of its own.
  @discardableResult
  static func run(_ words: String..., beside daemon: Daemon? = nil) throws -> [String: Int] {
    let prefix = daemon.map { ["nsenter", "-t", "\($0.pid)", "-n"] } ?? []
    let child = try ChildProcess(prefix + [program] + words)
    defer { child.end() }
    let status = try child.wait(seconds: 240)
    guard status == .exited(0) else { throw Failure("flood \(words): \(status) \(child.errors.text)") }
    return values(try child.output.untilEnd())
  }

  static func values(_ text: String) -> [String: Int] {
    var found: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=")
      if parts.count == 2 { found[String(parts[0])] = Int(parts[1]) }
    }
    return found
  }

  /// Words before a command that give it a network of its own, in which everything is routed to the loopback device.
  static let isolation = [
    "unshare", "--net", "sh", "-c", "ip link set lo up && ip route add default dev lo && exec \"$@\"", "sh",
  ]

  /// Why no network can be made here; nil when one can.
  static let reasonNotIsolated: String? = {
    guard let result = try? ChildProcess.run("unshare", "--net", "ip", "link", "set", "lo", "up") else {
      return "unshare or ip is not installed"
    }
    return result.succeeded ? nil : "no network namespace can be made: \(result.errors)"
  }()
}

/// Connections that are open and silent until this object goes.
final class HeldConnections {
  private let generator: ChildProcess
  private let input: Int32
  let open: Int

  /// `verb`: `hold`, or `stuff` for clients that send and never read.
  init(_ verb: String, port: UInt16, count: Int) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Failure("pipe: \(errorText())") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    generator = try ChildProcess([Flood.program, verb, "\(port)", "\(count)"], input: ends[0])
    close(ends[0])
    input = ends[1]
    try generator.output.wait(for: "sent", seconds: 120) { $0.hasPrefix("sent=") }
    open = Flood.values(generator.output.text)["open"] ?? 0
  }

  deinit {
    close(input)
    _ = try? generator.wait()
    generator.end()
  }
}

extension ProcessFacts {
  /// Memory that a process has in RAM, in KB.
  static func residentKilobytes(of pid: pid_t) -> Int {
    let line = (read("/proc/\(pid)/status") ?? "").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }
}
