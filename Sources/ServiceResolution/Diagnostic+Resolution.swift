import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel

/// The wording of what the machine says about a configuration.
extension Diagnostic {
  private static let skipped = "service skipped"

  // MARK: Files

  static func skippedFile(_ path: String, _ reason: String) -> Diagnostic {
    Diagnostic(.warning, "not-a-file", reason, subject: path, outcome: "ignored")
  }

  static func unusableDirectory(_ path: String, id: String, _ reason: String) -> Diagnostic {
    Diagnostic(.error, id, reason, subject: path, outcome: "directory skipped")
  }

  // MARK: Accounts

  static func unknownUser(_ name: String, near: String?, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "unknown-user", "user '\(name)' does not exist", at: range, suggestion: near, outcome: skipped)
  }

  static func unknownGroup(_ name: String, near: String?, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "unknown-group", "group '\(name)' does not exist", at: range, suggestion: near, outcome: skipped)
  }

  static func lookupFailed(_ error: SystemError, at range: SourceRange) -> Diagnostic {
    Diagnostic(.error, "lookup-failed", "cannot \(error.description)", at: range, outcome: skipped)
  }

  static func needsRoot(_ kind: StaticString, _ name: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "needs-root", "only root can start a server as \(kind) '\(name)', and the daemon does not run as root",
      at: range, outcome: skipped)
  }

  // MARK: Programs

  static func unusableProgram(
    _ path: String, _ reason: SystemError, near: String?, at range: SourceRange
  ) -> Diagnostic {
    Diagnostic(
      .error, "unusable-program", "cannot execute '\(path)': \(SystemError.text(reason.errno))", at: range,
      suggestion: near, outcome: skipped)
  }

  static func unknownProgramNumber(_ name: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "unknown-rpc-program", "RPC program '\(name)' is not in /etc/rpc; rpc_number can name it", at: range,
      outcome: skipped)
  }

  // MARK: Sockets

  static func unknownService(_ name: String, protocol: String, near: String?, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "unknown-service", "service '\(name)' has no \(`protocol`) port in /etc/services", at: range,
      suggestion: near, outcome: skipped)
  }

  static func portOfOtherProtocol(
    _ name: String, port: UInt16, wanted: String, other: String, at range: SourceRange
  ) -> Diagnostic {
    Diagnostic(
      .warning, "port-of-other-protocol",
      "service '\(name)' has no \(wanted) port in /etc/services", at: range,
      outcome: "its \(other) port \(port) is used")
  }

  static func wrongFamily(_ address: IPAddress, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "wrong-family", "\(address) is not of the family that the protocol names", at: range, outcome: skipped)
  }

  static func missingInterface(_ name: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .warning, "missing-interface", "there is no interface '\(name)' now", at: range,
      outcome: "tried again until it appears")
  }

  static func interfaceWithoutAddress(_ name: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "interface-without-address", "interface '\(name)' has no address", at: range, outcome: skipped)
  }

  static func unknownListenHost(_ name: String, reason: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "unknown-address", "'\(name)' is neither an address nor an interface nor a known host: \(reason)",
      at: range, outcome: skipped)
  }

  static func noAddressOfFamily(_ name: String, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "no-address-of-family", "'\(name)' has no address of the family that the protocol names", at: range,
      outcome: skipped)
  }

  static func withoutSELinux(at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .warning, "no-selinux", "flag LABELED has nothing to go by: this host has no SELinux, hence no labels", at: range,
      outcome: "served without a label")
  }

  static func tooManySockets(_ limit: Int, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "too-many-sockets", "this is more than \(limit) sockets for one service", at: range, outcome: skipped)
  }

  static func socketPathTooLong(_ limit: Int, at range: SourceRange) -> Diagnostic {
    Diagnostic(
      .error, "socket-path-too-long", "the name of a unix socket has at most \(limit) bytes", at: range,
      outcome: skipped)
  }

  static func addressTaken(_ endpoint: SocketEndpoint, by holder: ServiceEntry, of entry: ServiceEntry) -> Diagnostic {
    Diagnostic(
      .error, "address-taken", "'\(entry.definition.id)' and '\(holder.definition.id)' both listen on \(endpoint)",
      at: entry.range(of: "listen"),
      notes: [Note("'\(holder.definition.id)' is defined here", at: holder.location)],
      outcome: "left to '\(holder.definition.id)'")
  }

  // MARK: Disabled services

  /// A service that is not to run cannot be in error, but whoever enables it should know.
  var asWarningOfDisabledService: Diagnostic {
    if severity != .error { return self }
    var finding = self
    finding.severity = .warning
    finding.outcome = "the service is disabled; enabled, it would be skipped"
    return finding
  }
}
