import AdmissionControl
import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

// Who a peer's own host says the peer is: for the log (USERID), or as a condition (IDONLY).
extension ServiceRuntime {
  /// Lookups of the whole daemon under way at one time; each may take two descriptors for ten seconds.
  private static let mostLookups = 256
  /// So many of them may be about refused peers, who shall not keep the others from being served.
  private static let mostLookupsOfRefused = 128

  /// Whether an admitted peer is to be identified.
  var asksIdent: Bool { traits.contains(.asksIdent) }

  /// Goes on with an admitted connection once its peer is known, where the service insists (IDONLY). A peer on a unix
  /// socket is known to the kernel, and vsock has no ident: neither is asked.
  func identify(
    _ connection: consuming FileDescriptor, from peer: SocketAddress,
    then serve: @escaping (consuming FileDescriptor) -> Void
  ) {
    guard peer.ip != nil else { return serve(consume connection) }
    if !definition.access.requiresIdent {
      if definition.log.onSuccess.contains(.userID) { logUser(of: connection.borrowed, peer) }
      return serve(consume connection)
    }
    let waiting = PostponedStart(consume connection, from: peer, attempts: 0)
    guard let socket = waiting.borrowed else { return }
    lookUp(peer, on: socket) { [self] answer in
      guard let connection = waiting.takeConnection() else { return }
      switch answer {
      case .user(let text):
        if definition.log.onSuccess.contains(.userID) { log.identified(definition, text, peer: peer.unmappedEndpoint) }
        serve(consume connection)
      case .unknown(let failure): refuseUnidentified(consume connection, from: peer, failure)
      }
    }
  }

  /// Whether a refused peer is to be identified.
  func asksIdentOfRefused(_ peer: SocketAddress) -> Bool {
    definition.log.onFailure.contains(.userID) && peer.ip != nil
      && server.identLookups < ServiceRuntime.mostLookupsOfRefused
  }

  /// Keeps a refused connection until the peer's host has said who the peer was: it would not know of a closed one.
  func identifyRefused(_ connection: consuming FileDescriptor, from peer: SocketAddress) {
    let kept = PostponedStart(consume connection, from: peer, attempts: 0)
    guard let socket = kept.borrowed else { return }
    lookUp(peer, on: socket) { [self] answer in
      if case .user(let text) = answer { log.identified(definition, text, peer: peer.unmappedEndpoint) }
      if let connection = kept.takeConnection() { PoliteEnd.begin(consume connection, for: server) }
    }
  }

  /// The server need not wait for a line of the log.
  private func logUser(of connection: BorrowedDescriptor, _ peer: SocketAddress) {
    lookUp(peer, on: connection) { [self] answer in
      if case .user(let text) = answer { log.identified(definition, text, peer: peer.unmappedEndpoint) }
    }
  }

  private func lookUp(
    _ peer: SocketAddress, on connection: BorrowedDescriptor, then completion: @escaping (IdentLookup.Answer) -> Void
  ) {
    guard server.identLookups < ServiceRuntime.mostLookups else { return completion(.unknown(.systemError)) }
    do throws(SystemError) {
      let local = try connection.localAddress()
      try IdentLookup.start(local: local, peer: peer, in: loop) { [self] answer in
        server.identLookups -= 1
        completion(answer)
      }
      server.identLookups += 1
    } catch {
      // The peer's host refuses at once, or there is no way to it.
      completion(.unknown(error.isAboutThePeer ? .noServer : .systemError))
    }
  }

  private func refuseUnidentified(
    _ connection: consuming FileDescriptor, from peer: SocketAddress, _ failure: IdentLookup.Failure
  ) {
    if !banners.failure.isEmpty { send(banners.failure, on: connection.borrowed) }
    admission.ended(peer.ip)
    release(.full)
    count(.ident) { log.unidentified(definition, failure.text, peer: peer.unmappedEndpoint) }
    if !banners.failure.isEmpty || !banners.always.isEmpty { PoliteEnd.begin(consume connection, for: server) }
  }
}

extension SystemError {
  /// A connection attempt failed for reasons that lie with the other host or the way to it.
  fileprivate var isAboutThePeer: Bool {
    errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH || errno == ETIMEDOUT
  }
}
