import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// A client of the built-in ident service (RFC 1413), who asks whose our end of one of its own host's connections is.
///
/// Who asks learns only whether the connection exists: names of users are nobody's business by default (HIDDEN-USER), and
/// connections between other hosts cannot be asked about at all.
final class IdentConnection: Conversation {
  /// A client that neither asks nor reads for so long is dropped (RFC 1413 4 suggests 60 to 180 seconds).
  static let patience = TimeSpan.seconds(60)
  /// Questions that one connection may ask; a host that has more connections than this opens another.
  static let mostQuestions = 64

  private let connection: FileDescriptor
  private let peer: SocketAddress
  private let service: ServiceRuntime
  private let startedAt: MonotonicTime
  private var input: [UInt8] = []
  private var answered = 0
  private var timer: ActionTimer?

  private init(_ connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime) {
    self.connection = consume connection
    self.peer = peer
    self.service = service
    startedAt = service.loop.now
    super.init()
  }

  /// Waits for questions on a connection that the service's admission has counted.
  static func begin(_ connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime) {
    let client = IdentConnection(consume connection, from: peer, service: service)
    service.log.started(service.definition, pid: nil, peer: peer.unmappedEndpoint)
    client.open()
  }

  private func open() {
    do throws(SystemError) {
      try service.loop.add(self, connection.borrowed, .readable)
    } catch {
      service.log.systemFailure(error, consequence: "a connection of \(service.definition.id) is closed")
      return end()
    }
    let timer = ActionTimer { [unowned(unsafe) self] in end() }
    self.timer = timer
    service.loop.schedule(timer, after: IdentConnection.patience)
  }

  override var facts: Facts? { Facts(service: service, kind: Builtin.ident.name, peer: peer, startedAt: startedAt) }

  override func endByHand() {
    service.logStop(.byHand, of: peer)
    end()
  }

  override func handle(_ events: EventSet) {
    let buffer = UnsafeMutableRawBufferPointer(rebasing: service.server.scratch[..<IdentMessage.longestLine])
    switch connection.borrowed.receive(into: buffer) {
    case .wouldBlock: return
    case .failed, .transferred(0): return end()
    case .transferred(let count):
      service.counters.receivedBytes += UInt64(count)
      input += buffer[..<count]
    }
    while let newline = input.firstIndex(of: UInt8(ascii: "\n")) {
      let reply = answer(to: input[..<newline])
      input.removeSubrange(...newline)
      answered += 1
      // A few dozen bytes find room unless the client does not read, who then need not be answered.
      guard reply.withUnsafeBytes({ connection.borrowed.send($0) }) == .transferred(reply.count) else { return end() }
      service.counters.sentBytes += UInt64(reply.count)
      if answered == IdentConnection.mostQuestions { return end() }
    }
    if input.count >= IdentMessage.longestLine { end() }
  }

  private func answer(to line: ArraySlice<UInt8>) -> [UInt8] {
    guard let ports = IdentMessage.ports(line) else {
      let numbers = IdentMessage.numbers(line)
      return Array("\(numbers.0) , \(numbers.1) : ERROR : INVALID-PORT\r\n".utf8)
    }
    let error = isOwned(ports) ? "HIDDEN-USER" : "NO-USER"
    return Array("\(ports.own) , \(ports.other) : ERROR : \(error)\r\n".utf8)
  }

  /// Whether somebody here owns a connection between the two hosts that talk now, with these ports.
  private func isOwned(_ ports: IdentPorts) -> Bool {
    guard let own = try? connection.borrowed.localAddress(), let address = own.ip, let other = peer.ip else {
      return false
    }
    let local = SocketAddress(address, port: ports.own, scope: own.scope)
    let remote = SocketAddress(other, port: ports.other, scope: peer.scope)
    do throws(SystemError) {
      return try ConnectionOwner.user(local: local, remote: remote) != nil
    } catch {
      service.log.systemFailure(error, consequence: "\(service.definition.id) says NO-USER")
      return false
    }
  }

  private func end() {
    if let timer { service.loop.cancel(timer) }
    service.loop.remove(self)
    connection.borrowed.discardInput()
    service.conversationEnded(peer: peer, duration: service.loop.now - startedAt)
  }
}
