import CLinux

extension BorrowedDescriptor {
  /// Throws away up to `limit` bytes that have arrived on a TCP connection, without copying them out of the kernel
  /// (tcp(7), MSG_TRUNC). Other streams are read and forgotten.
  package func discardStream(limit: Int) -> TransferResult {
    let result = TransferResult.of { recv(raw, nil, limit, Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC)) }
    // Unix streams do not know MSG_TRUNC: a null buffer is an error for them.
    guard case .failed = result else { return result }
    return withUnsafeTemporaryAllocation(byteCount: min(limit, 16_384), alignment: 1) { receive(into: $0) }
  }

  /// Connections that wait to be accepted at a listening TCP socket; nil for other sockets.
  package var waitingConnections: UInt32? {
    var info = tcp_info()
    var length = socklen_t(MemoryLayout<tcp_info>.size)
    guard getsockopt(raw, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 else { return nil }
    // For a listener the kernel reports the accept queue here (net/ipv4/tcp.c, tcp_get_info).
    return info.tcpi_unacked
  }

  /// Whether a person may be reading: the descriptor is a terminal (isatty(3)).
  package var isTerminal: Bool { isatty(raw) == 1 }
}
