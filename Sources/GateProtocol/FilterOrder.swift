/// What `inetd-gate` is told to make a filter of system calls from: `inetd-gate --system-calls allow|forbid NAME...`.
/// It writes the program for seccomp(2) to its standard output.
package struct FilterOrder: Equatable, Sendable {
  private static let verb = "--system-calls"

  /// Whether the calls are all that is allowed, or what is forbidden.
  package var allows: Bool
  /// Names of calls; with a `=` in front where a call must exist.
  package var calls: [String]

  package init(allows: Bool, calls: [String]) {
    self.allows = allows
    self.calls = calls
  }

  /// The gate's argument vector, its own name first.
  package var arguments: [String] { ["inetd-gate", FilterOrder.verb, allows ? "allow" : "forbid"] + calls }

  /// Reads an argument vector; nil when it is none of this kind.
  package init?(arguments: [String]) {
    guard arguments.count >= 3, arguments[1] == FilterOrder.verb, arguments[2] == "allow" || arguments[2] == "forbid"
    else { return nil }
    allows = arguments[2] == "allow"
    calls = Array(arguments[3...])
  }
}
