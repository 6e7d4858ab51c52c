import CLinux
import LinuxSystem
import NetworkAddresses

/// The fields of a connection as text, written once for each child and copied wherever they are shown. No allocation.
struct ConnectionText {
  /// Bytes that a field can take: a unix path is the longest (108), an IPv6 address has 45.
  static let fieldSize = 112
  static let size = ConnectionField.allCases.count * fieldSize

  private let bytes: UnsafeMutablePointer<UInt8>
  /// Bytes of each field; 0: the connection has none.
  private var counts: (Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0)

  /// Writes all fields to `bytes`, which has room for `size`.
  init(_ context: ConnectionContext, into bytes: UnsafeMutablePointer<UInt8>) {
    self.bytes = bytes
    if let remote = context.remote {
      counts.0 = ConnectionText.write(remote, to: start(.remoteAddress))
      counts.1 = ConnectionText.write(port: remote.port, to: start(.remotePort))
    }
    if let local = context.local {
      counts.2 = ConnectionText.write(local, to: start(.localAddress))
      counts.3 = ConnectionText.write(port: local.port, to: start(.localPort))
    }
    if let credentials = context.credentials {
      counts.4 = ConnectionText.write(number: UInt32(max(0, credentials.pid)), to: start(.remotePid))
      counts.5 = ConnectionText.write(number: credentials.uid, to: start(.remoteUid))
      counts.6 = ConnectionText.write(number: credentials.gid, to: start(.remoteGid))
    }
  }

  private func start(_ field: ConnectionField) -> UnsafeMutablePointer<UInt8> {
    bytes + field.rawValue * ConnectionText.fieldSize
  }

  /// The text of a field; empty when the connection has none.
  func text(_ field: ConnectionField) -> UnsafeBufferPointer<UInt8> {
    let count =
      switch field {
      case .remoteAddress: counts.0
      case .remotePort: counts.1
      case .localAddress: counts.2
      case .localPort: counts.3
      case .remotePid: counts.4
      case .remoteUid: counts.5
      case .remoteGid: counts.6
      }
    return UnsafeBufferPointer(start: start(field), count: count)
  }

  private static func write(_ endpoint: SocketEndpoint, to target: UnsafeMutablePointer<UInt8>) -> Int {
    switch endpoint {
    case .ip(let address, _, _): return write(address.unmapped, to: target)
    case .unix(let path): return write(path, to: target)
    case .abstract(let name):
      target[0] = UInt8(ascii: "@")
      return 1 + write(name, to: target + 1)
    case .vsock(let cid, _): return write(number: cid, to: target)
    case .unnamed: return 0
    }
  }

  /// Neither way allocates; inet_ntop(3), for RFC 5952 text, is slow because it goes through sprintf.
  private static func write(_ address: IPAddress, to target: UnsafeMutablePointer<UInt8>) -> Int {
    if address.family == .ipv4 {
      let bits = UInt32(truncatingIfNeeded: address.bits)
      var count = write(number: bits >> 24, to: target)
      var shift: UInt32 = 24
      while shift > 0 {
        shift -= 8
        target[count] = UInt8(ascii: ".")
        count += 1 + write(number: bits >> shift & 255, to: target + count + 1)
      }
      return count
    }
    let text = UnsafeMutableRawPointer(target).assumingMemoryBound(to: CChar.self)
    var bits = address.bits.bigEndian
    inet_ntop(AF_INET6, &bits, text, socklen_t(fieldSize))
    return strlen(text)
  }

  private static func write(_ text: String, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var count = 0
    for byte in text.utf8 where count < fieldSize - 2 {
      target[count] = byte
      count += 1
    }
    return count
  }

  private static func write(port: UInt16?, to target: UnsafeMutablePointer<UInt8>) -> Int {
    guard let port else { return 0 }
    return write(number: UInt32(port), to: target)
  }

  private static func write(number: UInt32, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var divisor: UInt32 = 1
    while number / divisor >= 10 { divisor *= 10 }
    var count = 0
    while divisor > 0 {
      target[count] = UInt8(ascii: "0") + UInt8(number / divisor % 10)
      count += 1
      divisor /= 10
    }
    return count
  }
}
