import CLinux
import GateProtocol
import LinuxSystem
import ServiceModel

/// Filters of system calls, each made once: libseccomp takes milliseconds over one, a server's start takes it ready.
///
/// `inetd-gate` makes them, so that the daemon need not have the library in its memory. That is done while a
/// configuration is loaded, never while connections are served.
final class SystemCallFilters {
  /// How long making one may take before it has failed.
  private static let patience = TimeSpan.seconds(5)
  /// The kernel takes 4,096 instructions of 8 bytes (BPF_MAXINSNS).
  private static let longest = 4096 * 8

  private let gatePath: String
  private var programs: [[String]: [UInt8]] = [:]
  private let failed: (SystemError) -> Void

  /// `failed` hears why a filter could not be made.
  init(gatePath: String, failed: @escaping (SystemError) -> Void) {
    self.gatePath = gatePath
    self.failed = failed
  }

  /// The program for the words of `system_calls`; empty when it could not be made, which lets no server start.
  func program(for words: [String]) -> [UInt8] {
    if let known = programs[words] { return known }
    let selection = SystemCallSelection(words)
    do throws(SystemError) {
      let program = try make(FilterOrder(allows: selection.allows, calls: selection.calls))
      programs[words] = program
      return program
    } catch {
      failed(error)
      return []
    }
  }

  /// Forgets the filters; a new configuration makes those it needs.
  func removeAll() { programs.removeAll() }

  private func make(_ order: FilterOrder) throws(SystemError) -> [UInt8] {
    let output = try ProgramOutput.of(
      gatePath, arguments: order.arguments, limit: SystemCallFilters.longest, patience: SystemCallFilters.patience)
    guard output.status == .exited(0), !output.bytes.isEmpty, output.bytes.count % 8 == 0 else {
      let reason = String(decoding: output.errors, as: UTF8.self).split(separator: "\n").first.map { String($0) } ?? ""
      throw SystemError("make the filter of system calls", reason, errno: ENOSYS)
    }
    return output.bytes
  }
}

/// The calls that the words of `system_calls` mean: the first word says whether those that are named are allowed or
/// forbidden, later words of the other kind take calls out again.
struct SystemCallSelection: Equatable {
  private(set) var allows = true
  private(set) var calls: [String] = []

  init(_ words: [String]) {
    allows = words.first?.utf8.first != UInt8(ascii: "~")
    for word in words {
      let forbids = word.utf8.first == UInt8(ascii: "~")
      let name = forbids ? String(word.dropFirst()) : word
      let named = SystemCallSelection.calls(of: name)
      if forbids != allows {
        calls += named.filter { !calls.contains($0) }
      } else {
        calls.removeAll { call in named.contains { $0 == call || $0 == "=" + call || "=" + $0 == call } }
      }
    }
    // Whatever is allowed, the program has to be started and to be able to end.
    if allows {
      calls += ["execve", "exit", "exit_group", "rt_sigprocmask", "rt_sigreturn"].filter { !calls.contains($0) }
    }
  }

  /// A name that was written by itself must exist, which `=` tells the gate; one of a group need not.
  private static func calls(of name: String) -> [String] {
    if name.utf8.first == UInt8(ascii: "@") { return SystemCallGroup.named(String(name.dropFirst()))?.calls ?? [] }
    return ["=" + name]
  }
}
