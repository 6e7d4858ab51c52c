/// What came of one step: the lines between the registrar and the daemon.
package enum RegistrationOutcome: Equatable, Sendable {
  /// Entered, or taken out.
  case done
  /// There was nothing to do.
  case unchanged
  /// Entered in place of another's, which was at this address.
  case replaced(String)
  /// Another's, at this address; left alone.
  case foreign(String)
  /// Not done, for this reason.
  case failed(String)

  /// One line, without its end.
  package var line: String {
    switch self {
    case .done: "done"
    case .unchanged: "unchanged"
    case .replaced(let address): "replaced " + address
    case .foreign(let address): "foreign " + address
    case .failed(let reason): "failed " + reason
    }
  }

  package init?(line: String) {
    let parts = line.split(separator: " ", maxSplits: 1).map { String($0) }
    switch (parts.first, parts.count) {
    case ("done", 1): self = .done
    case ("unchanged", 1): self = .unchanged
    case ("replaced", 2): self = .replaced(parts[1])
    case ("foreign", 2): self = .foreign(parts[1])
    case ("failed", 2): self = .failed(parts[1])
    default: return nil
    }
  }
}
