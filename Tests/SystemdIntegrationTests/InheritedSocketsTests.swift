import CLinux
import LinuxSystem
import NetworkAddresses
import SystemdIntegration
import Testing

/// Which inherited socket a service gets.
@Suite struct InheritedSocketsTests {
  private static let tcp = Int32(IPPROTO_TCP)

  private func socket(
    _ name: String, _ endpoint: SocketEndpoint, kind: SocketKind = .stream, isDual: Bool = false,
    origin: InheritedSocket.Origin = .unit, inode: UInt64 = 1
  ) -> InheritedSocket {
    InheritedSocket(
      raw: 3, name: name, origin: origin, domain: endpoint.ip?.family == .ipv6 ? .ipv6 : .ipv4, kind: kind,
      protocolNumber: kind == .stream ? Self.tcp : Int32(IPPROTO_UDP), endpoint: endpoint, isDualStack: isDual,
      inode: inode)
  }

  private func wanted(
    _ endpoint: SocketEndpoint, kind: SocketKind = .stream, isDual: Bool = false, both: Bool = false
  ) -> WantedSocket {
    WantedSocket(endpoint, kind, protocolNumber: 0, isDualStack: isDual, hasOtherFamily: both)
  }

  private let any4 = SocketEndpoint.ip(.any(.ipv4), port: 79)
  private let any6 = SocketEndpoint.ip(.any(.ipv6), port: 79)

  @Test func theNameCountsWhateverTheAddress() {
    var sockets = InheritedSockets([socket("finger", .ip(.loopback4, port: 7979))])
    #expect(sockets.claim(wanted(any4), for: "other", by: .name) == nil)
    #expect(sockets.claim(wanted(any4, kind: .datagram), for: "finger", by: .name) == nil, "another type")
    #expect(sockets.claim(wanted(any6), for: "finger", by: .name) == nil, "another family")
    #expect(sockets.claim(wanted(any4), for: "finger", by: .name) != nil)
    #expect(sockets.isEmpty)
  }

  @Test func ofSeveralWithTheNameTheAddressDecides() {
    let right = socket("finger", any4, inode: 2)
    var sockets = InheritedSockets([socket("finger", .ip(.loopback4, port: 79)), right])
    #expect(sockets.claim(wanted(any4), for: "finger", by: .name) == right)
  }

  @Test func addressTypeAndProtocolMustBeTheSame() {
    var sockets = InheritedSockets([socket("", any4)])
    #expect(sockets.claim(wanted(.ip(.any(.ipv4), port: 80)), for: "x", by: .address) == nil)
    #expect(sockets.claim(wanted(any4, kind: .datagram), for: "x", by: .address) == nil)
    #expect(sockets.claim(wanted(any4), for: "x", by: .address) != nil)
  }

  /// Serving IPv4 too where only IPv6 was asked for would open a door.
  @Test func aDualStackSocketServesOnlyWhoWantsBothFamilies() {
    var sockets = InheritedSockets([socket("", any6, isDual: true)])
    #expect(sockets.claim(wanted(any6), for: "x", by: .address) == nil)
    #expect(sockets.claim(wanted(any6), for: "x", by: .equivalence) == nil)
    #expect(sockets.claim(wanted(any4), for: "x", by: .equivalence) == nil)
    #expect(sockets.claim(wanted(any6, both: true), for: "x", by: .equivalence) != nil)
    sockets = InheritedSockets([socket("", any6, isDual: true)])
    #expect(sockets.claim(wanted(any6, isDual: true), for: "x", by: .address) != nil)
  }

  /// What was kept is for its own address: a service that has moved must not stay at the old one.
  @Test func aKeptSocketIsNeverClaimedByName() {
    var sockets = InheritedSockets([socket("finger", any4, origin: .kept)])
    #expect(sockets.claim(wanted(.ip(.any(.ipv4), port: 80)), for: "finger", by: .name) == nil)
    #expect(sockets.claim(wanted(any4), for: "whoever", by: .address) != nil)
  }

  @Test func aDescriptorThatIsNoSocketIsNone() throws {
    let file = try FileDescriptor.open("/dev/null")
    #expect(InheritedSocket(file.raw, name: "", origin: .unit) == nil)
  }
}
