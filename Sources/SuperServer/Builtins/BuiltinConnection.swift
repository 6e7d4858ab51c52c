import AdmissionControl
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// A stream connection that the daemon serves itself: a small state machine in the loop, without a process.
///
/// Input passes through one buffer that all connections share. A connection has memory of its own only while its peer
/// does not read what it was sent; then we stop reading from it, so that this memory is bounded.
final class BuiltinConnection: Conversation {
  /// What a step of the conversation came to.
  private enum Step { case goOn, over }

  private let builtin: Builtin
  private let connection: FileDescriptor
  private let peer: SocketAddress
  /// Kept alive: a removed service's conversations end in peace.
  private let service: ServiceRuntime
  private let startedAt: MonotonicTime
  /// What the peer has not taken yet.
  private var unsent: [UInt8] = []
  /// Everything has been said: when `unsent` is gone, so is the connection.
  private var isFinishing = false
  /// Chargen's place in the text.
  private var textOffset = 0
  private var clock: ConversationClock?

  private init(
    _ builtin: Builtin, on connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime
  ) {
    self.builtin = builtin
    self.connection = consume connection
    self.peer = peer
    self.service = service
    startedAt = service.loop.now
    super.init()
  }

  /// Serves a connection that the service's admission has counted; its end is counted when it closes.
  static func begin(
    _ builtin: Builtin, on connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime
  ) {
    let conversation = BuiltinConnection(builtin, on: consume connection, from: peer, service: service)
    if service.traits.contains(.logsSuccess) {
      service.log.started(service.definition, pid: nil, peer: peer.unmappedEndpoint)
    }
    conversation.open()
  }

  /// Goes on with a conversation that another process has begun.
  static func goOn(
    _ builtin: Builtin, on connection: consuming FileDescriptor, with peer: SocketAddress, service: ServiceRuntime
  ) {
    BuiltinConnection(builtin, on: consume connection, from: peer, service: service).watch()
  }

  private func open() {
    if let reply = BuiltinReply.text(builtin, quote: builtin == .qotd ? service.server.nextQuote() : []) {
      unsent = reply
      isFinishing = true
      // Short replies fit a fresh socket's buffer: most such connections end here without ever being watched.
      if flush() == .over { return end() }
    } else if builtin == .echo, echo() == .over {
      // Most peers have sent their first words by now: the answer needs no further turn of the loop.
      return end()
    }
    watch()
    // From here on whoever takes over can tell how far it has come.
    service.server.ledger?.noFlight()
  }

  private func watch() {
    do throws(SystemError) {
      try service.loop.add(self, connection.borrowed, wantedEvents)
      clock = ConversationClock.start(service.loop, service.definition.timeouts) { [unowned(unsafe) self] in stop($0) }
    } catch {
      service.log.systemFailure(error, consequence: "a connection of \(service.definition.id) is closed")
      end()
    }
  }

  /// With nothing unsent its peer's next byte is all there is to know.
  private var isStateless: Bool { builtin == .echo || builtin == .discard }

  override var isConversation: Bool { true }

  override var facts: Facts? { Facts(service: service, kind: builtin.name, peer: peer, startedAt: startedAt) }

  override func endByHand() { stop(.byHand) }

  override func handle(_ events: EventSet) {
    clock?.noteTraffic()
    // What has been read and not been answered is known only here.
    service.server.ledger?.staysHere(connection.borrowed)
    if step(events) == .goOn {
      do throws(SystemError) {
        try service.loop.modify(self, wantedEvents)
        service.server.ledger?.noFlight()
        return
      } catch {
        service.log.systemFailure(error, consequence: "a connection of \(service.definition.id) is closed")
      }
    }
    service.loop.remove(self)
    end()
  }

  /// One of the service's times is over.
  private func stop(_ reason: StopReason) {
    service.logStop(reason, of: peer)
    service.loop.remove(self)
    end()
  }

  /// What to wait for: input only while there is room for the answer.
  private var wantedEvents: EventSet {
    if builtin == .chargen { return [.readable, .writable] }
    if !unsent.isEmpty { return .writable }
    return isStateless ? [.readable, .resumable] : .readable
  }

  private func step(_ events: EventSet) -> Step {
    if events.contains(.error) { return .over }
    if !unsent.isEmpty { return flush() }
    switch builtin {
    case .echo: return echo()
    case .discard: return discard()
    case .chargen: return generate(events)
    default: return .over
    }
  }

  /// Sends what is left.
  private func flush() -> Step {
    switch unsent.withUnsafeBytes({ connection.borrowed.send($0) }) {
    case .transferred(let count):
      service.counters.sentBytes += UInt64(count)
      unsent.removeFirst(count)
      return unsent.isEmpty && isFinishing ? .over : .goOn
    case .wouldBlock: return .goOn
    case .failed: return .over
    }
  }

  /// RFC 862: sends back what comes.
  private func echo() -> Step {
    let buffer = service.server.scratch
    switch connection.borrowed.receive(into: buffer) {
    case .transferred(0), .failed: return .over
    case .wouldBlock: return .goOn
    case .transferred(let count):
      service.counters.receivedBytes += UInt64(count)
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      switch connection.borrowed.send(bytes) {
      case .transferred(let sent) where sent == count: service.counters.sentBytes += UInt64(sent)
      case .transferred(let sent):
        service.counters.sentBytes += UInt64(sent)
        unsent = Array(bytes[sent...])
      case .wouldBlock: unsent = Array(bytes)
      case .failed: return .over
      }
      return .goOn
    }
  }

  /// RFC 863: throws away what comes, without copying it out of the kernel.
  private func discard() -> Step {
    switch connection.borrowed.discardStream(limit: 1 << 20) {
    case .transferred(0), .failed: return .over
    case .wouldBlock: return .goOn
    case .transferred(let count):
      service.counters.receivedBytes += UInt64(count)
      return .goOn
    }
  }

  /// RFC 864: sends the text as fast as the peer takes it, and throws away what comes.
  private func generate(_ events: EventSet) -> Step {
    if events.contains(.readable) && discard() == .over { return .over }
    switch service.server.chargenFile.send(from: textOffset, to: connection.borrowed) {
    case .transferred(let count):
      service.counters.sentBytes += UInt64(count)
      textOffset = (textOffset + count) % ChargenPattern.cycleLength
    case .wouldBlock: break
    case .failed: return .over
    }
    return .goOn
  }

  /// Counts and logs the end. The descriptor closes with this object.
  private func end() {
    clock?.cancel()
    // Unread input would turn the end into a reset, which can overtake the reply.
    if isFinishing { connection.borrowed.discardInput() }
    service.conversationEnded(peer: peer, duration: service.loop.now - startedAt)
  }
}

extension ServiceRuntime {
  /// Says why a connection that is served inside the loop is ended.
  func logStop(_ reason: StopReason, of peer: SocketAddress) {
    log.stopping(definition, pid: nil, peer: peer.unmappedEndpoint, reason: reason.text)
  }

  /// A connection that was served inside the loop has ended.
  func conversationEnded(peer: SocketAddress, duration: TimeSpan) {
    counters.duration.add(microseconds: duration.nanoseconds / 1000)
    if traits.contains(.logsSuccess) {
      log.ended(definition, pid: nil, peer: peer.unmappedEndpoint, end: .status(0), duration: duration)
    }
    admission.ended(peer.ip)
    release(.full)
  }
}
