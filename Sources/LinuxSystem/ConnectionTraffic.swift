import CLinux

/// What has passed over a TCP connection, as the kernel counts it: nobody has to copy or even hold the connection.
package struct ConnectionTraffic: Equatable, Sendable {
  /// Bytes from the peer.
  package let received: UInt64
  /// Bytes that the peer has taken.
  package let acknowledged: UInt64
  /// Since the last byte either way.
  package let idle: TimeSpan
}

/// The kernel's answers about sockets of this network namespace (sock_diag(7)).
///
/// Public and noncopyable for the reason `FileDescriptor` is.
public struct SocketDiagnosis: ~Copyable {
  /// NETLINK_SOCK_DIAG.
  private static let protocolNumber: Int32 = 4

  private let netlink: FileDescriptor

  /// Opens the way to ask.
  package init() throws(SystemError) {
    netlink = FileDescriptor(
      owning: try checked("ask for connections") {
        socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), SocketDiagnosis.protocolNumber)
      })
  }

  /// The traffic of the connection between two addresses; ENOENT when there is none. One exchange with the kernel, which
  /// finds the connection by hash.
  package borrowing func traffic(
    local: SocketAddress, remote: SocketAddress
  ) throws(SystemError) -> ConnectionTraffic {
    var traffic = clinux_traffic()
    try checked("ask for the connection of", remote.description) {
      local.withPointer { local, _ in
        remote.withPointer { remote, _ in clinux_connection_traffic(netlink.raw, local, remote, &traffic) }
      }
    }
    return ConnectionTraffic(
      received: traffic.received, acknowledged: traffic.acknowledged,
      idle: .milliseconds(Int64(min(traffic.since_received, traffic.since_sent))))
  }

  /// Whether a TCP connection to a local port has had traffic within `span`. Looks at all connections of the host: not
  /// for every second.
  package static func hasTraffic(
    atPort port: UInt16, _ domain: SocketDomain, within span: TimeSpan
  ) throws(SystemError) -> Bool {
    let diagnosis = try SocketDiagnosis()
    let milliseconds = UInt32(clamping: span.nanoseconds / 1_000_000)
    return try checked("ask for connections to port", "\(port)") {
      clinux_port_traffic(diagnosis.netlink.raw, domain.rawValue, port, milliseconds)
    } == 1
  }
}
