import CLinux
import LinuxSystem
import NetworkAddresses
import Testing

@Suite struct DatagramTests {
  /// A bound datagram socket that reports destinations, and its port.
  static func server(_ address: IPAddress, v6Only: Bool = true) throws -> (FileDescriptorBox, UInt16) {
    let socket = try FileDescriptor.socket(address.family == .ipv4 ? .ipv4 : .ipv6, .datagram)
    if address.family == .ipv6 { try socket.borrowed.set(.v6Only(v6Only)) }
    try socket.borrowed.set(.packetInformation(address.family, true))
    if address.family == .ipv6 && !v6Only { try socket.borrowed.set(.packetInformation(.ipv4, true)) }
    try socket.borrowed.bind(to: .ip(address, port: 0))
    let port = try socket.borrowed.localAddress().port
    return (FileDescriptorBox(socket), port)
  }

  static func client(_ family: IPFamily) throws -> FileDescriptorBox {
    let socket = try FileDescriptor.socket(family == .ipv4 ? .ipv4 : .ipv6, .datagram)
    try socket.borrowed.bind(to: .ip(family == .ipv4 ? .loopback4 : .loopback6, port: 0))
    return FileDescriptorBox(socket)
  }

  static func send(_ text: String, from client: FileDescriptorBox, to address: SocketEndpoint) throws {
    let address = try SocketAddress(address)
    let bytes = Array(text.utf8)
    #expect(bytes.withUnsafeBytes { client.borrowed.send($0, to: address) } == .transferred(bytes.count))
  }

  static func receive(_ client: FileDescriptorBox) throws -> (text: String, from: SocketEndpoint?) {
    try client.borrowed.waitReadable()
    var peer = SocketAddress()
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let result = bytes.withUnsafeMutableBytes { client.borrowed.receive(into: $0, from: &peer) }
    guard case .transferred(let count) = result else { throw SystemError.last("receive") }
    return (String(decoding: bytes[..<count], as: UTF8.self), peer.endpoint)
  }

  @Test func repliesLeaveFromTheAddressThatWasAsked() throws {
    let (server, port) = try Self.server(.any(.ipv4))
    let batch = DatagramBatch(capacity: 8)
    let client = try Self.client(.ipv4)
    let asked = (1...5).map { IPAddress(ipv4: 0x7f00_0100 + $0) }
    for address in asked { try Self.send("to \(address)", from: client, to: .ip(address, port: port)) }

    try server.borrowed.waitReadable()
    #expect(batch.receive(from: server.borrowed) == .transferred(5))
    for index in 0..<batch.count {
      #expect(batch.destination(index) == asked[index])
      #expect(batch.wasUnicast(index))
      #expect(!batch.wasTruncated(index))
      #expect(batch.peer(index).endpoint == (try client.borrowed.localAddress().endpoint))
      batch.reply(to: index, with: UnsafeRawBufferPointer(batch.payload(index)))
    }
    #expect(batch.sendReplies(on: server.borrowed) == 5)
    for address in asked {
      let (text, from) = try Self.receive(client)
      #expect(text == "to \(address)")
      #expect(from == .ip(address, port: port))
    }
    // Nothing is left over.
    #expect(batch.receive(from: server.borrowed) == .wouldBlock)
    #expect(batch.count == 0)
    #expect(batch.sendReplies(on: server.borrowed) == 0)
  }

  @Test func aDualStackSocketAnswersBothFamilies() throws {
    let (server, port) = try Self.server(.any(.ipv6), v6Only: false)
    let batch = DatagramBatch(capacity: 2, size: 100)
    for (family, address) in [(IPFamily.ipv4, IPAddress(ipv4: 0x7f00_0a0b)), (.ipv6, .loopback6)] {
      let client = try Self.client(family)
      try Self.send("x", from: client, to: .ip(address, port: port))
      try server.borrowed.waitReadable()
      #expect(batch.receive(from: server.borrowed) == .transferred(1))
      #expect(batch.destination(0)?.unmapped == address)
      #expect(batch.wasUnicast(0))
      batch.reply(to: 0, with: UnsafeRawBufferPointer(batch.payload(0)))
      #expect(batch.sendReplies(on: server.borrowed) == 1)
      #expect(try Self.receive(client).from == .ip(address, port: port))
    }
  }

