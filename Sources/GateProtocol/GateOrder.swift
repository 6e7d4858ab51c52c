/// What `inetd-gate` is told to judge before it becomes the server: the arguments between the daemon and its gate.
///
/// `inetd-gate NAME=VALUE... -- PROGRAM ARGV0 ARGUMENT...`; without a program it only judges.
package struct GateOrder: Equatable, Sendable {
  /// How the gate ends when it refuses. A server that ends with one of these numbers is taken for a refusal too; they
  /// were chosen from those that nothing uses (sysexits.h ends at 78, shells begin at 126).
  package enum Refusal: Int32, CaseIterable, Sendable {
    case address = 118
    case libwrap = 119
    /// The order could not be understood or carried out: refused, because it cannot be known that the peer may enter.
    case failure = 120
  }

  /// Daemon name for libwrap; nil = not asked.
  package var libwrapName: String?
  /// Access lists as text; nil = none.
  package var onlyFrom: String?
  package var noAccess: String?
  /// A file for the peer that is refused.
  package var failureBanner: String?
  /// Whether the server's standard error is the connection, rather than nothing.
  package var keepsStandardError = true
  /// Program path, argv[0] and arguments; empty = judge only.
  package var command: [String] = []

  package init() {}

  /// The gate's argument vector, its own name first.
  package var arguments: [String] {
    var arguments = ["inetd-gate"]
    if let libwrapName { arguments.append("libwrap=" + libwrapName) }
    if let onlyFrom { arguments.append("only_from=" + onlyFrom) }
    if let noAccess { arguments.append("no_access=" + noAccess) }
    if let failureBanner { arguments.append("banner_fail=" + failureBanner) }
    if !keepsStandardError { arguments.append("stderr=null") }
    return arguments + ["--"] + command
  }

  /// Reads an argument vector; nil when it is none of ours.
  package init?(arguments: [String]) {
    guard let end = arguments.firstIndex(of: "--"), end >= 1 else { return nil }
    for argument in arguments[1..<end] {
      guard let equals = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let value = String(argument[argument.utf8.index(after: equals)...])
      switch String(argument[..<equals]) {
      case "libwrap": libwrapName = value
      case "only_from": onlyFrom = value
      case "no_access": noAccess = value
      case "banner_fail": failureBanner = value
      case "stderr": keepsStandardError = value != "null"
      default: return nil
      }
    }
    command = Array(arguments[(end + 1)...])
    if command.count == 1 { return nil }
  }
}
