import GateProtocol
import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel

/// Access lists with names in them: what the daemon leaves to this process, because a name server may be slow.
struct NameJudgement {
  /// An entry's weight where both lists hold the peer: the more specific wins. A host is as specific as an address.
  private enum Weight {
    static let domain = 0
  }

  private let onlyFrom: [AccessPattern]?
  private let noAccess: [AccessPattern]
  private let isReadable: Bool
  /// Whose names count where a proxy is the socket's peer.
  private let client: String?

  init(_ order: GateOrder) {
    let allowed = order.onlyFrom.map { AccessPattern.list($0) }
    let denied = order.noAccess.map { AccessPattern.list($0) }
    client = order.client
    isReadable = allowed != .some(nil) && denied != .some(nil)
    onlyFrom = allowed ?? nil
    noAccess = (denied ?? nil) ?? []
  }

  /// Whether the peer of a connected socket may be served. What cannot be known is no.
  func allowsPeer(of socket: BorrowedDescriptor) -> Bool {
    guard isReadable else { return false }
    if onlyFrom == nil && noAccess.isEmpty { return true }
    guard let peer = client.map({ IPAddress($0) }) ?? addressOfPeer(of: socket) else { return onlyFrom == nil }
    let names = PeerNames(peer)
    let denied = NameJudgement.weight(of: peer, names, in: noAccess)
    guard let onlyFrom else { return denied == nil }
    guard let allowed = NameJudgement.weight(of: peer, names, in: onlyFrom) else { return false }
    return allowed > denied ?? -1
  }

  private func addressOfPeer(of socket: BorrowedDescriptor) -> IPAddress? {
    ((try? socket.peerAddress()) ?? socket.peekDatagram()?.peer)?.ip
  }

  /// The weight of the most specific entry that holds the peer; nil when none does.
  private static func weight(of peer: IPAddress, _ names: PeerNames, in list: [AccessPattern]) -> Int? {
    var best: Int?
    for pattern in list {
      let weight: Int? =
        switch pattern {
        case .prefix(let prefix): prefix.contains(peer) ? prefix.length : nil
        case .host(let name): names.matches(host: name) ? peer.family.width : nil
        case .domain(let name): names.isBelow(name) ? Weight.domain : nil
        case .network(let name): NetworkDatabase.network(named: name).flatMap { $0.contains(peer) ? $0.length : nil }
        }
      if let weight, weight > best ?? -1 { best = weight }
    }
    return best
  }
}

/// The names of a peer, believed only where they lead back to its address.
final class PeerNames {
  private let address: IPAddress
  private var verified: String??

  init(_ address: IPAddress) { self.address = address }

  /// A host matches when its own addresses hold the peer's, whatever the peer's name server says.
  func matches(host: String) -> Bool {
    if let network = NetworkDatabase.network(named: host), !host.utf8.contains(UInt8(ascii: ".")) {
      return network.contains(address)
    }
    return addresses(of: host).contains(address)
  }

  /// Whether the peer's name lies below a domain.
  func isBelow(_ domain: String) -> Bool {
    guard let name = name?.lowercased() else { return false }
    return name.hasSuffix("." + domain.lowercased())
  }

  /// The peer's name, if that name has the peer's address.
  private var name: String? {
    if let verified { return verified }
    let claimed = NetworkDatabase.name(ofAddress: address)
    let result = claimed.flatMap { addresses(of: $0).contains(address) ? $0 : nil }
    verified = .some(result)
    return result
  }

  private func addresses(of host: String) -> [IPAddress] {
    ((try? NetworkDatabase.addresses(ofHost: host)) ?? []).map { $0.unmapped }
  }
}