  @Test func aBatchTakesNoMoreThanItHolds() throws {
    let (server, port) = try Self.server(.loopback4)
    let client = try Self.client(.ipv4)
    for index in 0..<5 { try Self.send("\(index)", from: client, to: .ip(.loopback4, port: port)) }
    let batch = DatagramBatch(capacity: 3, size: 100)
    try server.borrowed.waitReadable()
    #expect(batch.receive(from: server.borrowed) == .transferred(3))
    #expect(batch.receive(from: server.borrowed) == .transferred(2))
    #expect((0..<2).map { String(decoding: batch.payload($0), as: UTF8.self) } == ["3", "4"])
  }

  @Test func aLongDatagramIsCutAndSaysSo() throws {
    let (server, port) = try Self.server(.loopback4)
    let client = try Self.client(.ipv4)
    try Self.send(String(repeating: "x", count: 101), from: client, to: .ip(.loopback4, port: port))
    let batch = DatagramBatch(capacity: 3, size: 100)
    try server.borrowed.waitReadable()
    #expect(batch.receive(from: server.borrowed) == .transferred(1))
    #expect(batch.wasTruncated(0))
    #expect(batch.payload(0).count == 100)
  }

  @Test func aBroadcastIsNotForUsAlone() throws {
    let (server, port) = try Self.server(.any(.ipv4))
    let client = try Self.client(.ipv4)
    try client.borrowed.set(.broadcast(true))
    try Self.send("all", from: client, to: .ip(IPAddress(ipv4: 0x7fff_ffff), port: port))
    try server.borrowed.waitReadable()
    let batch = DatagramBatch(capacity: 1, size: 100)
    #expect(batch.receive(from: server.borrowed) == .transferred(1))
    #expect(!batch.wasUnicast(0))
  }

  @Test func aGroupIsNotUsAlone() throws {
    let loopback = try #require(NetworkInterfaces.index(of: "lo"))
    let (server, port) = try Self.server(.any(.ipv4))
    let group = IPAddress(ipv4: 0xefff_0103)
    try server.borrowed.set(.joinGroup(group, interface: loopback))
    let client = try Self.client(.ipv4)
    try Self.send("group", from: client, to: .ip(group, port: port))
    try server.borrowed.waitReadable()
    let batch = DatagramBatch(capacity: 1, size: 100)
    #expect(batch.receive(from: server.borrowed) == .transferred(1))
    #expect(batch.destination(0) == group)
    #expect(!batch.wasUnicast(0))
  }

  @Test func aReplyThatCannotBeSentCostsNoOther() throws {
    let (server, port) = try Self.server(.loopback4)
    let first = try Self.client(.ipv4)
    let second = try Self.client(.ipv4)
    let batch = DatagramBatch(capacity: 4)
    try Self.send("a", from: first, to: .ip(.loopback4, port: port))
    try Self.send("b", from: second, to: .ip(.loopback4, port: port))
    try server.borrowed.waitReadable()
    #expect(batch.receive(from: server.borrowed) == .transferred(2))
    // Larger than any datagram can be: EMSGSIZE for the first only.
    let huge = UnsafeMutableRawBufferPointer.allocate(byteCount: 70_000, alignment: 1)
    defer { huge.deallocate() }
    batch.reply(to: 0, with: UnsafeRawBufferPointer(huge))
    batch.reply(to: 1, with: UnsafeRawBufferPointer(batch.payload(1)))
    #expect(batch.sendReplies(on: server.borrowed) == 1)
    #expect(try Self.receive(second).text == "b")
  }

  @Test func lookingTakesNothing() throws {
    let (server, port) = try Self.server(.loopback4)
    #expect(server.borrowed.peekDatagram() == nil)
    let client = try Self.client(.ipv4)
    try Self.send("hello", from: client, to: .ip(.loopback4, port: port))
    try Self.send("", from: client, to: .ip(.loopback4, port: port))
    try server.borrowed.waitReadable()
    for _ in 0..<2 {
      let seen = try #require(server.borrowed.peekDatagram())
      #expect(seen.size == 5)
      #expect(seen.peer.endpoint == (try client.borrowed.localAddress().endpoint))
    }
    #expect(try server.borrowed.readableByteCount() == 5)
    #expect(server.borrowed.dropDatagram() == .transferred(5))
    #expect(server.borrowed.dropDatagram() == .transferred(0))
    #expect(server.borrowed.dropDatagram() == .wouldBlock)
  }
}
