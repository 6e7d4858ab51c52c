import CLinux
import NetworkAddresses

/// A name that the resolver could not turn into addresses.
package struct ResolverError: Error, Equatable, Sendable {
  package let name: String
  /// The resolver's sentence: `Name or service not known`.
  package let reason: String
  /// Whether asking again later may help (EAI_AGAIN).
  package let isTemporary: Bool

  package var description: String { "look up host " + name + ": " + reason }
}

/// /etc/services, /etc/networks and the resolver, through NSS. May wait for the network: only while a configuration is
/// loaded.
package enum NetworkDatabase {
  /// The port of a service name (`finger`, `tcp`); nil when there is none.
  @export(interface) package static func port(ofService name: String, protocol: String) -> UInt16? {
    lookUp { getservbyname_r(name, `protocol`, $0, $1, $2, $3) }.map {
      UInt16(bigEndian: UInt16(truncatingIfNeeded: $0.port))
    }
  }

  /// The name of a port.
  @export(interface) package static func service(ofPort port: UInt16, protocol: String) -> String? {
    lookUp { getservbyport_r(Int32(port.bigEndian), `protocol`, $0, $1, $2, $3) }?.name
  }

  private typealias ServiceCall = (
    UnsafeMutablePointer<servent>, UnsafeMutablePointer<CChar>, Int,
    UnsafeMutablePointer<UnsafeMutablePointer<servent>?>
  ) -> Int32

  private static func lookUp(_ call: ServiceCall) -> (name: String, port: Int32)? {
    var size = 1024
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      var record = servent()
      var found: UnsafeMutablePointer<servent>?
      let number = call(&record, buffer, size, &found)
      if let found { return (String(cString: found.pointee.s_name), found.pointee.s_port) }
      if number != ERANGE { return nil }
      size *= 2
    }
    return nil
  }

  /// The network number of a name in /etc/networks, as an IPv4 prefix with its host octets zero.
  ///
  /// The length follows from the trailing zero octets, as the file has no masks: `loopback 127.0.0.0` is 127.0.0.0/8.
  @export(interface) package static func network(named name: String) -> IPPrefix? {
    var size = 1024
    while size <= 1 << 20 {
      let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
      defer { buffer.deallocate() }
      var record = netent()
      var found: UnsafeMutablePointer<netent>?
      var resolver: Int32 = 0
      let number = getnetbyname_r(name, &record, buffer, size, &found, &resolver)
      if let found { return prefix(ofNetwork: found.pointee.n_net) }
      if number != ERANGE { return nil }
      size *= 2
    }
    return nil
  }

  /// glibc gives the number of `127.0.0.0` as 0x7f000000 and that of `127` as 0x7f.
  static func prefix(ofNetwork number: UInt32) -> IPPrefix {
    var bits = number
    if bits != 0 { while bits & 0xff00_0000 == 0 { bits <<= 8 } }
    var length = 32
    while length > 0 && bits << (UInt32(length) - 8) == 0 { length -= 8 }
    return IPPrefix(IPAddress(ipv4: bits), length: length)
  }

  /// The addresses of a host name, in the resolver's order of preference, each once.
  @export(interface) package static func addresses(ofHost name: String, family: IPFamily? = nil) throws(ResolverError)
    -> [IPAddress]
  {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_family =
      switch family {
      case .ipv4: AF_INET
      case .ipv6: AF_INET6
      case nil: AF_UNSPEC
      }
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(name, nil, &hints, &list)
    if result != 0 {
      let reason = result == EAI_SYSTEM ? SystemError.text(clinux_errno()) : String(cString: gai_strerror(result))
      throw ResolverError(name: name, reason: reason, isTemporary: result == EAI_AGAIN)
    }
    defer { freeaddrinfo(list) }
    var addresses: [IPAddress] = []
    var next = list
    while let entry = next {
      if let address = SocketAddress(entry.pointee.ai_addr, length: entry.pointee.ai_addrlen)?.rawIP,
        !addresses.contains(address)
      {
        addresses.append(address)
      }
      next = entry.pointee.ai_next
    }
    return addresses
  }
}

