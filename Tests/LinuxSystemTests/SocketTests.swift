import CLinux
import LinuxSystem
import NetworkAddresses
import Testing

@Suite struct SocketTests {
  static let loopback = SocketEndpoint.ip(.loopback4, port: 0)

  static func listener(_ endpoint: SocketEndpoint = loopback) throws -> (FileDescriptorBox, SocketEndpoint) {
    let socket = try FileDescriptor.socket(endpoint.domain, .stream)
    try socket.borrowed.bind(to: endpoint)
    try socket.borrowed.listen(backlog: 16)
    let address = try #require(try socket.borrowed.localAddress().endpoint)
    return (FileDescriptorBox(socket), address)
  }

  @Test(arguments: [
    SocketEndpoint.ip(IPAddress(ipv4: 0xc000_0201), port: 79), .ip(.any(.ipv4), port: 0),
    .ip(IPAddress(ipv6: 0xfe80 << 112 | 1), port: 65535, scope: 3), .ip(.loopback6, port: 1), .unix(path: "/run/x"),
    .unix(path: "/" + String(repeating: "x", count: 106)), .abstract(name: "some\0name"), .abstract(name: ""),
    .vsock(cid: 2, port: 99), .unnamed,
  ])
  func endpointsSurviveTheKernelsForm(_ endpoint: SocketEndpoint) throws {
    #expect(try SocketAddress(endpoint).endpoint == endpoint)
  }

  @Test func namesThatDoNotFitAreRefused() throws {
    let long = try error { () throws(SystemError) in
      _ = try SocketAddress(.unix(path: "/" + String(repeating: "x", count: 107)))
    }
    #expect(long.errno == ENAMETOOLONG)
    #expect(try error { () throws(SystemError) in _ = try SocketAddress(.unix(path: "a\0b")) }.errno == EINVAL)
    #expect(try error { () throws(SystemError) in _ = try SocketAddress(.unix(path: "")) }.errno == EINVAL)
  }

  @Test func aMappedPeerIsTheIPv4AddressItStandsFor() {
    let mapped = SocketAddress(IPAddress(ipv6: 0xffff_7f00_0001), port: 7)
    #expect(mapped.ip == .loopback4)
    #expect(mapped.port == 7)
    #expect(mapped.description == "[::ffff:127.0.0.1]:7")
  }

  @Test func aConnectionIsAcceptedWithItsPeer() throws {
    let (listener, address) = try Self.listener()
    var peer = SocketAddress()
    guard case .none = listener.borrowed.accept(nonblocking: true, peer: &peer) else {
      Issue.record("nobody has connected")
      return
    }
    let client = try FileDescriptor.socket(.ipv4, .stream, nonblocking: false)
    #expect(try client.borrowed.connect(to: address))
    try listener.borrowed.waitReadable()
    for _ in 0..<1 {
      guard case .connection(let server) = listener.borrowed.accept(nonblocking: false, peer: &peer) else {
        Issue.record("no connection")
        return
      }
      #expect(server.borrowed.isCloseOnExec)
      #expect(!server.borrowed.isNonblocking)
      #expect(peer.endpoint == (try client.borrowed.localAddress().endpoint))
      #expect(try server.borrowed.peerAddress().endpoint == peer.endpoint)
      #expect(try server.borrowed.localAddress().endpoint == address)

      try client.borrowed.writeAll("ping")
      try client.borrowed.shutDown(reading: false, writing: true)
      #expect(try server.borrowed.receiveText() == "ping")
      #expect(try server.borrowed.receiveText() == "")
    }
  }

  @Test func aListenerThatIsNoneSaysSo() throws {
    let socket = try FileDescriptor.socket(.ipv4, .stream)
    var peer = SocketAddress()
    guard case .failed(EINVAL) = socket.borrowed.accept(nonblocking: true, peer: &peer) else {
      Issue.record("an unconnected socket accepts nothing")
      return
    }
    #expect(!socket.borrowed.isListening)
    try socket.borrowed.listen(backlog: 1)
    #expect(socket.borrowed.isListening)
  }

  @Test func aPortInUseIsReportedWithItsAddress() throws {
    let (listener, address) = try Self.listener()
    let socket = try FileDescriptor.socket(.ipv4, .stream)
    let failure = try error { () throws(SystemError) in try socket.borrowed.bind(to: address) }
    #expect(failure.description == "bind \(address): Address already in use")
    #expect(listener.borrowed.isListening)
  }

  @Test func aRefusedConnectionIsFoundLater() throws {
    let (_, address) = try Self.listener()  // gone at once: nobody listens there
    let client = try FileDescriptor.socket(.ipv4, .stream)
    do {
      if try !client.borrowed.connect(to: address) {
        var poll = pollfd(fd: client.raw, events: Int16(POLLOUT), revents: 0)
        try #require(CLinux.poll(&poll, 1, 20_000) == 1)
        #expect(client.borrowed.pendingError() == ECONNREFUSED)
        #expect(client.borrowed.pendingError() == 0)
      }
    } catch {
      #expect((error as? SystemError)?.errno == ECONNREFUSED)
    }
  }

  @Test func aSocketTellsWhatItIs() throws {
    let udp = try FileDescriptor.socket(.ipv6, .datagram)
    #expect(udp.borrowed.socketDomain == .ipv6)
    #expect(udp.borrowed.socketKind == .datagram)
    #expect(udp.borrowed.socketProtocol == Int32(IPPROTO_UDP))
    #expect(!udp.borrowed.isV6Only)
    try udp.borrowed.set(.v6Only(true))
    #expect(udp.borrowed.isV6Only)
    let file = try FileDescriptor.open("/dev/null")
    #expect(file.borrowed.socketKind == nil)
  }

  @Test(arguments: [
    ("0.0.0.0", true), ("224.0.0.1", true), ("239.255.255.255", true), ("240.0.0.1", true), ("255.255.255.255", true),
    ("223.255.255.255", false), ("127.0.0.1", false), ("0.0.0.1", false), ("10.255.255.255", false),
    ("::", true), ("ff02::1", true), ("ff00::", true), ("::ffff:224.0.0.1", true), ("::ffff:255.255.255.255", true),
    ("::ffff:0.0.0.0", true), ("::1", false), ("fe80::1", false), ("::ffff:10.0.0.1", false), ("::224.0.0.1", false),
    ("2001:db8::ff", false),
  ])
  func someAddressesAreNoHosts(_ text: String, _ isNoHost: Bool) throws {
    let address = SocketAddress(try #require(IPAddress(text)), port: 7)
    #expect(withUnsafePointer(to: address.storage) { SocketAddress.isNoHost($0) } == isNoHost)
  }

  @Test func peerCredentialsAreThoseOfTheClient() throws {
    let name = SocketEndpoint.abstract(name: "inetd-test-\(CurrentProcess.pid)-credentials")
    let (listener, _) = try Self.listener(name)
    let client = try FileDescriptor.socket(.unix, .stream)
    #expect(try client.borrowed.connect(to: name))
    var peer = SocketAddress()
    switch listener.borrowed.accept(nonblocking: true, peer: &peer) {
    case .connection(let server):
      #expect(peer.endpoint == .unnamed)
      #expect(
        try server.borrowed.peerCredentials()
          == PeerCredentials(pid: CurrentProcess.pid, uid: getuid(), gid: getgid()))
    default: Issue.record("no connection")
    }
  }
}

/// Lets a test return an owned descriptor beside other values: tuples cannot hold what is not copyable.
final class FileDescriptorBox {
  private let descriptor: FileDescriptor
  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
  var borrowed: BorrowedDescriptor { descriptor.borrowed }
}
