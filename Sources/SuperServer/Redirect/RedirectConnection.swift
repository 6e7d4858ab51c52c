import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ProxyProtocol
import ServiceModel

/// A connection that is passed on to another server: two sockets, two flows, no process.
final class RedirectConnection {
  /// How long one address of the target may take to accept.
  static let connectTimeout = TimeSpan.seconds(10)

  /// One of the two sockets as the loop sees it.
  private final class End: Conversation {
    let socket: FileDescriptor
    /// Keeps the connection alive while it lasts; cleared when it is over.
    var connection: RedirectConnection?
    /// Nothing can be sent here any more; what has come can still be read.
    private(set) var isGone = false

    init(_ socket: consuming FileDescriptor) {
      self.socket = consume socket
      super.init()
    }

    override var isConversation: Bool { true }

    override var facts: Facts? { connection?.facts(from: self) }

    override func endByHand() { connection?.stop(.byHand) }

    override func handle(_ events: EventSet) {
      if events.contains(.error) || events.contains(.hangUp) { isGone = true }
      connection?.handle(events, at: self)
    }
  }

  private let service: ServiceRuntime
  private let peer: SocketAddress
  private let startedAt: MonotonicTime
  private let client: End
  /// Nil while no address of the target has been tried.
  private var target: End?
  private var candidates: ArraySlice<SocketEndpoint>
  private let toTarget: SpliceFlow
  private let toClient: SpliceFlow
  private var isConnected = false
  private var timer: ActionTimer?
  private var clock: ConversationClock?

  private init(
    _ client: End, _ candidates: ArraySlice<SocketEndpoint>, peer: SocketAddress, service: ServiceRuntime
  ) {
    self.client = client
    self.candidates = candidates
    self.service = service
    self.peer = peer
    startedAt = service.loop.now
    toTarget = SpliceFlow(service.server.widePipes)
    toClient = SpliceFlow(service.server.widePipes)
  }

  /// Begins to pass on an admitted connection: the endpoints are tried in order. Its end is counted and logged by itself.
  static func begin(
    _ connection: consuming FileDescriptor, to endpoints: [SocketEndpoint], peer: SocketAddress, service: ServiceRuntime
  ) {
    let client = End(consume connection)
    let redirect = RedirectConnection(client, endpoints[...], peer: peer, service: service)
    client.connection = redirect
    if peer.ip != nil { RedirectConnection.prepare(client.socket.borrowed) }
    service.counters.started += 1
    service.log.started(service.definition, pid: nil, peer: peer.unmappedEndpoint)
    redirect.startClock()
    redirect.tryNext(after: .unreachable("without an address"))
  }

  private func startClock() {
    clock = ConversationClock.start(service.loop, service.definition.timeouts) { [unowned(unsafe) self] in stop($0) }
  }

  private func stop(_ reason: StopReason) {
    service.logStop(reason, of: peer)
    close()
  }

  /// What is told of the connection, once: by its client's end, unless only the target's is watched.
  private func facts(from end: End) -> Conversation.Facts? {
    if end !== client && client.isRegistered { return nil }
    return Conversation.Facts(
      service: service, kind: "redirect", peer: peer, startedAt: startedAt,
      traffic: (received: toTarget.transferred, sent: toClient.transferred))
  }

  /// Connects to the next address, or gives up with the last one's error.
  private func tryNext(after error: SystemError) {
    var error = error
    disconnectTarget()
    while let endpoint = candidates.popFirst() {
      do throws(SystemError) {
        try connect(to: endpoint)
        return
      } catch let failure {
        error = failure
        disconnectTarget()
      }
    }
    service.counters.fail(.redirect)
    service.log.redirectFailed(service.definition, error, peer: peer.unmappedEndpoint)
    service.redirectIsUnreachable()
    close()
  }

  private func connect(to endpoint: SocketEndpoint) throws(SystemError) {
    let end = End(try FileDescriptor.socket(endpoint.domain, .stream))
    if endpoint.ip != nil { RedirectConnection.prepare(end.socket.borrowed) }
    isConnected = try end.socket.borrowed.connect(to: endpoint)
    end.connection = self
    target = end
    try service.loop.add(end, end.socket.borrowed, isConnected ? .readable : .writable)
    if isConnected { return begin() }
    // The client is not watched meanwhile: nothing it sends can be passed on, and that it has gone shows soon enough.
    let timer =
      self.timer
      ?? ActionTimer { [unowned(unsafe) self] in
        tryNext(after: SystemError("connect to redirect target", errno: ETIMEDOUT))
      }
    self.timer = timer
    service.loop.schedule(timer, after: RedirectConnection.connectTimeout)
  }

