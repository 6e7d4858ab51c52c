import NetworkAddresses
import ServiceModel

/// A stretch of ports on one host, or one local name, that a service wants for itself.
struct SocketClaim {
  /// Transport, family and host, packed; the lowest 16 bits are zero.
  let place: UInt64
  let first: Int32
  let last: Int32
  let owner: Int32

  /// Nil for what is no socket of the Internet.
  var family: IPFamily? { IPFamily(rawValue: UInt8(truncatingIfNeeded: place >> 52 & 0xf)) }
  /// On all addresses of its family.
  var isWildcard: Bool { family != nil && place == wildcardPlace }
  /// The place of all addresses of the same transport and family.
  var wildcardPlace: UInt64 { place & (0xfff << 52) }

  func overlaps(_ other: SocketClaim) -> Bool { first <= other.last && other.first <= last }
}

/// Numbers for hosts, local names and names of ports, so that claims are plain numbers.
struct ClaimNumbers {
  private var hosts: [ListenHost: UInt64] = [:]
  private var names: [String: UInt64] = [:]
  private var ports: [String: Int32] = [:]
  /// Names that /etc/services does not know get numbers beyond the real ports: equal names are equal ports.
  private var nextUnknownPort: Int32 = 65_536

  /// Everything a socket definition claims, appended to `claims`.
  mutating func append(
    _ socket: SocketDefinition, owner: Int32, to claims: inout [SocketClaim],
    servicePort: (String, TransportProtocol) -> UInt16?
  ) {
    let transport = ClaimNumbers.space(socket.transport)
    for address in socket.addresses {
      switch address {
      case .ip(let host, let port):
        guard let range = range(port, socket.transport, servicePort) else { continue }
        for family in [IPFamily.ipv4, .ipv6] where ClaimNumbers.uses(family, host, socket.families) {
          let place = transport << 56 | UInt64(family.rawValue) << 52 | number(of: host) << 16
          claims.append(
            SocketClaim(place: place, first: range.lowerBound, last: range.upperBound, owner: owner))
        }
      case .unix(let path): claims.append(local(path, owner))
      case .abstract(let name): claims.append(local("@" + name, owner))
      case .vsock: claims.append(local(address.text, owner))
      }
    }
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

  private static func uses(_ family: IPFamily, _ host: ListenHost, _ selection: FamilySelection) -> Bool {
    guard case .address(let address, _) = host else { return selection.includes(family) }
    return address.family == family || address.isUnspecified && selection == .dual && address.family == .ipv6
  }

  /// 0 for all addresses; IPv4 addresses stand for themselves, the others are numbered as they come.
  private mutating func number(of host: ListenHost) -> UInt64 {
    switch host {
    case .any: return 0
    case .address(let address, _) where address.isUnspecified: return 0
    case .address(let address, _) where address.family == .ipv4: return 1 << 32 | UInt64(address.bits)
    case .address, .name:
      if let number = hosts[host] { return number }
      let number = 1 << 33 | UInt64(hosts.count)
      hosts[host] = number
      return number
    }
  }

  /// A path is one file whatever the socket's type; an abstract name is unique too (unix(7)).
  private mutating func local(_ name: String, _ owner: Int32) -> SocketClaim {
    let number = names[name] ?? UInt64(names.count + 1)
    names[name] = number
    return SocketClaim(place: number << 16, first: 0, last: 0, owner: owner)
  }

  private mutating func range(
    _ port: ListenPort, _ transport: TransportProtocol, _ servicePort: (String, TransportProtocol) -> UInt16?
  ) -> ClosedRange<Int32>? {
    switch port {
    case .number(let number): return Int32(number)...Int32(number)
    case .range(let range): return Int32(range.lowerBound)...Int32(range.upperBound)
    case .assigned: return nil
    case .service(let name):
      let key = transport == .udp || transport == .udplite ? name + "/udp" : name
      if let known = ports[key] { return known...known }
      let number = servicePort(name, transport).map { Int32($0) } ?? nextUnknownPort
      if number == nextUnknownPort { nextUnknownPort += 1 }
      ports[key] = number
      return number...number
    }
  }
}

extension [SocketClaim] {
  /// The owners of claims that overlap others, or that a claim on all addresses overlaps. Sorts the claims.
  ///
  /// In a sound configuration there is none, however many services it has: then nothing else needs to be looked at.
  mutating func contestedOwners() -> Set<Int32> {
    sort { $0.place != $1.place ? $0.place < $1.place : $0.first < $1.first }
    var contested: Set<Int32> = []
    var widest = 0
    // The claims on all addresses of the transport and family at hand; they sort before those on single ones.
    var wildcards = 0..<0
    for index in indices {
      let claim = self[index]
      if index > 0 && self[widest].place == claim.place {
        if self[widest].overlaps(claim) && self[widest].owner != claim.owner {
          contested.insert(self[widest].owner)
          contested.insert(claim.owner)
        }
        if claim.last > self[widest].last { widest = index }
      } else {
        widest = index
      }
      if claim.isWildcard {
        let isNext = !wildcards.isEmpty && self[wildcards.lowerBound].place == claim.place
        wildcards = (isNext ? wildcards.lowerBound : index)..<(index + 1)
      } else if !wildcards.isEmpty, self[wildcards.lowerBound].place == claim.wildcardPlace,
        let other = first(in: wildcards, overlapping: claim)
      {
        contested.insert(other)
        contested.insert(claim.owner)
      }
    }
    return contested
  }

  /// The owner of a claim in a sorted stretch that overlaps `claim`.
  private func first(in range: Range<Int>, overlapping claim: SocketClaim) -> Int32? {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      if self[middle].last < claim.first { low = middle + 1 } else { high = middle }
    }
    return low < range.upperBound && self[low].overlaps(claim) ? self[low].owner : nil
  }
}

/// Who of the contestants holds which socket. Stretches of ports lie in buckets of 256, so that long ranges stay cheap.
struct ClaimTable {
  private var claims: [UInt64: [SocketClaim]] = [:]
  /// The claims on single addresses, by transport, family and bucket.
  private var specific: [UInt64: [SocketClaim]] = [:]

  /// Who holds the same host with one of these ports; the last who took it.
  func owner(of claim: SocketClaim) -> Int32? { first(in: claims, at: claim.place, overlapping: claim) }

  /// Who holds one of these ports on all addresses where this wants one, or the other way round.
  func overlap(of claim: SocketClaim) -> Int32? {
    if claim.family == nil { return nil }
    return first(in: claim.isWildcard ? specific : claims, at: claim.wildcardPlace, overlapping: claim)
  }

  mutating func insert(_ claim: SocketClaim) {
    for bucket in ClaimTable.buckets(of: claim) {
      claims[claim.place + bucket, default: []].append(claim)
      if claim.family != nil && !claim.isWildcard { specific[claim.wildcardPlace + bucket, default: []].append(claim) }
    }
  }

  private static func buckets(of claim: SocketClaim) -> ClosedRange<UInt64> {
    UInt64(claim.first >> 8)...UInt64(claim.last >> 8)
  }

  private func first(in table: [UInt64: [SocketClaim]], at place: UInt64, overlapping claim: SocketClaim) -> Int32? {
    for bucket in ClaimTable.buckets(of: claim) {
      if let found = table[place + bucket]?.last(where: { $0.overlaps(claim) }) { return found.owner }
    }
    return nil
  }
}
