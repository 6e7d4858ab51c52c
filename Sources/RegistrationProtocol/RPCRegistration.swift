import NetworkAddresses

/// One entry of rpcbind's table (RFC 1833): where the versions of an RPC program are to be found on one transport.
package struct RPCRegistration: Hashable, Sendable {
  /// What rpcbind calls a transport.
  package enum Netid: String, Sendable {
    case tcp, udp, tcp6, udp6
  }

  package var program: UInt32
  package var versions: ClosedRange<UInt32>
  package var netid: Netid
  /// As RFC 5665 writes it: the address, then the port's two bytes, all with dots between them.
  package var address: String

  /// - Parameter port: the port that the socket really has.
  package init(program: UInt32, versions: ClosedRange<UInt32>, isStream: Bool, address: IPAddress, port: UInt16) {
    self.program = program
    self.versions = versions
    netid =
      switch (isStream, address.family) {
      case (true, .ipv4): .tcp
      case (true, .ipv6): .tcp6
      case (false, .ipv4): .udp
      case (false, .ipv6): .udp6
      }
    self.address = "\(address).\(port >> 8).\(port & 0xff)"
  }

  /// The port within a universal address; nil when it has none.
  package static func port(of address: String) -> UInt16? {
    let parts = address.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3, let high = UInt8(String(parts[parts.count - 2])),
      let low = UInt8(String(parts[parts.count - 1]))
    else { return nil }
    return UInt16(high) << 8 | UInt16(low)
  }

  /// Whether both say where the same thing is: rpcbind keeps one address for it.
  package func contends(with other: RPCRegistration) -> Bool {
    program == other.program && netid == other.netid && versions.overlaps(other.versions)
  }
}

extension RPCRegistration {
  /// `PROGRAM/LOW-HIGH/NETID/ADDRESS`.
  package var text: String { "\(program)/\(versions.lowerBound)-\(versions.upperBound)/\(netid.rawValue)/\(address)" }

  package init?(text: String) {
    let fields = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    guard fields.count == 4, let program = UInt32(fields[0]), let netid = Netid(rawValue: fields[2]),
      RPCRegistration.port(of: fields[3]) != nil
    else { return nil }
    let ends = fields[1].split(separator: "-").map { UInt32(String($0)) }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low <= high else { return nil }
    self.program = program
    versions = low...high
    self.netid = netid
    address = fields[3]
  }
}
