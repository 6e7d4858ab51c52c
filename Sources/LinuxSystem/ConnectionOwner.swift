import CLinux
import NetworkAddresses

/// What the kernel knows of this host's TCP connections (sock_diag(7)).
package enum ConnectionOwner {
  private static let netlinkDomain: Int32 = 16
  private static let socketDiagnosis: Int32 = 4

  /// The user who owns this host's end of a connection; nil where there is no such connection, or nobody owns it yet or
  /// any more. Addresses of both ends in one family, as the kernel has them.
  @export(interface) package static func user(
    local: SocketAddress, remote: SocketAddress
  ) throws(SystemError) -> UInt32? {
    guard var connection = connection(local, remote) else { return nil }
    let flags = Int32(SOCK_CLOEXEC.rawValue)
    let diagnosis = FileDescriptor(
      owning: try checked("open socket diagnosis") {
        socket(netlinkDomain, SocketKind.raw.rawValue | flags, socketDiagnosis)
      })
    var owner: UInt32 = 0
    let found = try checked("look up a connection") {
      clinux_connection_owner(diagnosis.raw, &connection, &owner)
    }
    return found == 1 ? owner : nil
  }

  private static func connection(_ local: SocketAddress, _ remote: SocketAddress) -> clinux_connection? {
    guard let own = local.ip, let other = remote.ip, own.family == other.family else { return nil }
    var connection = clinux_connection()
    connection.family = own.family == .ipv4 ? AF_INET : AF_INET6
    connection.interface = local.scope
    connection.local_port = local.port
    connection.remote_port = remote.port
    withUnsafeMutableBytes(of: &connection.local) { ConnectionOwner.store(own, in: $0) }
    withUnsafeMutableBytes(of: &connection.remote) { ConnectionOwner.store(other, in: $0) }
    return connection
  }

  private static func store(_ address: IPAddress, in bytes: UnsafeMutableRawBufferPointer) {
    switch address.family {
    case .ipv4: bytes.storeBytes(of: UInt32(truncatingIfNeeded: address.bits).bigEndian, as: UInt32.self)
    case .ipv6: bytes.storeBytes(of: address.bits.bigEndian, as: UInt128.self)
    }
  }
}
