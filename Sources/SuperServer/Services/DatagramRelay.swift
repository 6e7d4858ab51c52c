import LinuxSystem
import NetworkAddresses
import ServiceResolution

/// Takes datagrams from a service's socket and puts them into the queue of the socket that serves their sender.
final class DatagramRelay {
  /// One datagram, its sender, and the address of ours it was sent to.
  struct Datagram {
    let peer: SocketAddress
    let target: IPAddress
    let port: UInt16
  }

  /// Whether datagrams can be given to another socket under their sender's name (CAP_NET_RAW).
  private(set) lazy var canInject = DatagramInjection.isPermitted
  private lazy var batch = DatagramBatch(capacity: 1, size: 65_536)

  /// Takes the first waiting datagram; its bytes are kept until the next one is taken.
  func receive(at listener: Listener) -> Datagram? {
    guard let socket = listener.descriptor, case .transferred(1) = batch.receive(from: socket),
      let target = batch.destination(0) ?? listener.plan.endpoint.ip
    else { return nil }
    return Datagram(peer: batch.peer(0), target: target, port: listener.plan.endpoint.port ?? 0)
  }

  /// Delivers the datagram that was taken last to whichever socket is connected to its sender.
  func inject(_ datagram: Datagram) throws(SystemError) {
    // Both addresses in one family: a dual-stack socket reports IPv4 peers in mapped form.
    guard let source = datagram.peer.rawIP?.unmapped else { return }
    try DatagramInjection.send(
      UnsafeRawBufferPointer(batch.payload(0)), from: (source, datagram.peer.port),
      to: (datagram.target.unmapped, datagram.port))
  }
}
