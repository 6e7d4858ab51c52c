import AdmissionControl
import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// Where a redirecting service sends its connections now: literal addresses at once, names as soon as they are looked
/// up, and looked up again when their address no longer answers.
final class RedirectRuntime {
  /// Connections that may wait for a name.
  private static let waitingLimit = 64
  /// A name whose address does not answer is not asked for more often than this.
  private static let lookupInterval = TimeSpan.seconds(5)

  private let target: RedirectTarget
  private let port: UInt16?
  private(set) var endpoints: [SocketEndpoint] = []
  private var waiting: [PostponedStart] = []
  private var isLookingUp = false
  private var lastLookup: MonotonicTime?

  init(_ target: RedirectTarget) {
    self.target = target
    switch target {
    case .unix(let path):
      port = nil
      endpoints = [.unix(path: path)]
    case .network(let host, let text):
      let number = UInt16(text) ?? NetworkDatabase.port(ofService: text, protocol: "tcp")
      port = number
      if let address = IPAddress(host), let number { endpoints = [.ip(address, port: number)] }
    }
  }

  /// Passes an admitted connection on.
  func begin(_ connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime) {
    if !endpoints.isEmpty {
      RedirectConnection.begin(consume connection, to: endpoints, peer: peer, service: service)
      return
    }
    guard port != nil, waiting.count < RedirectRuntime.waitingLimit else {
      service.redirectFailed(consume connection, from: peer, .unreachable(describedTarget))
      return
    }
    waiting.append(PostponedStart(consume connection, from: peer, attempts: 0))
    lookUp(for: service)
  }

  /// None of the addresses answered: a name may have moved.
  func unreachable(for service: ServiceRuntime) {
    if let lastLookup, service.loop.now - lastLookup < RedirectRuntime.lookupInterval { return }
    lookUp(for: service)
  }

  private func lookUp(for service: ServiceRuntime) {
    guard case .network(let host, _) = target, IPAddress(host) == nil, !isLookingUp else { return }
    isLookingUp = true
    lastLookup = service.loop.now
    do throws(SystemError) {
      try HostLookup.start(host, in: service.loop) { addresses in self.found(addresses, for: service) }
    } catch {
      service.log.systemFailure(error, consequence: "\(service.definition.id) cannot look up \(host)")
      found([], for: service)
    }
  }

  private func found(_ addresses: [IPAddress], for service: ServiceRuntime) {
    isLookingUp = false
    if let port, !addresses.isEmpty { endpoints = addresses.map { .ip($0, port: port) } }
    let connections = waiting
    waiting = []
    for waiting in connections {
      guard let connection = waiting.takeConnection() else { continue }
      if endpoints.isEmpty {
        service.redirectFailed(consume connection, from: waiting.peer, .unreachable(describedTarget))
      } else {
        RedirectConnection.begin(consume connection, to: endpoints, peer: waiting.peer, service: service)
      }
    }
  }

  private var describedTarget: String {
    switch target {
    case .unix(let path): path
    case .network(let host, let port): "\(host) port \(port)"
    }
  }
}

extension SystemError {
  static func unreachable(_ target: String) -> SystemError {
    SystemError("find redirect target", target, errno: EHOSTUNREACH)
  }
}

extension ServiceRuntime {
  /// A connection could not be passed on.
  func redirectFailed(_ connection: consuming FileDescriptor, from peer: SocketAddress, _ error: SystemError) {
    _ = consume connection
    counters.fail(.redirect)
    log.redirectFailed(definition, error, peer: peer.unmappedEndpoint)
    admission.ended(peer.ip)
    release(.full)
  }

  /// No address of the redirect's target answers.
  func redirectIsUnreachable() {
    if case .redirect(let redirect) = handler { redirect.unreachable(for: self) }
  }

  /// A redirected connection has ended.
  func redirectEnded(peer: SocketAddress, duration: TimeSpan, received: UInt64, sent: UInt64) {
    counters.receivedBytes += received
    counters.sentBytes += sent
    log.traffic(definition, peer: peer.unmappedEndpoint, received: received, sent: sent)
    conversationEnded(peer: peer, duration: duration)
  }
}
