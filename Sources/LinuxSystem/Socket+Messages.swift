import CLinux
import NetworkAddresses

/// A datagram that was looked at without being taken.
package struct PeekedDatagram {
  package let peer: SocketAddress
  /// The full size, even where the look was cut short.
  package let size: Int
}

/// A message that may bring a descriptor. Public for the reason `FileDescriptor` is.
public enum PassedMessage: ~Copyable {
  /// With the first byte of its message.
  case descriptor(FileDescriptor, UInt8)
  /// It brought none, which there was no room for, or nobody sent.
  case empty
  /// There is none now.
  case none
  /// There will be none any more.
  case ended
}

extension BorrowedDescriptor {
  /// recv(2) on a connected socket.
  package func receive(into buffer: UnsafeMutableRawBufferPointer, peek: Bool = false) -> TransferResult {
    let flags = Int32(MSG_DONTWAIT) | (peek ? Int32(MSG_PEEK) : 0)
    return .of { recv(raw, buffer.baseAddress, buffer.count, flags) }
  }

  /// send(2) without waiting and without SIGPIPE. `more` holds the segment back for what follows (MSG_MORE).
  package func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) -> TransferResult {
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
    return .of { CLinux.send(raw, bytes.baseAddress, bytes.count, flags) }
  }

  /// sendmsg(2) without waiting, with a copy of `passed` for the receiver (SCM_RIGHTS; unix(7)).
  package func send(_ bytes: UnsafeRawBufferPointer, passing passed: BorrowedDescriptor?) -> TransferResult {
    .of { clinux_send_with_descriptor(raw, bytes.baseAddress, bytes.count, passed?.raw ?? -1) }
  }

  /// recvmsg(2) without waiting, of messages that bring a descriptor each (SCM_RIGHTS).
  package func receivePassed() -> PassedMessage {
    var byte: UInt8 = 0
    var passed: Int32 = -1
    let size = retryingInterrupted { clinux_receive_with_descriptor(raw, &byte, 1, &passed) }
    if passed >= 0 { return .descriptor(FileDescriptor(owning: passed), byte) }
    if size > 0 { return .empty }
    return size < 0 && clinux_errno() == EAGAIN ? .none : .ended
  }

  /// sendto(2) without waiting.
  package func send(_ bytes: UnsafeRawBufferPointer, to address: SocketAddress) -> TransferResult {
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    return .of { address.withPointer { clinux_sendto(raw, bytes.baseAddress, bytes.count, flags, $0, $1) } }
  }

  /// recvfrom(2) without waiting; `.transferred` is the datagram's size, which may exceed the buffer (MSG_TRUNC).
  package func receive(
    into buffer: UnsafeMutableRawBufferPointer, from peer: inout SocketAddress, peek: Bool = false
  ) -> TransferResult {
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC) | (peek ? Int32(MSG_PEEK) : 0)
    let raw = self.raw
    return .of {
      peer.withMutablePointer { pointer, length in
        clinux_recvfrom(raw, buffer.baseAddress, buffer.count, flags, pointer, length)
      }
    }
  }

  /// Who sent the first waiting datagram, without taking it. Nil when none waits.
  package func peekDatagram() -> PeekedDatagram? {
    var peer = SocketAddress()
    var byte: UInt8 = 0
    let result = withUnsafeMutableBytes(of: &byte) { receive(into: $0, from: &peer, peek: true) }
    guard case .transferred(let size) = result else { return nil }
    return PeekedDatagram(peer: peer, size: size)
  }

  /// Takes and forgets the first waiting datagram. A pending socket error (an ICMP answer to an earlier reply) is taken
  /// in its place.
  @discardableResult
  package func dropDatagram() -> TransferResult {
    .of { recv(raw, nil, 0, Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC)) }
  }
}
