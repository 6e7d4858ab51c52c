import NetworkAddresses
import ServiceModel

/// What an access list says about a peer.
package enum AccessVerdict: Equatable, Sendable {
  case allowed
  case refused
  /// Only a name can tell: `inetd-gate` looks it up, never the loop.
  case needsName
}

/// only_from and no_access of one service, ready to judge.
///
/// The more specific of the two lists wins, as xinetd's manual promises; equally specific means refused.
package struct AccessList: Equatable, Sendable {
  private let allowed: PrefixTree
  private let denied: PrefixTree
  private let restricts: Bool
  private let hasAllowedNames: Bool
  private let hasDeniedNames: Bool

  /// Network names must have been resolved to prefixes before; those left count as names.
  package init(_ definition: AccessDefinition) {
    allowed = PrefixTree((definition.onlyFrom ?? []).compactMap(AccessList.prefix))
    denied = PrefixTree(definition.noAccess.compactMap(AccessList.prefix))
    restricts = definition.onlyFrom != nil
    hasAllowedNames = (definition.onlyFrom ?? []).contains { AccessList.prefix($0) == nil }
    hasDeniedNames = definition.noAccess.contains { AccessList.prefix($0) == nil }
  }

  /// Whether every peer is allowed, so that nothing needs to be asked.
  package var allowsEveryone: Bool { !restricts && denied.isEmpty && !hasDeniedNames }

  /// Judges an address. IPv4 peers of dual-stack sockets must come unmapped.
  package func judge(_ address: IPAddress) -> AccessVerdict {
    let deniedLength = denied.longestMatch(address)
    let allowedLength = restricts ? allowed.longestMatch(address) : -1
    if let deniedLength, deniedLength >= allowedLength ?? -1 { return hasAllowedNames ? .needsName : .refused }
    if hasDeniedNames { return .needsName }
    if allowedLength != nil { return .allowed }
    return hasAllowedNames ? .needsName : .refused
  }

  /// Judges a peer without an Internet address (unix and vsock sockets): lists do not speak of it, so that only an
  /// only_from shuts it out.
  package func judgeWithoutAddress() -> AccessVerdict { restricts ? .refused : .allowed }

  private static func prefix(_ pattern: AccessPattern) -> IPPrefix? {
    if case .prefix(let prefix) = pattern { prefix } else { nil }
  }
}
