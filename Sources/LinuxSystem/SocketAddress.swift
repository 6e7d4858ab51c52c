import CLinux
import NetworkAddresses

/// A socket address in the kernel's own form, kept whole so that it costs no allocation per connection.
package struct SocketAddress {
  package var storage = sockaddr_storage()
  /// Bytes of `storage` that count.
  package var length: UInt32 = 0

  /// An empty address, for the kernel to fill in.
  package init() {}

  package static var capacity: UInt32 { UInt32(MemoryLayout<sockaddr_storage>.size) }

  package var family: Int32 { length < 2 ? AF_UNSPEC : Int32(storage.ss_family) }

  /// Calls `body` with the address as bind, connect and sendto take it.
  @inline(__always)
  package func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafeBytes(of: storage) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), length) }
  }

  /// Calls `body` with room for the kernel to write an address.
  @inline(__always)
  package mutating func withMutablePointer<Result>(
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
  ) -> Result {
    var capacity = SocketAddress.capacity
    let result = withUnsafeMutableBytes(of: &storage) {
      body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &capacity)
    }
    // The kernel reports the full length even where it had to cut.
    length = min(capacity, SocketAddress.capacity)
    return result
  }
}

extension SocketAddress {
  /// The kernel's form of an endpoint. `.unnamed` becomes a unix address without a name, which asks for an automatic
  /// one.
  ///
  /// Fails with ENAMETOOLONG when a unix path or name exceeds sun_path (108 bytes with the final NUL; unix(7)), with
  /// EINVAL when a path holds a NUL.
  package init(_ endpoint: SocketEndpoint) throws(SystemError) {
    switch endpoint {
    case .ip(let address, let port, let scope): self.init(address, port: port, scope: scope)
    case .unix(let path): try self.init(name: path, abstract: false)
    case .abstract(let name): try self.init(name: name, abstract: true)
    case .vsock(let cid, let port):
      var address = sockaddr_vm()
      address.svm_family = sa_family_t(AF_VSOCK)
      address.svm_cid = cid
      address.svm_port = port
      self.init(bytesOf: address)
    case .unnamed:
      self.init()
      storage.ss_family = sa_family_t(AF_UNIX)
      length = 2
    }
  }

  package init(_ address: IPAddress, port: UInt16, scope: UInt32 = 0) {
    switch address.family {
    case .ipv4:
      var inet = sockaddr_in()
      inet.sin_family = sa_family_t(AF_INET)
      inet.sin_port = port.bigEndian
      inet.sin_addr.s_addr = UInt32(truncatingIfNeeded: address.bits).bigEndian
      self.init(bytesOf: inet)
    case .ipv6:
      var inet = sockaddr_in6()
      inet.sin6_family = sa_family_t(AF_INET6)
      inet.sin6_port = port.bigEndian
      inet.sin6_scope_id = scope
      withUnsafeMutableBytes(of: &inet.sin6_addr) { $0.storeBytes(of: address.bits.bigEndian, as: UInt128.self) }
      self.init(bytesOf: inet)
    }
  }

  private init<Address>(bytesOf address: Address) {
    length = UInt32(MemoryLayout<Address>.size)
    withUnsafeBytes(of: address) { bytes in withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: bytes) } }
  }

  private init(name: String, abstract: Bool) throws(SystemError) {
    let bytes = Array(name.utf8)
    // A path needs its final NUL, an abstract name its leading one.
    guard bytes.count < 108 else { throw SystemError("use unix socket name", name, errno: ENAMETOOLONG) }
    if !abstract && (bytes.isEmpty || bytes.contains(0)) {
      throw SystemError("use unix socket name", name, errno: EINVAL)
    }
    storage.ss_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &storage) { storage in
      for (index, byte) in bytes.enumerated() { storage[2 + (abstract ? 1 : 0) + index] = byte }
    }
    length = UInt32(2 + bytes.count + 1)
  }
}

