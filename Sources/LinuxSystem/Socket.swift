import CLinux
import NetworkAddresses

/// What a socket speaks.
package enum SocketDomain: Int32, Sendable {
  case unix = 1
  case ipv4 = 2
  case ipv6 = 10
  case vsock = 40
}

/// How a socket carries data; the raw values are the kernel's.
package enum SocketKind: Int32, Sendable {
  case stream = 1
  case datagram = 2
  case raw = 3
  case rdm = 4
  case seqpacket = 5
}

extension SocketEndpoint {
  /// The domain of a socket that can be bound or connected to this endpoint.
  package var domain: SocketDomain {
    switch self {
    case .ip(let address, _, _): address.family == .ipv4 ? .ipv4 : .ipv6
    case .unix, .abstract, .unnamed: .unix
    case .vsock: .vsock
    }
  }
}

extension FileDescriptor {
  /// socket(2). `number` is the IPPROTO_* number, 0 for the domain's own (TCP, UDP).
  package static func socket(
    _ domain: SocketDomain, _ kind: SocketKind, protocol number: Int32 = 0, nonblocking: Bool = true
  ) throws(SystemError) -> FileDescriptor {
    let flags = Int32(SOCK_CLOEXEC.rawValue | (nonblocking ? SOCK_NONBLOCK.rawValue : 0))
    return FileDescriptor(
      owning: try checked("create socket") { CLinux.socket(domain.rawValue, kind.rawValue | flags, number) })
  }
}

/// What one attempt to accept came to, sorted by what the caller does next. Public for the reason `FileDescriptor` is.
public enum Acceptance: ~Copyable {
  /// A connection.
  case connection(FileDescriptor)
  /// Nobody is waiting.
  case none
  /// This one client went away or its network failed (accept(2), "Error handling"): the next may be well.
  case aborted
  /// No descriptor or memory left: EMFILE, ENFILE, ENOBUFS or ENOMEM. The connection is still in the queue.
  case exhausted(Int32)
  /// The listener itself is unusable.
  case failed(Int32)
}

extension BorrowedDescriptor {
  /// accept4(2). The peer's address is written to `peer`. An accepted socket does not inherit the listener's
  /// O_NONBLOCK: accept blocking for a server program, non-blocking for what runs in the loop.
  package func accept(nonblocking: Bool, peer: inout SocketAddress) -> Acceptance {
    let flags = Int32(SOCK_CLOEXEC.rawValue | (nonblocking ? SOCK_NONBLOCK.rawValue : 0))
    let raw = self.raw
    let connection = peer.withMutablePointer { pointer, length in
      retryingInterrupted { clinux_accept(raw, pointer, length, flags) }
    }
    if connection >= 0 { return .connection(FileDescriptor(owning: connection)) }
    let number = clinux_errno()
    switch number {
    case EAGAIN: return .none
    case ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH, EPERM, ETIMEDOUT:
      return .aborted
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(number)
    default: return .failed(number)
    }
  }

  /// bind(2).
  package func bind(to endpoint: SocketEndpoint) throws(SystemError) {
    let address = try SocketAddress(endpoint)
    try checked("bind", endpoint.description) { address.withPointer { clinux_bind(raw, $0, $1) } }
  }

  /// listen(2). The kernel caps the backlog at net.core.somaxconn.
  package func listen(backlog: Int32, subject: String = "") throws(SystemError) {
    try checked("listen on", subject) { CLinux.listen(raw, backlog) }
  }

  /// connect(2). Returns false when the connection is still under way: wait for writability, then ask `pendingError`.
  package func connect(to endpoint: SocketEndpoint) throws(SystemError) -> Bool {
    let address = try SocketAddress(endpoint)
    let result = address.withPointer { pointer, length in clinux_connect(raw, pointer, length) }
    if result == 0 { return true }
    let number = clinux_errno()
    // EINTR: the connection goes on in the background (connect(2)); repeating the call would fail with EALREADY.
    if number == EINPROGRESS || number == EINTR { return false }
    throw SystemError("connect to", endpoint.description, errno: number)
  }

  /// connect(2) to an address in the kernel's form, for datagram sockets: sets the only peer.
  package func connect(to address: SocketAddress) throws(SystemError) {
    try checked("connect to", address.description) { address.withPointer { clinux_connect(raw, $0, $1) } }
  }

  /// getsockname(2).
  package func localAddress() throws(SystemError) -> SocketAddress {
    var address = SocketAddress()
    try checked("get own address of descriptor", "\(raw)") {
      address.withMutablePointer { clinux_getsockname(raw, $0, $1) }
    }
    return address
  }

  /// getpeername(2).
  package func peerAddress() throws(SystemError) -> SocketAddress {
    var address = SocketAddress()
    try checked("get peer address of descriptor", "\(raw)") {
      address.withMutablePointer { clinux_getpeername(raw, $0, $1) }
    }
    return address
  }

  /// shutdown(2).
  package func shutDown(reading: Bool, writing: Bool) throws(SystemError) {
    let how = reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR
    try checked("shut down descriptor", "\(raw)") { CLinux.shutdown(raw, Int32(how)) }
  }
}
