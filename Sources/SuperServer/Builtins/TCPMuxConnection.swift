import AdmissionControl
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// A client of the port service multiplexer (RFC 1078) that has yet to say which service it wants.
///
/// The name is looked at without being taken, and then taken to the byte: what the client sends behind it belongs to the
/// server.
final class TCPMuxConnection: Conversation {
  /// How long a client may take to say a name.
  static let timeout = TimeSpan.seconds(10)

  private static let notAvailable = Array("-Service not available\r\n".utf8)

  private var connection: FileDescriptor?
  private let peer: SocketAddress
  private let service: ServiceRuntime
  private let startedAt: MonotonicTime
  private var timer: ActionTimer?
  private var partialLength = 0

  private init(_ connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime) {
    self.connection = consume connection
    self.peer = peer
    self.service = service
    startedAt = service.loop.now
    super.init()
  }

  /// Waits for the name on a connection that the multiplexer's admission has counted.
  static func begin(_ connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime) {
    let client = TCPMuxConnection(consume connection, from: peer, service: service)
    service.log.started(service.definition, pid: nil, peer: peer.unmappedEndpoint)
    client.open()
  }

  private func open() {
    guard let socket = connection?.borrowed else { return }
    do throws(SystemError) {
      try service.loop.add(self, socket, .readable)
    } catch {
      service.log.systemFailure(error, consequence: "a connection of \(service.definition.id) is closed")
      return end()
    }
    let timer = ActionTimer { [unowned(unsafe) self] in answer(TCPMuxConnection.notAvailable) }
    self.timer = timer
    service.loop.schedule(timer, after: TCPMuxConnection.timeout)
  }

  override var facts: Facts? { Facts(service: service, kind: Builtin.tcpmux.name, peer: peer, startedAt: startedAt) }

  override func endByHand() {
    service.logStop(.byHand, of: peer)
    end()
  }

  override func handle(_ events: EventSet) {
    guard let socket = connection?.borrowed else { return }
    let buffer = UnsafeMutableRawBufferPointer(rebasing: service.server.scratch[..<TCPMuxName.longest])
    switch socket.receive(into: buffer, peek: true) {
    case .wouldBlock: return
    case .failed, .transferred(0): end()
    case .transferred(let count): read(UnsafeRawBufferPointer(rebasing: buffer[..<count]), from: socket)
    }
  }

  private func read(_ seen: UnsafeRawBufferPointer, from socket: BorrowedDescriptor) {
    switch TCPMuxName(of: seen) {
    case .incomplete: waitForMore(than: seen.count, on: socket)
    case .tooLong: answer(TCPMuxConnection.notAvailable)
    case .name(let name, let taken):
      // Now the line, and nothing behind it, is taken.
      _ = socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: service.server.scratch[..<taken]))
      service.counters.receivedBytes += UInt64(taken)
      serve(name)
    }
  }

  /// Bytes that stay in the socket keep it readable: only more of them than before are news (SO_RCVLOWAT). Being woken
  /// without more means that the client will send no more: there is no name, and waiting on would be a loop.
  private func waitForMore(than count: Int, on socket: BorrowedDescriptor) {
    if count == partialLength { return answer(TCPMuxConnection.notAvailable) }
    partialLength = count
    try? socket.set(.receiveLowWater(Int32(count + 1)))
  }

  private func serve(_ name: String) {
    if name.lowercased() == "help" {
      return answer(service.server.tcpmuxServices.flatMap { Array(($0 + "\r\n").utf8) })
    }
    guard let target = service.server.tcpmuxTarget(name) else { return answer(TCPMuxConnection.notAvailable) }
    stopWatching()
    guard let connection = connection.take() else { return }
    // What RCVLOWAT was raised to must not hold up the server's first read.
    try? connection.borrowed.set(.receiveLowWater(1))
    end()
    target.serveMultiplexed(consume connection, from: peer)
  }

  private func answer(_ text: [UInt8]) {
    if let socket = connection?.borrowed, case .transferred(let count) = text.withUnsafeBytes({ socket.send($0) }) {
      service.counters.sentBytes += UInt64(count)
    }
    stopWatching()
    if let connection = connection.take() { PoliteEnd.begin(consume connection, for: service.server) }
    end()
  }

  private func stopWatching() {
    if let timer { service.loop.cancel(timer) }
    timer = nil
    service.loop.remove(self)
  }

  /// The multiplexer has done its part, or the client has gone.
  private func end() {
    stopWatching()
    service.conversationEnded(peer: peer, duration: service.loop.now - startedAt)
    connection = nil
  }
}

extension SuperServer {
  /// The services below the multiplexer, as `help` lists them.
  var tcpmuxServices: [String] {
    order.compactMap { id in
      guard let service = services[id], service.definition.tcpmux != nil else { return nil }
      return service.definition.service
    }
  }

  /// The service of a name; RFC 1078: names are not case sensitive.
  func tcpmuxTarget(_ name: String) -> ServiceRuntime? {
    let wanted = name.lowercased()
    for id in order {
      guard let service = services[id], service.definition.tcpmux != nil else { continue }
      if service.definition.service.lowercased() == wanted { return service }
    }
    return nil
  }
}

extension ServiceRuntime {
  private static let go = Array("+Go\r\n".utf8)
  private static let refused = Array("-Service not available\r\n".utf8)

  /// Serves a connection that came through the multiplexer, under this service's own rules.
  func serveMultiplexed(_ connection: consuming FileDescriptor, from peer: SocketAddress) {
    counters.accepted += 1
    var judgement = intakeIsOpen() ? judgement(of: peer.ip) : .refused(.instances)
    if case .accepted = judgement, !admission.started(peer.ip, now: nowNanoseconds) {
      judgement = .refused(.perSource)
    }
    if case .refused(let reason) = judgement {
      ServiceRuntime.refused.withUnsafeBytes { _ = connection.borrowed.send($0) }
      countRefusal(reason, peer: peer)
      return dismiss(consume connection, from: peer, wasTold: true)
    }
    if definition.tcpmux == .plus { ServiceRuntime.go.withUnsafeBytes { _ = connection.borrowed.send($0) } }
    let isGated = judgement == .accepted(needsGate: true) || asksGate
    guard asksIdent else { return serveMultiplexed(consume connection, from: peer, isGated: isGated) }
    identify(consume connection, from: peer) { [self] in
      serveMultiplexed(consume $0, from: peer, isGated: isGated)
    }
  }

  private func serveMultiplexed(_ connection: consuming FileDescriptor, from peer: SocketAddress, isGated: Bool) {
    if isGated {
      // What runs in the loop after the gate must go on without waiting.
      if case .program = handler { try? connection.borrowed.setNonblocking(false) }
      startGated(consume connection, from: peer)
    } else {
      serve(consume connection, from: peer, isNonblocking: true)
    }
  }
}
