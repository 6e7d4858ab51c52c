import EventLoop
import LinuxSystem

/// What is remembered of a wait service's server on one socket, to tell a server at work from one that fails at once.
final class WaitServerRuntime {
  /// A server that ends within this time without taking anything is restarted with a delay.
  static let suspicious = TimeSpan.seconds(1)

  private var backoff = Backoff.waitServer
  /// What lay at the head of the socket's queue when the server started.
  private var head: QueueHead?
  /// Listens from beside whether anything arrives while the server has the socket.
  var ear: EventSource?

  func started(_ head: QueueHead?) { self.head = head }

  /// The delay before the next start: nil when the server did its work.
  func ended(_ head: QueueHead?, after duration: TimeSpan) -> TimeSpan? {
    let tookNothing = head != nil && head == self.head
    guard duration < WaitServerRuntime.suspicious, tookNothing else {
      backoff.succeed()
      return nil
    }
    return backoff.fail()
  }
}

/// What waits first in a socket's queue, as far as it can be seen without taking it.
enum QueueHead: Equatable {
  /// Sender's port and address, size and first bytes of a datagram.
  case datagram(port: UInt16, size: Int, start: UInt64)
  /// Connections waiting to be accepted.
  case connections(UInt32)
}
