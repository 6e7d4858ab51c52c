import CLinux
import NetworkAddresses

/// Up to `capacity` datagrams that are received with one system call and answered with one (recvmmsg, sendmmsg).
///
/// All memory is taken once; one batch can serve all sockets of a loop, since nothing stays in it between two calls.
/// Replies go back to the peer of a received datagram, and leave from the address it was sent to when the socket has
/// `SocketOption.packetInformation` on.
package final class DatagramBatch {
  package let capacity: Int
  /// Bytes of a datagram that are kept; what is longer is cut (`wasTruncated`).
  package let size: Int
  /// Datagrams of the last `receive`.
  package private(set) var count = 0
  /// Bytes of the last `receive` as they were sent, those that were cut off among them.
  package private(set) var receivedBytes = 0
  /// Bytes of the replies that left with the last `sendReplies`.
  package private(set) var sentBytes = 0
  private var replies = 0

  private let payloads: UnsafeMutableRawPointer
  private let controls: UnsafeMutableRawPointer
  private let names: UnsafeMutablePointer<sockaddr_storage>
  private let inputs: UnsafeMutablePointer<iovec>
  private let received: UnsafeMutablePointer<mmsghdr>
  private let outputs: UnsafeMutablePointer<iovec>
  private let sent: UnsafeMutablePointer<mmsghdr>

  private static let controlSize = Int(CLINUX_PACKET_INFO_SPACE)

  /// Untouched pages of a large buffer cost no memory: only datagrams that arrive are paid for.
  @export(interface) package init(capacity: Int = 32, size: Int = 65_536) {
    self.capacity = capacity
    self.size = size
    payloads = .allocate(byteCount: capacity * size, alignment: 64)
    controls = .allocate(byteCount: capacity * DatagramBatch.controlSize, alignment: 16)
    names = .allocate(capacity: capacity)
    inputs = .allocate(capacity: capacity)
    received = .allocate(capacity: capacity)
    outputs = .allocate(capacity: capacity)
    sent = .allocate(capacity: capacity)
    names.initialize(repeating: sockaddr_storage(), count: capacity)
    received.initialize(repeating: mmsghdr(), count: capacity)
    sent.initialize(repeating: mmsghdr(), count: capacity)
    outputs.initialize(repeating: iovec(), count: capacity)
    for index in 0..<capacity {
      (inputs + index).initialize(to: iovec(iov_base: payloads + index * size, iov_len: size))
      received[index].msg_hdr.msg_name = UnsafeMutableRawPointer(names + index)
      received[index].msg_hdr.msg_iov = inputs + index
      received[index].msg_hdr.msg_iovlen = 1
      received[index].msg_hdr.msg_control = controls + index * DatagramBatch.controlSize
      offer(index)
    }
  }

  deinit {
    payloads.deallocate()
    controls.deallocate()
    names.deallocate()
    inputs.deallocate()
    received.deallocate()
    outputs.deallocate()
    sent.deallocate()
  }

  /// Offers the full room again where the kernel has written how much it used.
  private func offer(_ index: Int) {
    received[index].msg_hdr.msg_namelen = SocketAddress.capacity
    received[index].msg_hdr.msg_controllen = DatagramBatch.controlSize
  }

  /// Takes what waits, up to `capacity`. `.transferred` is the number of datagrams.
  @export(interface) package func receive(from socket: BorrowedDescriptor) -> TransferResult {
    replies = 0
    for index in 0..<count { offer(index) }
    // With MSG_TRUNC the kernel tells whole lengths.
    let result = TransferResult.of {
      Int(recvmmsg(socket.raw, received, UInt32(capacity), Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC), nil))
    }
    if case .transferred(let number) = result { count = number } else { count = 0 }
    receivedBytes = 0
    for index in 0..<count { receivedBytes += Int(received[index].msg_len) }
    return result
  }

  /// The bytes of a received datagram, valid until the next `receive`. They may be changed in place for the reply.
  @export(interface) package func payload(_ index: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: payloads + index * size, count: min(Int(received[index].msg_len), size))
  }

  @export(interface) package func wasTruncated(_ index: Int) -> Bool {
    received[index].msg_hdr.msg_flags & Int32(MSG_TRUNC) != 0
  }

  /// Who sent a received datagram.
  @export(interface) package func peer(_ index: Int) -> SocketAddress {
    var address = SocketAddress()
    address.storage = names[index]
    address.length = received[index].msg_hdr.msg_namelen
    return address
  }

  /// The port of an Internet peer; nil for others. Cheaper than `peer`.
  @export(interface) package func peerPort(_ index: Int) -> UInt16? {
    let family = Int32(names[index].ss_family)
    guard family == AF_INET || family == AF_INET6 else { return nil }
    // sockaddr_in and sockaddr_in6 have it at the same place.
    return UInt16(bigEndian: UnsafeRawPointer(names + index).load(fromByteOffset: 2, as: UInt16.self))
  }

  /// Whether the peer's address is no host's. Cheaper than `peer`.
  @export(interface) package func isPeerNoHost(_ index: Int) -> Bool { SocketAddress.isNoHost(names + index) }

  /// The address a received datagram was sent to; nil without `SocketOption.packetInformation`.
  @export(interface) package func destination(_ index: Int) -> IPAddress? {
    let packet = packet(index)
    return withUnsafeBytes(of: packet.address) { bytes in
      switch packet.family {
      case AF_INET: IPAddress(ipv4: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
      case AF_INET6: IPAddress(ipv6: UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self)))
      default: nil
      }
    }
  }

  /// Whether a received datagram was for this host alone, neither broadcast nor to a group. False when the socket does
  /// not say (`SocketOption.packetInformation`): such a datagram gets no answer.
  @export(interface) package func wasUnicast(_ index: Int) -> Bool {
    let packet = packet(index)
    switch packet.family {
    case AF_INET:
      return withUnsafeBytes(of: packet.address) { sent in
        withUnsafeBytes(of: packet.own) { own in
          sent.loadUnaligned(as: UInt32.self) == own.loadUnaligned(as: UInt32.self)
        }
      }
    case AF_INET6: return packet.address.0 != 0xff
    default: return false
    }
  }

  private func packet(_ index: Int) -> clinux_packet {
    var packet = clinux_packet()
    clinux_get_packet(&received[index].msg_hdr, &packet)
    return packet
  }
}

