import EventLoop
import LinuxSystem
import NetworkAddresses

/// What a service's peer has with the daemon itself, without a process: a built-in's connection, one that is passed on, a
/// client that has yet to say what it wants. Administrators see these beside the servers, and can end them.
class Conversation: EventSource {
  /// What an administrator is told of one.
  struct Facts {
    let service: ServiceRuntime
    /// A built-in's name, or `redirect`.
    let kind: String
    let peer: SocketAddress
    let startedAt: MonotonicTime
    /// Bytes so far; nil where only the service's are counted.
    var traffic: (received: UInt64, sent: UInt64)?
  }

  /// Nil where another source stands for the same connection.
  var facts: Facts? { nil }

  /// Ends it as if its peer had gone.
  func endByHand() {}

  final override var servesPeer: Bool { true }
}

extension EventLoop {
  /// The conversation at one of the loop's places; nil where something else or nothing is there.
  func conversation(at place: Int) -> Conversation? {
    guard let source = source(at: place), source.servesPeer else { return nil }
    // Nothing but a conversation serves a peer.
    return unsafeDowncast(source, to: Conversation.self)
  }
}
