import NetworkAddresses
import ServiceModel

/// Which entry of a service's access lists decides about a peer: what an administrator asks when somebody is refused.
package enum AccessRule: Equatable, Sendable {
  /// There are no lists.
  case none
  /// The most specific entry that lets the peer in.
  case onlyFrom(AccessPattern)
  /// No entry of only_from holds the peer.
  case notInOnlyFrom
  /// There is no only_from, and no entry of no_access holds the peer.
  case notInNoAccess
  /// The entry that shuts the peer out, as specific as any that lets it in.
  case noAccess(AccessPattern)
  /// The lists hold names, of which only a lookup can tell whether they are the peer's.
  case names
  /// A peer without an address, which only_from never holds.
  case withoutAddress
}

extension AccessDefinition {
  /// The rule behind what `AccessList.judge` says of `address`; nil is a peer without one.
  package func rule(for address: IPAddress?) -> AccessRule {
    if onlyFrom == nil && noAccess.isEmpty { return .none }
    guard let address else { return onlyFrom == nil ? .notInNoAccess : .withoutAddress }
    let list = AccessList(self)
    let allowing = AccessDefinition.mostSpecific(onlyFrom ?? [], address)
    let denying = AccessDefinition.mostSpecific(noAccess, address)
    switch list.judge(address) {
    case .needsName: return .names
    case .allowed: return allowing.map { .onlyFrom($0) } ?? .notInNoAccess
    case .refused: return denying.map { .noAccess($0) } ?? .notInOnlyFrom
    }
  }

  private static func mostSpecific(_ patterns: [AccessPattern], _ address: IPAddress) -> AccessPattern? {
    var best: (pattern: AccessPattern, length: Int)?
    for pattern in patterns {
      guard case .prefix(let prefix) = pattern, prefix.contains(address), prefix.length > best?.length ?? -1 else {
        continue
      }
      best = (pattern, prefix.length)
    }
    return best?.pattern
  }
}