extension DatagramBatch {
  /// Prepares the one answer to a received datagram. The bytes must stay in place until `sendReplies`, and nothing more
  /// may be asked about the datagram's destination: the memory serves the reply.
  @export(interface) package func reply(to index: Int, with bytes: UnsafeRawBufferPointer) {
    precondition(replies < capacity, "one reply for each datagram")
    outputs[replies] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
    var header = msghdr()
    header.msg_name = UnsafeMutableRawPointer(names + index)
    header.msg_namelen = received[index].msg_hdr.msg_namelen
    header.msg_iov = outputs + replies
    header.msg_iovlen = 1
    guard received[index].msg_hdr.msg_controllen > 0 else {
      sent[replies].msg_hdr = header
      replies += 1
      return
    }
    var packet = packet(index)
    // No datagram may leave from a group: there the routing table chooses the source.
    if packet.family == AF_INET || packet.family == AF_INET6 && packet.own.0 != 0xff {
      header.msg_control = controls + index * DatagramBatch.controlSize
      clinux_set_source(&header, &packet)
    }
    sent[replies].msg_hdr = header
    replies += 1
  }

  /// Sends the prepared replies without waiting and forgets them. A peer's own failure (an ICMP refusal, a full buffer)
  /// costs only its reply. Returns how many left.
  @discardableResult
  @export(interface) package func sendReplies(on socket: BorrowedDescriptor) -> Int {
    var next = 0
    var delivered = 0
    sentBytes = 0
    while next < replies {
      let rest = sent + next
      let number = UInt32(replies - next)
      let result = TransferResult.of {
        Int(sendmmsg(socket.raw, rest, number, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)))
      }
      switch result {
      case .transferred(let done):
        for index in next..<next + done { sentBytes += Int(sent[index].msg_len) }
        next += max(done, 1)
        delivered += done
      case .wouldBlock:
        // UDP promises nothing: a reply that finds the buffer full is lost rather than queued.
        next = replies
      case .failed: next += 1
      }
    }
    replies = 0
    return delivered
  }
}
