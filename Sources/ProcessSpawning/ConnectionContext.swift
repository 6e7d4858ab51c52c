import LinuxSystem
import NetworkAddresses

/// What a server is told about the connection it serves.
package struct ConnectionContext {
  /// The client; nil for a service that is handed its listener.
  package var remote: SocketEndpoint?
  /// The address the client reached us at.
  package var local: SocketEndpoint?
  /// The client's process, for unix connections.
  package var credentials: PeerCredentials?

  package init(remote: SocketEndpoint? = nil, local: SocketEndpoint? = nil, credentials: PeerCredentials? = nil) {
    self.remote = remote
    self.local = local
    self.credentials = credentials
  }

  /// Nothing is known: a wait service.
  package static var none: ConnectionContext { ConnectionContext() }
}

/// The environment variables that describe a connection. A variable whose value a connection lacks is left out.
package struct ConnectionVariables: OptionSet, Sendable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let remoteAddr = ConnectionVariables(rawValue: 1 << 0)
  package static let remotePort = ConnectionVariables(rawValue: 1 << 1)
  package static let remoteHost = ConnectionVariables(rawValue: 1 << 2)
  package static let proto = ConnectionVariables(rawValue: 1 << 3)
  package static let tcpRemoteIP = ConnectionVariables(rawValue: 1 << 4)
  package static let tcpRemotePort = ConnectionVariables(rawValue: 1 << 5)
  package static let tcpLocalIP = ConnectionVariables(rawValue: 1 << 6)
  package static let tcpLocalPort = ConnectionVariables(rawValue: 1 << 7)
  package static let remotePid = ConnectionVariables(rawValue: 1 << 8)
  package static let remoteUid = ConnectionVariables(rawValue: 1 << 9)
  package static let remoteGid = ConnectionVariables(rawValue: 1 << 10)

  /// REMOTE_ADDR and REMOTE_PORT, as systemd sets them.
  package static let systemd: ConnectionVariables = [.remoteAddr, .remotePort]
  /// REMOTE_HOST, as xinetd sets it: the address.
  package static let xinetd: ConnectionVariables = [.remoteHost]
  /// PROTO=TCP and TCP*, as tcpserver and inetutils set them.
  package static let ucspi: ConnectionVariables = [.proto, .tcpRemoteIP, .tcpRemotePort, .tcpLocalIP, .tcpLocalPort]
  /// REMOTE_PID, REMOTE_UID and REMOTE_GID of a unix peer.
  package static let unix: ConnectionVariables = [.remotePid, .remoteUid, .remoteGid]
  /// All that are known of any connection.
  package static let all: ConnectionVariables = [.systemd, .xinetd, .ucspi, .unix]

  /// One row for each variable: its name and the field it shows (nil: the constant TCP).
  static let table: [(variable: ConnectionVariables, name: StaticString, field: ConnectionField?)] = [
    (.remoteAddr, "REMOTE_ADDR", .remoteAddress),
    (.remotePort, "REMOTE_PORT", .remotePort),
    (.remoteHost, "REMOTE_HOST", .remoteAddress),
    (.proto, "PROTO", nil),
    (.tcpRemoteIP, "TCPREMOTEIP", .remoteAddress),
    (.tcpRemotePort, "TCPREMOTEPORT", .remotePort),
    (.tcpLocalIP, "TCPLOCALIP", .localAddress),
    (.tcpLocalPort, "TCPLOCALPORT", .localPort),
    (.remotePid, "REMOTE_PID", .remotePid),
    (.remoteUid, "REMOTE_UID", .remoteUid),
    (.remoteGid, "REMOTE_GID", .remoteGid),
  ]
}

/// What a template can show of a connection.
enum ConnectionField: Int, CaseIterable {
  case remoteAddress, remotePort, localAddress, localPort, remotePid, remoteUid, remoteGid
}
