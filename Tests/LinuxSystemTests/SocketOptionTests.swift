import CLinux
import LinuxSystem
import NetworkAddresses
import Testing

@Suite struct SocketOptionTests {
  struct Row: CustomTestStringConvertible {
    let option: SocketOption
    let domain: SocketDomain
    let kind: SocketKind
    let level: Int32
    let number: Int32
    /// What the kernel gives back.
    let expected: Int32
    var testDescription: String { "\(option)" }

    init(
      _ option: SocketOption, _ level: Int32, _ number: Int32, _ expected: Int32 = 1,
      domain: SocketDomain = .ipv4, kind: SocketKind = .stream
    ) {
      (self.option, self.domain, self.kind) = (option, domain, kind)
      (self.level, self.number, self.expected) = (level, number, expected)
    }
  }

  static let tcp = Int32(IPPROTO_TCP)
  static let ip = Int32(IPPROTO_IP)
  static let ip6 = Int32(IPPROTO_IPV6)

  static let rows = [
    Row(.reuseAddress(true), SOL_SOCKET, SO_REUSEADDR),
    Row(.reusePort(true), SOL_SOCKET, SO_REUSEPORT),
    Row(.v6Only(true), ip6, IPV6_V6ONLY, domain: .ipv6),
    // socket(7): the kernel doubles the value for its own bookkeeping.
    Row(.sendBuffer(20_000), SOL_SOCKET, SO_SNDBUF, 40_000),
    Row(.receiveBuffer(20_000), SOL_SOCKET, SO_RCVBUF, 40_000),
    Row(.keepalive(true), SOL_SOCKET, SO_KEEPALIVE),
    Row(.keepaliveIdle(77), tcp, TCP_KEEPIDLE, 77),
    Row(.keepaliveInterval(7), tcp, TCP_KEEPINTVL, 7),
    Row(.keepaliveCount(5), tcp, TCP_KEEPCNT, 5),
    Row(.noDelay(true), tcp, TCP_NODELAY),
    Row(.trafficClass(.ipv4, 0x10), ip, IP_TOS, 0x10),
    Row(.trafficClass(.ipv6, 0x20), ip6, IPV6_TCLASS, 0x20, domain: .ipv6),
    Row(.hopLimit(.ipv4, 9), ip, IP_TTL, 9),
    Row(.hopLimit(.ipv6, 9), ip6, IPV6_UNICAST_HOPS, 9, domain: .ipv6),
    Row(.priority(4), SOL_SOCKET, SO_PRIORITY, 4),
    Row(.freeBind(.ipv4), ip, IP_FREEBIND),
    Row(.freeBind(.ipv6), ip6, IPV6_FREEBIND, domain: .ipv6),
    Row(.broadcast(true), SOL_SOCKET, SO_BROADCAST, kind: .datagram),
    Row(.fastOpen(33), tcp, TCP_FASTOPEN, 33),
    Row(.packetInformation(.ipv4, true), ip, IP_PKTINFO, kind: .datagram),
    Row(.packetInformation(.ipv6, true), ip6, IPV6_RECVPKTINFO, domain: .ipv6, kind: .datagram),
    Row(.passCredentials(true), SOL_SOCKET, SO_PASSCRED, domain: .unix),
  ]

  @Test(arguments: rows) func theKernelHasWhatWasSet(_ row: Row) throws {
    let socket = try FileDescriptor.socket(row.domain, row.kind)
    try socket.borrowed.set(row.option)
    var value: Int32 = 0
    var length = socklen_t(4)
    #expect(getsockopt(socket.raw, row.level, row.number, &value, &length) == 0)
    #expect(value == row.expected)
  }

  @Test(.enabled(if: CurrentProcess.isRoot, "marks and transparent sockets need root"))
  func privilegedOptionsAreSet() throws {
    let socket = try FileDescriptor.socket(.ipv4, .stream)
    try socket.borrowed.set(.mark(5))
    try socket.borrowed.set(.transparent(.ipv4))
    try socket.borrowed.set(.bindDevice("lo"))
    var value: Int32 = 0
    var length = socklen_t(4)
    getsockopt(socket.raw, SOL_SOCKET, SO_MARK, &value, &length)
    #expect(value == 5)
  }

  @Test func theCongestionControlIsTheNamedOne() throws {
    let socket = try FileDescriptor.socket(.ipv4, .stream)
    try socket.borrowed.set(.congestion("reno"))
    var name = [CChar](repeating: 0, count: 16)
    var length = socklen_t(16)
    getsockopt(socket.raw, Self.tcp, TCP_CONGESTION, &name, &length)
    #expect(name.prefix { $0 != 0 } == "reno".utf8CString.dropLast())
    let unknown = try error { () throws(SystemError) in try socket.borrowed.set(.congestion("nonesuch")) }
    #expect(unknown.description == "set socket option congestion: No such file or directory")
  }

  @Test func deferredAcceptIsOnAfterwards() throws {
    let socket = try FileDescriptor.socket(.ipv4, .stream)
    try socket.borrowed.set(.deferAccept(5))
    var value: Int32 = 0
    var length = socklen_t(4)
    getsockopt(socket.raw, Self.tcp, TCP_DEFER_ACCEPT, &value, &length)
    // The kernel counts in retransmissions and rounds up.
    #expect(value >= 5)
  }

  @Test func aGroupIsJoinedOnAnInterface() throws {
    let loopback = try #require(NetworkInterfaces.index(of: "lo"))
    let socket = try FileDescriptor.socket(.ipv4, .datagram)
    let group = IPAddress(ipv4: 0xefff_0102)
    try socket.borrowed.set(.joinGroup(group, interface: loopback))
    let memberships = String(decoding: try FileSystem.contents(of: "/proc/net/igmp").bytes, as: UTF8.self)
    #expect(memberships.contains("0201FFEF"))
    #expect(
      try error { () throws(SystemError) in
        try socket.borrowed.set(.joinGroup(.loopback4, interface: loopback))
      }.description == "set socket option multicast_group: Invalid argument")
  }
}
