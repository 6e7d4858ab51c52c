import AdmissionControl
import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceModel
import SystemdIntegration

/// A process that holds on to our descriptors should we be killed: connections that have been accepted and have no server
/// yet reach the next run through a socket in the service manager's store.
///
/// Without it a SIGKILL between accept(2) and clone(2), or while a gate or an ident server is asked, would close them with
/// us. Nothing is to be done for it at a connection: that it shares the table of descriptors is enough. Conversations of
/// the built-ins that have no state but the next byte (echo, discard) come along while nothing is under way; others end
/// with the loop, as nobody else knows how far they have come.
final class ConnectionRescuer {
  /// What the store calls such sockets; a service's id cannot make a name with this dot.
  private static let prefix = "inetd/rescue."
  /// One that ends sooner than this after its start is not started again.
  private static let patience = TimeSpan.seconds(1)

  let pid: Int32
  private let storedName: String
  /// Where the next run reads, for which the store has a copy, and the rescuer writes, by our number of it.
  private let channel: Pipe
  /// Tells it of our end, and that it is to end itself. Shared as all descriptors are, and closed when it is gone.
  private let ownProcess: FileDescriptor
  private let ending: FileDescriptor
  private let startedAt: MonotonicTime

  private init(_ ledger: InstanceLedger, in loop: EventLoop) throws(SystemError) {
    let channel = try FileDescriptor.messagePair()
    let inode = try channel.reader.borrowed.status(subject: "rescuer's socket").inode
    ownProcess = try FileDescriptor.process(CurrentProcess.pid)
    ending = try FileDescriptor.eventCounter()
    pid = try ledger.startRescuer(
      watching: loop.descriptor, sendingTo: channel.writer.borrowed, until: ownProcess.borrowed, or: ending.borrowed)
    storedName = ConnectionRescuer.prefix + "\(inode)"
    startedAt = .now
    self.channel = channel
  }

  static func isStoredName(_ name: String) -> Bool { name.utf8.starts(with: prefix.utf8) }

  /// Starts one and has the service manager keep the socket to it; nil, and a word in the log, when that fails.
  static func start(for server: SuperServer) -> ConnectionRescuer? {
    guard let ledger = server.ledger, server.ledgerIsStored else { return nil }
    do throws(SystemError) {
      let rescuer = try ConnectionRescuer(ledger, in: server.loop)
      server.told(server.notifier.store(rescuer.channel.reader.borrowed, name: rescuer.storedName))
      return rescuer
    } catch {
      server.log.systemFailure(error, consequence: "a connection may be lost when the daemon is killed")
      return nil
    }
  }

  /// Ends it, and waits until it has let go of our descriptors.
  func end(for server: SuperServer) {
    server.told(server.notifier.removeFromStore(name: storedName))
    // The signal is for one that somebody has stopped; the daemon need not be allowed to send it.
    _ = withUnsafeBytes(of: UInt64(1)) { ending.borrowed.write($0) }
    try? ChildProcess.signal(pid, SIGKILL)
    _ = try? ChildProcess.wait(for: pid)
  }

  /// It has ended by itself, which only somebody else's signal can bring about, and has been reaped. Returns its successor.
  func ended(for server: SuperServer) -> ConnectionRescuer? {
    server.told(server.notifier.removeFromStore(name: storedName))
    return MonotonicTime.now - startedAt < ConnectionRescuer.patience ? nil : ConnectionRescuer.start(for: server)
  }
}

/// Connections that a killed run had accepted and could not serve any more.
final class RescuedConnections: EventSource {
  /// What the service manager's store calls the socket that they come through.
  let storedName: String
  private let inbox: FileDescriptor
  private unowned(unsafe) let server: SuperServer

  /// Takes them as soon as the loop runs.
  init(_ inbox: consuming FileDescriptor, named name: String, for server: SuperServer) throws(SystemError) {
    storedName = name
    self.inbox = inbox
    self.server = server
    super.init()
    try server.loop.add(self, self.inbox.borrowed, .readable)
  }

  override func handle(_ events: EventSet) {
    let places = server.listeningPlaces
    for _ in 0..<ServiceRuntime.acceptsPerWake {
      switch inbox.borrowed.receivePassed() {
      case .descriptor(let connection, let kind):
        server.serveRescued(connection, isFresh: RescuerProcess.isFresh(kind), among: places)
      case .empty: break
      case .none: return
      case .ended:
        server.loop.remove(self)
        server.rescueIsOver(self)
        return
      }
    }
  }
}

extension SuperServer {
  /// Takes what the run before could not serve any more, once the services are ready.
  func takeRescued() {
    for (name, raw) in inheritance.rescued {
      do throws(SystemError) {
        rescues.append(try RescuedConnections(FileDescriptor(owning: raw), named: name, for: self))
      } catch {
        log.systemFailure(error, consequence: "connections that the run before had accepted are lost")
        told(notifier.removeFromStore(name: name))
      }
    }
    inheritance.rescued = []
  }

  func rescueIsOver(_ rescue: RescuedConnections) {
    told(notifier.removeFromStore(name: rescue.storedName))
    rescues.removeAll { $0 === rescue }
  }

  /// The services that accept connections, by where their sockets are.
  fileprivate var listeningPlaces: [SocketEndpoint: ServiceRuntime] {
    var places: [SocketEndpoint: ServiceRuntime] = [:]
    for service in services.values where !service.traits.contains(.waits) {
      for listener in service.listeners where listener.plan.listens {
        if let own = try? listener.descriptor?.localAddress().endpoint { places[own] = service }
      }
    }
    return places
  }

  /// Serves a connection by the service at whose address it was: a fresh one as if it had just been accepted.
  fileprivate func serveRescued(
    _ connection: consuming FileDescriptor, isFresh: Bool, among places: [SocketEndpoint: ServiceRuntime]
  ) {
    guard let local = try? connection.borrowed.localAddress().endpoint,
      let service = places[local] ?? local.wildcard.flatMap({ places[$0] }),
      let peer = try? connection.borrowed.peerAddress()
    else { return }
    let isProgram = if case .program = service.handler { true } else { false }
    guard (try? connection.borrowed.setNonblocking(!isProgram)) != nil else { return }
    if isFresh {
      log.connectionRescued(service.definition, peer: peer.unmappedEndpoint)
      service.take(consume connection, from: peer)
    } else {
      service.goOn(with: consume connection, peer)
    }
  }
}

extension ServiceRuntime {
  /// Takes over a conversation that another process had, where it has no state but the next byte.
  fileprivate func goOn(with connection: consuming FileDescriptor, _ peer: SocketAddress) {
    guard case .streamBuiltin(let builtin) = handler, builtin == .echo || builtin == .discard else { return }
    log.connectionRescued(definition, peer: peer.unmappedEndpoint)
    admission.recovered(peer.ip, now: nowNanoseconds)
    BuiltinConnection.goOn(builtin, on: consume connection, with: peer, service: self)
  }
}

extension SocketEndpoint {
  /// Where a socket is that accepts connections to this and all other addresses.
  fileprivate var wildcard: SocketEndpoint? {
    guard case .ip(let address, let port, _) = self else { return nil }
    return .ip(.any(address.family), port: port)
  }
}