extension SocketAddress {
  /// The address in the project's own terms; nil for a family this project does not know.
  ///
  /// Allocates for unix names only. A v4-mapped peer stays IPv6 here; `IPAddress.unmapped` makes it what people wrote.
  package var endpoint: SocketEndpoint? {
    switch family {
    case AF_INET:
      return load(sockaddr_in.self).map {
        .ip(IPAddress(ipv4: UInt32(bigEndian: $0.sin_addr.s_addr)), port: UInt16(bigEndian: $0.sin_port))
      }
    case AF_INET6:
      return load(sockaddr_in6.self).map { inet in
        .ip(SocketAddress.address(of: inet), port: UInt16(bigEndian: inet.sin6_port), scope: inet.sin6_scope_id)
      }
    case AF_UNIX: return unixName
    case AF_VSOCK: return load(sockaddr_vm.self).map { .vsock(cid: $0.svm_cid, port: $0.svm_port) }
    default: return nil
    }
  }

  /// The port of an IPv4 or IPv6 address, else 0.
  package var port: UInt16 {
    guard family == AF_INET || family == AF_INET6, length >= 4 else { return 0 }
    return UInt16(bigEndian: withUnsafeBytes(of: storage) { $0.load(fromByteOffset: 2, as: UInt16.self) })
  }

  /// The interface of a link-local IPv6 address, else 0.
  package var scope: UInt32 { family == AF_INET6 ? load(sockaddr_in6.self)?.sin6_scope_id ?? 0 : 0 }

  /// The address of an IPv4 or IPv6 socket as the kernel has it: a v4-mapped one stays IPv6.
  package var rawIP: IPAddress? { endpoint?.ip }

  /// The address of an IPv4 or IPv6 socket, a v4-mapped one as the IPv4 address it stands for.
  package var ip: IPAddress? {
    switch family {
    case AF_INET: load(sockaddr_in.self).map { IPAddress(ipv4: UInt32(bigEndian: $0.sin_addr.s_addr)) }
    case AF_INET6: load(sockaddr_in6.self).map { SocketAddress.address(of: $0).unmapped }
    default: nil
    }
  }

  private static func address(of inet: sockaddr_in6) -> IPAddress {
    withUnsafeBytes(of: inet.sin6_addr) { IPAddress(ipv6: UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self))) }
  }

  private func load<Address>(_: Address.Type) -> Address? {
    guard Int(length) >= MemoryLayout<Address>.size else { return nil }
    return withUnsafeBytes(of: storage) { $0.baseAddress!.assumingMemoryBound(to: Address.self).pointee }
  }

  private var unixName: SocketEndpoint {
    let name = withUnsafeBytes(of: storage) { Array($0[2..<max(2, Int(length))]) }
    guard let first = name.first else { return .unnamed }
    if first == 0 { return .abstract(name: String(decoding: name.dropFirst(), as: UTF8.self)) }
    let end = name.firstIndex(of: 0) ?? name.endIndex
    return .unix(path: String(decoding: name[..<end], as: UTF8.self))
  }
}

extension SocketAddress: CustomStringConvertible {
  package var description: String { endpoint?.description ?? "address family \(family)" }
}

extension SocketAddress {
  /// Whether an Internet address is no host's: unspecified, a group's or reserved, broadcast among them (RFC 1122 section
  /// 3.2.1.3, RFC 4291 section 2.7). Whoever sends from there wants others to get the answer.
  package static func isNoHost(_ address: UnsafePointer<sockaddr_storage>) -> Bool {
    let bytes = UnsafeRawPointer(address)
    switch Int32(address.pointee.ss_family) {
    case AF_INET: return isNoHost(ipv4: bytes + 4)  // sin_addr
    case AF_INET6:
      let ip = bytes + 8  // sin6_addr
      let high = ip.loadUnaligned(as: UInt64.self)
      let middle = ip.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
      if high == 0 && middle == UInt32(0xffff).bigEndian { return isNoHost(ipv4: ip + 12) }
      let isUnspecified = high == 0 && ip.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == 0
      return isUnspecified || ip.load(as: UInt8.self) == 0xff
    default: return false
    }
  }

  private static func isNoHost(ipv4 address: UnsafeRawPointer) -> Bool {
    address.load(as: UInt8.self) >= 224 || address.loadUnaligned(as: UInt32.self) == 0
  }
}
