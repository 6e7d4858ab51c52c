import NetworkAddresses

/// Writes the header that tells a server for whom a connection is passed on.
package enum ProxyHeaderWriter {
  /// Version 1, a line; `UNKNOWN` where there are no Internet addresses.
  package static func line(client: SocketEndpoint?, destination: SocketEndpoint?) -> [UInt8] {
    guard let pair = Pair(client, destination) else { return Array("PROXY UNKNOWN\r\n".utf8) }
    let family = pair.family == .ipv4 ? "TCP4" : "TCP6"
    let line = "PROXY \(family) \(pair.client) \(pair.destination) \(pair.clientPort) \(pair.destinationPort)\r\n"
    return Array(line.utf8)
  }

  /// Version 2, binary; the command LOCAL where there are no Internet addresses.
  package static func binary(client: SocketEndpoint?, destination: SocketEndpoint?) -> [UInt8] {
    var bytes: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
    guard let pair = Pair(client, destination) else { return bytes + [0x20, 0x00, 0x00, 0x00] }
    let size = pair.family.width / 8
    // Version 2, PROXY; the family over STREAM; the length of what follows.
    bytes += [0x21, pair.family == .ipv4 ? 0x11 : 0x21, 0x00, UInt8(2 * size + 4)]
    for address in [pair.client, pair.destination] {
      for index in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: address.bits >> UInt128(8 * index))) }
    }
    for port in [pair.clientPort, pair.destinationPort] { bytes += [UInt8(port >> 8), UInt8(port & 0xff)] }
    return bytes
  }

  /// Two addresses of one family: an IPv4 client of a dual-stack socket is IPv4 at both ends.
  private struct Pair {
    let client: IPAddress
    let destination: IPAddress
    let clientPort: UInt16
    let destinationPort: UInt16
    var family: IPFamily { client.family }

    init?(_ client: SocketEndpoint?, _ destination: SocketEndpoint?) {
      guard case .ip(let clientAddress, let clientPort, _) = client,
        case .ip(let destinationAddress, let destinationPort, _) = destination
      else { return nil }
      var ends = (clientAddress.unmapped, destinationAddress.unmapped)
      if ends.0.family != ends.1.family { ends = (Pair.mapped(ends.0), Pair.mapped(ends.1)) }
      self.client = ends.0
      self.destination = ends.1
      self.clientPort = clientPort
      self.destinationPort = destinationPort
    }

    private static func mapped(_ address: IPAddress) -> IPAddress {
      address.family == .ipv6 ? address : IPAddress(ipv6: 0xffff << 32 | address.bits)
    }
  }
}
