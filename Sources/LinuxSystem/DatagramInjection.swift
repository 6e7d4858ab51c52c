import CLinux
import NetworkAddresses

/// Puts a datagram that was taken from one socket into the queue of another on this host, with the sender it had: the
/// kernel delivers what a raw socket sends to a local address as if it had come from there (raw(7), ip(7) IP_HDRINCL).
package enum DatagramInjection {
  private static let udpHeaderLength = 8

  /// Whether this process may do so at all.
  package static var isPermitted: Bool {
    (try? FileDescriptor.socket(.ipv4, .raw, protocol: Int32(IPPROTO_RAW))) != nil
  }

  /// Sends `payload` from `source` to `target`, both of one family. Needs CAP_NET_RAW (EPERM otherwise).
  package static func send(
    _ payload: UnsafeRawBufferPointer, from source: (address: IPAddress, port: UInt16),
    to target: (address: IPAddress, port: UInt16)
  ) throws(SystemError) {
    let isV4 = source.address.family == .ipv4
    let socket = try FileDescriptor.socket(isV4 ? .ipv4 : .ipv6, .raw, protocol: Int32(IPPROTO_RAW))
    var packet =
      isV4
      ? header4(source.address, target.address, payload.count) : header6(source.address, target.address, payload.count)
    let start = packet.count
    append(source.port, to: &packet)
    append(target.port, to: &packet)
    append(UInt16(truncatingIfNeeded: udpHeaderLength + payload.count), to: &packet)
    append(0, to: &packet)
    packet += payload
    let sum = checksum(of: packet[start...], source.address, target.address)
    packet[start + 6] = UInt8(sum >> 8)
    packet[start + 7] = UInt8(sum & 0xff)
    let address = SocketAddress(target.address, port: 0)
    switch packet.withUnsafeBytes({ socket.borrowed.send($0, to: address) }) {
    case .transferred: return
    case .wouldBlock: throw SystemError("deliver datagram to", target.address.description, errno: EAGAIN)
    case .failed(let number): throw SystemError("deliver datagram to", target.address.description, errno: number)
    }
  }

  /// RFC 791; the kernel fills in length, identification and checksum.
  private static func header4(_ source: IPAddress, _ target: IPAddress, _ payload: Int) -> [UInt8] {
    var header: [UInt8] = [0x45, 0]
    append(UInt16(truncatingIfNeeded: 20 + udpHeaderLength + payload), to: &header)
    header += [0, 0, 0, 0, 64, UInt8(IPPROTO_UDP), 0, 0]
    return header + bytes(of: source) + bytes(of: target)
  }

  /// RFC 8200.
  private static func header6(_ source: IPAddress, _ target: IPAddress, _ payload: Int) -> [UInt8] {
    var header: [UInt8] = [0x60, 0, 0, 0]
    append(UInt16(truncatingIfNeeded: udpHeaderLength + payload), to: &header)
    header += [UInt8(IPPROTO_UDP), 64]
    return header + bytes(of: source) + bytes(of: target)
  }

  /// RFC 768 over the pseudo header; a sum of 0 is sent as all ones.
  private static func checksum(of datagram: ArraySlice<UInt8>, _ source: IPAddress, _ target: IPAddress) -> UInt16 {
    var sum: UInt32 = UInt32(IPPROTO_UDP) + UInt32(datagram.count)
    func add(_ bytes: some Collection<UInt8>) {
      var isHigh = true
      for byte in bytes {
        sum += isHigh ? UInt32(byte) << 8 : UInt32(byte)
        isHigh.toggle()
      }
    }
    add(bytes(of: source))
    add(bytes(of: target))
    add(datagram)
    while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
    return sum == 0xffff ? 0xffff : ~UInt16(sum)
  }

  private static func bytes(of address: IPAddress) -> [UInt8] {
    let count = address.family.width / 8
    return (0..<count).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(8 * (count - 1 - $0))) }
  }

  private static func append(_ number: UInt16, to bytes: inout [UInt8]) {
    bytes.append(UInt8(number >> 8))
    bytes.append(UInt8(number & 0xff))
  }
}