extension NetworkDatabase {
  /// The addresses of a host name, or the error ETIMEDOUT after `limit`, however long the name servers take.
  ///
  /// The resolver cannot be told to give up; a process that asks it can be ended.
  @export(interface) package static func addresses(ofHost name: String, within limit: TimeSpan) throws(ResolverError)
    -> [IPAddress]
  {
    var answer = clinux_host_answer()
    let milliseconds = Int32(clamping: limit.nanoseconds / 1_000_000)
    guard clinux_look_up_host(name, AF_UNSPEC, max(milliseconds, 0), &answer) == 0 else {
      let number = clinux_errno()
      let reason = number == ETIMEDOUT ? "the name servers do not answer in time" : SystemError.text(number)
      throw ResolverError(name: name, reason: reason, isTemporary: true)
    }
    if answer.result != 0 {
      let reason =
        answer.result == EAI_SYSTEM ? SystemError.text(answer.error) : String(cString: gai_strerror(answer.result))
      throw ResolverError(name: name, reason: reason, isTemporary: answer.result == EAI_AGAIN)
    }
    let count = Int(answer.count)
    var addresses: [IPAddress] = []
    withUnsafeBytes(of: &answer.addresses) { bytes in
      for entry in bytes.bindMemory(to: sockaddr_in6.self).prefix(count) {
        let address = withUnsafePointer(to: entry) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { SocketAddress($0)?.rawIP }
        }
        if let address, !addresses.contains(address) { addresses.append(address) }
      }
    }
    return addresses
  }
}

/// Network interfaces.
package enum NetworkInterfaces {
  /// The index of an interface (if_nametoindex(3)); nil when there is none of that name.
  @export(interface) package static func index(of name: String) -> UInt32? {
    let index = if_nametoindex(name)
    return index == 0 ? nil : index
  }

  @export(interface) package static func name(of index: UInt32) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
      if_indextoname(index, buffer.baseAddress!).map { String(cString: $0) }
    }
  }

  /// The addresses of an interface, or of all when nil, in the kernel's order.
  @export(interface) package static func addresses(of name: String? = nil) throws(SystemError) -> [InterfaceAddress] {
    var list: UnsafeMutablePointer<ifaddrs>?
    try checked("list interfaces") { getifaddrs(&list) }
    defer { freeifaddrs(list) }
    var result: [InterfaceAddress] = []
    var next = list
    while let entry = next {
      next = entry.pointee.ifa_next
      let interface = String(cString: entry.pointee.ifa_name)
      if let name, !name.utf8.elementsEqual(interface.utf8) { continue }
      guard let pointer = entry.pointee.ifa_addr, let address = SocketAddress(pointer)?.rawIP else { continue }
      result.append(InterfaceAddress(interface: interface, address: address))
    }
    return result
  }
}

/// One address of one interface.
package struct InterfaceAddress: Equatable, Sendable {
  package let interface: String
  package let address: IPAddress
}

extension SocketAddress {
  /// A copy of an address the kernel or libc owns; nil for families other than IPv4 and IPv6.
  init?(_ pointer: UnsafePointer<sockaddr>, length: UInt32? = nil) {
    self.init()
    switch Int32(pointer.pointee.sa_family) {
    case AF_INET: self.length = UInt32(MemoryLayout<sockaddr_in>.size)
    case AF_INET6: self.length = UInt32(MemoryLayout<sockaddr_in6>.size)
    default: return nil
    }
    if let length, length < self.length { return nil }
    let count = Int(self.length)
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: UnsafeRawPointer(pointer), count: count))
    }
  }

  init?(_ pointer: UnsafeMutablePointer<sockaddr>?, length: UInt32? = nil) {
    guard let pointer else { return nil }
    self.init(UnsafePointer(pointer), length: length)
  }

  /// The address as it stands, v4-mapped or not.
}

extension NetworkDatabase {
  /// The name that the resolver gives an address (getnameinfo(3)); nil when it has none. Anybody who runs a name server
  /// can claim any name here: believe it only if it leads back to the address.
  package static func name(ofAddress address: IPAddress) -> String? {
    let socketAddress = SocketAddress(address, port: 0)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
      let result = socketAddress.withPointer { pointer, length in
        getnameinfo(pointer, length, buffer.baseAddress, socklen_t(NI_MAXHOST), nil, 0, Int32(NI_NAMEREQD))
      }
      return result == 0 ? buffer.baseAddress.map { String(cString: $0) } : nil
    }
  }
}
