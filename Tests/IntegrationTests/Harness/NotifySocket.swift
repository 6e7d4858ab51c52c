import CTestSupport
import Foundation

/// The service manager's side of sd_notify(3): a datagram socket that collects what the daemon says. Like a service
/// manager it always reads, on a thread of its own.
final class NotifySocket {
  let path: String
  private let descriptor: Int32
  private let inbox = Inbox()

  /// What has arrived.
  private final class Inbox: @unchecked Sendable {
    let condition = NSCondition()
    var messages: [String] = []
    var isEmptied = false
  }

  /// What this side sends to itself: when it has arrived, so has everything that was sent before.
  private static let fence = "TEST_FENCE=1"

  /// Without a `store`, what is to be kept is dropped without a word, as by FileDescriptorStoreMax=0.
  init(path: String, store: DescriptorStore? = nil) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Client.Kind.datagram.type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("socket: \(errorText())") }
    let name = try SocketName(unix: path)
    guard name.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
      close(descriptor)
      throw Failure("bind \(path): \(errorText())")
    }
    chmod(path, 0o777)
    Thread.detachNewThread { [descriptor, inbox] in
      var buffer = [UInt8](repeating: 0, count: 65536)
      while true {
        var passed: Int32 = -1
        let count = test_receive(descriptor, &buffer, buffer.count, &passed)
        // An empty one is what shutdown(2) makes of a receive.
        if count == 0 || (count < 0 && errno != EINTR) { break }
        guard count > 0 else { continue }
        let message = String(decoding: buffer[..<count], as: UTF8.self)
        if store?.handle(message, passed) != true, passed >= 0 { close(passed) }
        inbox.condition.withLock {
          if message == Self.fence { inbox.isEmptied = true } else { inbox.messages.append(message) }
          inbox.condition.broadcast()
        }
      }
      close(descriptor)
    }
  }

  deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

  var messages: [String] { inbox.condition.withLock { inbox.messages } }

  /// Waits for a message with the line `line`, among those after the first `start`; false when `isAlive` ends first.
  func wait(
    for line: String, after start: Int = 0, seconds: Double = Deadline.usual, while isAlive: () -> Bool
  ) throws -> Bool {
    let deadline = Deadline(seconds: seconds)
    inbox.condition.lock()
    defer { inbox.condition.unlock() }
    func contains() -> Bool {
      inbox.messages.dropFirst(start).contains { $0.split(separator: "\n").contains { $0 == line } }
    }
    while !contains() {
      guard !deadline.hasPassed else { throw Failure("no \(line); notified: \(inbox.messages)") }
      if !isAlive() {
        try readWhatIsThere(deadline)
        return contains()
      }
      // The end of the process has no event here; looking for it now and then is enough.
      _ = inbox.condition.wait(until: Date(timeIntervalSinceNow: min(0.05, deadline.remaining)))
    }
    return true
  }

  /// Waits until everything is read that has been sent so far. To be called with the lock.
  private func readWhatIsThere(_ deadline: Deadline) throws {
    inbox.isEmptied = false
    let name = try SocketName(unix: path)
    let text = Array(Self.fence.utf8)
    // A full queue is emptied by the reader, who needs the lock.
    inbox.condition.unlock()
    let count = name.withPointer { sendto(descriptor, text, text.count, 0, $0, $1) }
    inbox.condition.lock()
    guard count == text.count else { throw Failure("send to \(path): \(errorText())") }
    while !inbox.isEmptied {
      guard !deadline.hasPassed else { throw Failure("notified: \(inbox.messages)") }
      _ = inbox.condition.wait(until: Date(timeIntervalSinceNow: deadline.remaining))
    }
  }
}
