import Foundation

/// The ways in which a server can come to life; each must hand on exactly what it says.
enum ServiceKind: String, CaseIterable, Sendable {
  case stream, streamAsUser, waitStream, datagram, waitDatagram, unixStream, listenFds, multiplexed, gated, logged

  var keys: String {
    switch self {
    case .stream, .gated: "socket_type = stream\nprotocol = tcp4\nstderr = socket"
    case .streamAsUser: "socket_type = stream\nprotocol = tcp4\nstderr = socket"
    case .waitStream: "socket_type = stream\nprotocol = tcp4\nwait = yes\nstderr = null"
    case .datagram: "socket_type = dgram\nprotocol = udp4\nwait = no\nstderr = null"
    case .waitDatagram: "socket_type = dgram\nprotocol = udp4\nwait = yes\nstderr = null"
    case .unixStream: "socket_type = stream\nstderr = socket"
    case .listenFds: "socket_type = stream\nprotocol = tcp4\nwait = yes\npass = listen_fds\nstderr = null"
    case .multiplexed: "socket_type = stream\nprotocol = tcp4\ntype = TCPMUX UNLISTED\nstderr = socket"
    case .logged: "socket_type = stream\nprotocol = tcp4\nstderr = log"
    }
  }

  /// What is open, by number: `connection` and `listener` are sockets, one for all numbers that have it.
  var descriptors: [String: String] {
    switch self {
    case .stream, .streamAsUser, .unixStream, .multiplexed, .gated:
      ["0": "connection", "1": "connection", "2": "connection"]
    case .datagram, .waitDatagram, .waitStream: ["0": "connection", "1": "connection", "2": "/dev/null"]
    case .listenFds: ["0": "/dev/null", "1": "/dev/null", "2": "/dev/null", "3": "connection"]
    case .logged: ["0": "connection", "1": "connection", "2": "pipe"]
    }
  }

  /// The names of its environment, all of them.
  var variables: Set<String> {
    let own: Set<String> = ["PATH", "INETD_SERVICE", "USER", "LOGNAME", "HOME", "SHELL"]
    let peer: Set<String> = ["REMOTE_ADDR", "REMOTE_PORT", "REMOTE_HOST"]
    let tcp: Set<String> = ["PROTO", "TCPREMOTEIP", "TCPREMOTEPORT", "TCPLOCALIP", "TCPLOCALPORT"]
    return switch self {
    case .stream, .streamAsUser, .multiplexed, .gated, .logged: own.union(peer).union(tcp)
    case .datagram: own.union(peer)
    case .waitStream, .waitDatagram: own
    case .unixStream: own.union(["REMOTE_PID", "REMOTE_UID", "REMOTE_GID"])
    case .listenFds: own.union(["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"])
    }
  }
}
