import NetworkAddresses

/// What the next process must know of a running server, in the 64 bytes that one place of the ledger has.
package struct InstanceRecord: Equatable {
  package static let size = 64

  package var pid: Int32 = 0
  /// A datagram service's server for one peer.
  package var hasPeerOfItsOwn = false
  /// It was given all sockets of its service.
  package var hasAllSockets = false
  /// When its start was recorded, on the clock of /proc/PID/stat (nanoseconds since boot).
  package var recordedAt: Int64 = 0
  /// On the monotonic clock, for its duration.
  package var startedAt: Int64 = 0
  /// `hash` of its service's id.
  package var service: UInt64 = 0
  /// The inode of the socket a wait server holds; 0 = none.
  package var socket: UInt64 = 0
  /// Its Internet peer; others are not counted by source.
  package var peer: SocketEndpoint?

  package init() {}

  /// FNV-1a, 64 bits: ids are few, and what two of them shared would be a count, no secret.
  package static func hash(_ id: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }

  /// Writes all but the pid, then the pid: a process that is killed in between leaves a free place, not a wrong one.
  package func write(to bytes: UnsafeMutableRawPointer) {
    var family: UInt8 = 0
    if case .ip(let address, let port, let scope) = peer {
      family = address.family.rawValue
      bytes.storeBytes(of: port, toByteOffset: 6, as: UInt16.self)
      bytes.storeBytes(of: scope, toByteOffset: 8, as: UInt32.self)
      bytes.storeBytes(of: UInt64(truncatingIfNeeded: address.bits), toByteOffset: 16, as: UInt64.self)
      bytes.storeBytes(of: UInt64(truncatingIfNeeded: address.bits >> 64), toByteOffset: 24, as: UInt64.self)
    }
    bytes.storeBytes(of: family, toByteOffset: 4, as: UInt8.self)
    bytes.storeBytes(of: (hasPeerOfItsOwn ? 1 : 0) | (hasAllSockets ? 2 : 0), toByteOffset: 5, as: UInt8.self)
    bytes.storeBytes(of: recordedAt, toByteOffset: 32, as: Int64.self)
    bytes.storeBytes(of: startedAt, toByteOffset: 40, as: Int64.self)
    bytes.storeBytes(of: service, toByteOffset: 48, as: UInt64.self)
    bytes.storeBytes(of: socket, toByteOffset: 56, as: UInt64.self)
    bytes.storeBytes(of: pid, toByteOffset: 0, as: Int32.self)
  }

  /// Changes when a written record was recorded.
  static func setRecordedAt(_ time: Int64, in bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: time, toByteOffset: 32, as: Int64.self)
  }

  /// Nil for a free place, or one that makes no sense.
  package init?(from bytes: UnsafeRawPointer) {
    pid = bytes.load(fromByteOffset: 0, as: Int32.self)
    let flags = bytes.load(fromByteOffset: 5, as: UInt8.self)
    let familyNumber = bytes.load(fromByteOffset: 4, as: UInt8.self)
    guard pid > 1, flags < 4 else { return nil }
    hasPeerOfItsOwn = flags & 1 != 0
    hasAllSockets = flags & 2 != 0
    if familyNumber != 0 {
      guard let family = IPFamily(rawValue: familyNumber) else { return nil }
      let low = bytes.load(fromByteOffset: 16, as: UInt64.self)
      let high = bytes.load(fromByteOffset: 24, as: UInt64.self)
      peer = .ip(
        IPAddress(family: family, bits: UInt128(high) << 64 | UInt128(low)),
        port: bytes.load(fromByteOffset: 6, as: UInt16.self), scope: bytes.load(fromByteOffset: 8, as: UInt32.self))
    }
    recordedAt = bytes.load(fromByteOffset: 32, as: Int64.self)
    startedAt = bytes.load(fromByteOffset: 40, as: Int64.self)
    // Times are reckoned with: no clock of ours says less than 0 or more than a century.
    let times: Range<Int64> = 0..<(1 << 62)
    guard times.contains(recordedAt), times.contains(startedAt) else { return nil }
    service = bytes.load(fromByteOffset: 48, as: UInt64.self)
    socket = bytes.load(fromByteOffset: 56, as: UInt64.self)
  }

  /// Whether a process that began at `started` is the recorded one. Its start was recorded right before and right after it;
  /// another process with the same pid can only have begun after it had ended, hence later.
  package func means(processStartedAt started: Int64) -> Bool {
    // The kernel rounds down to a tick of 10 ms; the daemon may have had to wait for a processor before it recorded.
    started <= recordedAt + 10_000_000 && started >= recordedAt - 5_000_000_000
  }
}
