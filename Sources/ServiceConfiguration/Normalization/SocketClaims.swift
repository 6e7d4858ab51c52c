import NetworkAddresses
import ServiceModel

/// A stretch of ports on one host, or one local name, that a service wants for itself.
struct SocketClaim {
  /// Transport, family and host, packed.
  let place: UInt64
  let ports: ClosedRange<Int32>
  let owner: Int32
  /// Nil for what is no socket of the Internet.
  let family: IPFamily?
  let isWildcard: Bool
}

/// Numbers for names of ports that /etc/services does not know, beyond the real ones, so that equal names are equal ports.
struct PortNumbers {
  private var numbers: [String: Int32] = [:]
  private var nextUnknown: Int32 = 65_536

  mutating func learn(_ socket: SocketDefinition, _ lookup: (String, TransportProtocol) -> UInt16?) {
    for address in socket.addresses {
      guard case .ip(_, .service(let name)) = address else { continue }
      let key = PortNumbers.key(name, socket.transport)
      if numbers[key] != nil { continue }
      if let port = lookup(name, socket.transport) {
        numbers[key] = Int32(port)
      } else {
        numbers[key] = nextUnknown
        nextUnknown += 1
      }
    }
  }

  func range(_ port: ListenPort, _ transport: TransportProtocol) -> ClosedRange<Int32>? {
    switch port {
    case .number(let number): Int32(number)...Int32(number)
    case .range(let range): Int32(range.lowerBound)...Int32(range.upperBound)
    case .service(let name): numbers[PortNumbers.key(name, transport)].map { $0...$0 }
    case .assigned: nil
    }
  }

  private static func key(_ name: String, _ transport: TransportProtocol) -> String {
    transport == .udp || transport == .udplite ? name + "/udp" : name
  }
}

/// Who holds which socket. Stretches of ports lie in buckets of 256, so that long ranges and many services stay cheap.
struct SocketClaims {
  private var buckets: [UInt64: [SocketClaim]] = [:]
  /// The claims on single addresses, by transport, family and bucket.
  private var specific: [UInt64: [SocketClaim]] = [:]
  private var hosts: [ListenHost: UInt64] = [:]
  private var names: [String: UInt64] = [:]

  /// Everything a socket definition claims.
  mutating func claims(of socket: SocketDefinition, owner: Int32, _ ports: PortNumbers) -> [SocketClaim] {
    var result: [SocketClaim] = []
    result.reserveCapacity(2 * socket.addresses.count)
    let transport = SocketClaims.space(socket.transport)
    for address in socket.addresses {
      switch address {
      case .ip(let host, let port):
        guard let range = ports.range(port, socket.transport) else { continue }
        let (families, isWildcard) = SocketClaims.families(of: host, socket.families)
        let number: UInt64 = isWildcard ? 0 : hostNumber(host)
        for family in families {
          let place = transport << 56 | UInt64(family.rawValue) << 48 | number << 16
          result.append(
            SocketClaim(place: place, ports: range, owner: owner, family: family, isWildcard: isWildcard))
        }
      case .unix(let path): result.append(local(path, socket.type, owner))
      case .abstract(let name): result.append(local("@" + name, socket.type, owner))
      case .vsock: result.append(local(address.text, socket.type, owner))
      }
    }
    return result
  }

  /// Transports with port numbers of their own (IP protocol numbers); mptcp shares those of tcp.
  private static func space(_ transport: TransportProtocol) -> UInt64 {
    switch transport {
    case .tcp, .mptcp, .unix: 6
    case .udp: 17
    case .sctp: 132
    case .udplite: 136
    }
  }

  private static func families(of host: ListenHost, _ selection: FamilySelection) -> ([IPFamily], isWildcard: Bool) {
    switch host {
    case .any, .name:
      let isWildcard = host == .any
      switch selection {
      case .both, .dual: return ([.ipv4, .ipv6], isWildcard)
      case .ipv4: return ([.ipv4], isWildcard)
      case .ipv6: return ([.ipv6], isWildcard)
      }
    case .address(let address, _):
      if address.isUnspecified && address.family == .ipv6 && selection == .dual { return ([.ipv4, .ipv6], true) }
      return ([address.family], address.isUnspecified)
    }
  }

  private mutating func hostNumber(_ host: ListenHost) -> UInt64 {
    if let number = hosts[host] { return number }
    let number = UInt64(hosts.count + 1)
    hosts[host] = number
    return number
  }

  /// A path is one file whatever the socket's type; an abstract name too (unix(7)).
  private mutating func local(_ name: String, _ type: SocketType, _ owner: Int32) -> SocketClaim {
    let number = names[name] ?? UInt64(names.count + 1)
    names[name] = number
    return SocketClaim(place: number << 16, ports: 0...0, owner: owner, family: nil, isWildcard: false)
  }

  // MARK: Looking up

  private func forEachBucket(of claim: SocketClaim, _ visit: (UInt64) -> Int32?) -> Int32? {
    for bucket in claim.ports.lowerBound >> 8...claim.ports.upperBound >> 8 {
      if let found = visit(UInt64(bucket)) { return found }
    }
    return nil
  }

  private static func first(of list: [SocketClaim]?, overlapping claim: SocketClaim) -> Int32? {
    list?.last { $0.ports.overlaps(claim.ports) }?.owner
  }

  /// Who holds the same host with one of these ports; the last who took it.
  func owner(of claim: SocketClaim) -> Int32? {
    forEachBucket(of: claim) { SocketClaims.first(of: buckets[claim.place + $0], overlapping: claim) }
  }

  /// Who holds one of these ports on all addresses where this wants one, or the other way round.
  func overlap(of claim: SocketClaim) -> Int32? {
    guard claim.family != nil else { return nil }
    let wildcard = claim.place & ~(0xffff_ffff << 16)
    return forEachBucket(of: claim) { bucket in
      SocketClaims.first(
        of: claim.isWildcard ? specific[wildcard + bucket] : buckets[wildcard + bucket], overlapping: claim)
    }
  }

  mutating func insert(_ claim: SocketClaim) {
    for bucket in claim.ports.lowerBound >> 8...claim.ports.upperBound >> 8 {
      buckets[claim.place + UInt64(bucket), default: []].append(claim)
      if claim.family != nil && !claim.isWildcard {
        specific[claim.place & ~(0xffff_ffff << 16) + UInt64(bucket), default: []].append(claim)
      }
    }
  }
}
