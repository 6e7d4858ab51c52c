import LinuxSystem
import ServiceModel

/// What an administrator calls the condition of a service.
package enum ServiceState: String, Sendable {
  case serving, paused, limited, full, backingOff = "backing off", unbound, stale
}

extension ServiceRuntime {
  /// The most telling of the conditions that hold.
  package var state: ServiceState {
    if holds.contains(.paused) { return .paused }
    if holds.contains(.backingOff) || holds.contains(.resources) { return .backingOff }
    if listeners.contains(where: { !$0.isBound && !$0.isMissingOptionalFamily }) { return .unbound }
    if isStale { return .stale }
    if holds.contains(.limited) { return .limited }
    if holds.contains(.full) || holds.contains(.processLimit) { return .full }
    return .serving
  }

  /// Why, in words; nil for a service at work.
  package var stateReason: String? {
    switch state {
    case .serving: nil
    case .unbound: listeners.first { !$0.isBound && !$0.isMissingOptionalFamily }?.bindError?.description
    case .stale: "the files hold an error for it; it runs on as it was before"
    default: holds.words.joined(separator: "; ")
    }
  }
}