  /// A relay that waits for more to send only adds delay, and has no use for an urgent byte beside the stream.
  private static func prepare(_ socket: BorrowedDescriptor) {
    try? socket.set(.noDelay(true))
    try? socket.set(.urgentInline(true))
  }

  /// The target has accepted at once, as unix sockets do.
  private func begin() {
    guard let target, sendHeader(to: target.socket.borrowed) else { return close() }
    move(up: true, down: true)
  }

  /// Tells the target for whom the connection is, where it wants to know. A fresh socket takes a header whole.
  private func sendHeader(to target: BorrowedDescriptor) -> Bool {
    let destination = (try? client.socket.borrowed.localAddress())?.unmappedEndpoint
    let header: [UInt8]
    switch service.definition.redirectProxy {
    case .none: return true
    case .v1: header = ProxyHeaderWriter.line(client: peer.unmappedEndpoint, destination: destination)
    case .v2: header = ProxyHeaderWriter.binary(client: peer.unmappedEndpoint, destination: destination)
    }
    return header.withUnsafeBytes { target.send($0, more: false) } == .transferred(header.count)
  }

  private func handle(_ events: EventSet, at end: End) {
    guard let target else { return }
    if !isConnected {
      let number = target.socket.borrowed.pendingError()
      if number != 0 { return tryNext(after: SystemError("connect to redirect target", errno: number)) }
      isConnected = true
      if let timer { service.loop.cancel(timer) }
      // What came meanwhile has not been looked at.
      return begin()
    }
    let comes = events != .writable
    let goes = events.contains(.writable)
    let isClient = end === client
    move(up: isClient ? comes : goes, down: isClient ? goes : comes)
  }

  /// Passes on what waits in the directions where something can have changed.
  private func move(up: Bool, down: Bool) {
    guard let target else { return }
    let buffer = service.server.scratch
    let before = toTarget.transferred &+ toClient.transferred
    if up { toTarget.pump(from: client.socket.borrowed, to: target.socket.borrowed, through: buffer) }
    if down { toClient.pump(from: target.socket.borrowed, to: client.socket.borrowed, through: buffer) }
    if toTarget.transferred &+ toClient.transferred != before { clock?.noteTraffic() }
    // Who is gone takes nothing; what they sent before is still passed on.
    if client.isGone && !toClient.isFinished { toClient.abandon() }
    if target.isGone && !toTarget.isFinished { toTarget.abandon() }
    if toTarget.isFinished && toClient.isFinished { return close() }
    watch()
  }

  private func watch() {
    guard let target else { return }
    var clientEvents: EventSet = []
    var targetEvents: EventSet = []
    if toTarget.wantsInput { clientEvents.insert(.readable) }
    if toTarget.wantsOutput { targetEvents.insert(.writable) }
    if toClient.wantsInput { targetEvents.insert(.readable) }
    if toClient.wantsOutput { clientEvents.insert(.writable) }
    do throws(SystemError) {
      try watch(client, clientEvents)
      try watch(target, targetEvents)
    } catch {
      service.log.systemFailure(error, consequence: "a connection of \(service.definition.id) is closed")
      close()
    }
  }

  /// An end that waits for nothing is still watched for its peer's going away; after that it is taken out of the loop,
  /// which would report the hang-up again and again.
  private func watch(_ end: End, _ events: EventSet) throws(SystemError) {
    if events.isEmpty && end.isGone {
      service.loop.remove(end)
    } else if end.isRegistered {
      try service.loop.modify(end, events)
    } else {
      try service.loop.add(end, end.socket.borrowed, events)
    }
  }

  private func disconnectTarget() {
    if let timer { service.loop.cancel(timer) }
    guard let target else { return }
    service.loop.remove(target)
    target.connection = nil
    self.target = nil
  }

  private func close() {
    clock?.cancel()
    disconnectTarget()
    service.loop.remove(client)
    service.redirectEnded(
      peer: peer, duration: service.loop.now - startedAt, received: toTarget.transferred, sent: toClient.transferred)
    client.connection = nil
  }
}
