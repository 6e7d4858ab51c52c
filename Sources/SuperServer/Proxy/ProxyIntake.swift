import AdmissionControl
import EventLoop
import LinuxSystem
import NetworkAddresses
import ProxyProtocol
import ServiceModel

/// Whose headers a service believes.
struct ProxyTrust {
  private let prefixes: PrefixTree

  /// Names have been resolved to prefixes before; what is left of them is nobody.
  init(_ patterns: [AccessPattern]) {
    prefixes = PrefixTree(patterns.compactMap { if case .prefix(let prefix) = $0 { prefix } else { nil } })
  }

  /// Unix peers are whoever may open the socket: their headers are believed where any are.
  func trusts(_ peer: SocketAddress) -> Bool {
    guard let address = peer.ip else { return true }
    return prefixes.longestMatch(address) != nil
  }
}

/// A connection from a trusted proxy that has yet to say for whom it is.
///
/// The header is looked at without being taken, and then taken to the byte: what the client sends behind it belongs to
/// the server.
final class ProxyIntake: EventSource {
  /// "A receiver may apply a short timeout", and three seconds would be one retransmission of a lost segment (section 2).
  private static let timeout = TimeSpan.seconds(5)

  private var connection: FileDescriptor?
  private let proxy: SocketAddress
  private let service: ServiceRuntime
  private var timer: ActionTimer?
  private var seenCount = 0

  private init(_ connection: consuming FileDescriptor, from proxy: SocketAddress, service: ServiceRuntime) {
    self.connection = consume connection
    self.proxy = proxy
    self.service = service
    super.init()
  }

  /// Waits for the header; then the connection is judged as its client's.
  static func begin(_ connection: consuming FileDescriptor, from proxy: SocketAddress, service: ServiceRuntime) {
    let intake = ProxyIntake(consume connection, from: proxy, service: service)
    service.proxiesWaiting += 1
    guard let socket = intake.connection?.borrowed, intake.look(at: socket) else { return }
    do throws(SystemError) {
      try service.loop.add(intake, socket, .readable)
    } catch {
      service.log.systemFailure(error, consequence: "a connection of \(service.definition.id) is closed")
      return intake.refuse()
    }
    let timer = ActionTimer { [unowned(unsafe) intake] in intake.timeIsUp() }
    intake.timer = timer
    service.loop.schedule(timer, after: timeout)
  }

  override func handle(_ events: EventSet) {
    if let socket = connection?.borrowed { _ = look(at: socket) }
  }

  /// Looks at what has come; whether more must come.
  private func look(at socket: BorrowedDescriptor) -> Bool {
    let buffer = UnsafeMutableRawBufferPointer(rebasing: service.server.scratch[..<ProxyHeaderParser.longest])
    switch socket.receive(into: buffer, peek: true) {
    case .wouldBlock: return true
    case .failed:
      finish()
      return false
    case .transferred(0):
      // Whoever only looks whether the port is open says nothing.
      seenCount == 0 && service.definition.proxyProtocol == .yes ? serveAsItself() : refuse()
      return false
    case .transferred(let count):
      return judge(ProxyHeaderParser.read(UnsafeRawBufferPointer(rebasing: buffer[..<count])), count, socket)
    }
  }

  private func judge(_ reading: ProxyHeaderReading, _ count: Int, _ socket: BorrowedDescriptor) -> Bool {
    switch reading {
    case .incomplete where count < ProxyHeaderParser.longest:
      waitForMore(than: count, on: socket)
      return true
    case .noHeader where service.definition.proxyProtocol == .yes: serveAsItself()
    case .incomplete, .noHeader, .malformed: refuse()
    case .header(let addresses, let length):
      _ = socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: service.server.scratch[..<length]))
      serve(as: addresses)
    }
    return false
  }

  /// Bytes that stay in the socket keep it readable: only more of them than before are news (SO_RCVLOWAT).
  private func waitForMore(than count: Int, on socket: BorrowedDescriptor) {
    if count == seenCount { return }
    seenCount = count
    try? socket.set(.receiveLowWater(Int32(count + 1)))
  }

  private func timeIsUp() {
    seenCount == 0 && service.definition.proxyProtocol == .yes ? serveAsItself() : refuse()
  }

  private func serve(as addresses: ProxiedAddresses) {
    guard case .client(let client, _) = addresses else { return serveAsItself() }
    guard let peer = try? SocketAddress(client), let connection = finish() else { return refuse() }
    service.judge(consume connection, from: peer)
  }

  /// The proxy itself is the peer.
  private func serveAsItself() {
    guard let connection = finish() else { return }
    service.judge(consume connection, from: proxy)
  }

  private func refuse() {
    guard let connection = finish() else { return }
    service.counters.accepted += 1
    service.refuse(consume connection, from: proxy, .proxyHeader)
  }

  /// Lets go of the connection, which the caller gets as it was when it was accepted.
  @discardableResult
  private func finish() -> FileDescriptor? {
    if let timer { service.loop.cancel(timer) }
    timer = nil
    service.loop.remove(self)
    guard let connection = connection.take() else { return nil }
    service.proxiesWaiting -= 1
    service.release(.full)
    // What RCVLOWAT was raised to must not hold up the server's first read.
    if seenCount > 0 { try? connection.borrowed.set(.receiveLowWater(1)) }
    return connection
  }
}

extension ServiceRuntime {
  /// Takes a connection that has just been accepted: at once to its judgement, or by way of its PROXY header.
  func take(_ connection: consuming FileDescriptor, from peer: SocketAddress) {
    switch definition.proxyProtocol {
    case .no: judge(consume connection, from: peer)
    case .yes where !proxyTrust.trusts(peer): judge(consume connection, from: peer)
    case .require where !proxyTrust.trusts(peer):
      counters.accepted += 1
      refuse(consume connection, from: peer, .proxyHeader)
    case .yes, .require: ProxyIntake.begin(consume connection, from: peer, service: self)
    }
  }

  /// Whether connections that have yet to say for whom they are take up what is left of `instances`.
  var isFullWithProxies: Bool {
    guard proxiesWaiting > 0, case .count(let most) = definition.limits.instances else { return false }
    return definition.limits.overflow == .queue && admission.live + proxiesWaiting >= most
  }
}
