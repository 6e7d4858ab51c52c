import CLinux
import LinuxSystem
import NetworkAddresses

/// The way to the service manager: datagrams to the socket that NOTIFY_SOCKET names (sd_notify(3), "Notes": the
/// protocol is stable and may be spoken without the library).
///
/// sd_notify itself waits until the manager has room, and a manager that does not read would stop every service. Here a
/// message that finds no room waits in a queue of its own, in order; whoever owns the loop calls `flush` when
/// `descriptor` is writable.
package final class NotifySocket {
  /// One message on its way, with the descriptor that goes along.
  private final class Message {
    let kind: Kind
    var bytes: [UInt8]
    let passed: BorrowedDescriptor?
    /// A copy: the socket may be closed by the time there is room.
    private let copy: FileDescriptor?

    init(_ kind: Kind, _ bytes: [UInt8], passing descriptor: BorrowedDescriptor?) throws(SystemError) {
      self.kind = kind
      self.bytes = bytes
      guard let descriptor else {
        passed = nil
        copy = nil
        return
      }
      let copy = try descriptor.duplicate()
      passed = copy.borrowed
      self.copy = consume copy
    }
  }

  /// What of several waiting messages one is enough of.
  package enum Kind: Equatable {
    /// Each matters, and their order.
    case event
    /// Only the last counts.
    case status
    /// One is as good as many.
    case pulse
  }

  /// What became of a message. None of these stops the daemon.
  package enum Delivery: Equatable {
    case sent
    /// The manager has no room just now; the message follows when it has.
    case queued
    /// No manager asked for messages.
    case notWanted
    case failed(SystemError)

    /// Whether the message has reached the manager, or will.
    package var isUnderWay: Bool { self == .sent || self == .queued }
  }

  /// Messages that may wait: every socket of the largest configuration, stored once.
  private static let most = 16_384

  private let address: SocketEndpoint
  private var socket: FileDescriptor?
  private var waiting: [Message] = []
  /// Of `waiting`, those before this place are sent.
  private var next = 0
  /// Called when a message begins to wait.
  package var becameCongested: () -> Void = {}

  /// `variable` is NOTIFY_SOCKET's value: a path, or `@` and an abstract name.
  package init(_ variable: String) {
    let bytes = variable.utf8
    address = bytes.first == UInt8(ascii: "@") ? .abstract(name: String(variable.dropFirst())) : .unix(path: variable)
  }

  /// Whether messages wait for room.
  package var hasWaiting: Bool { next < waiting.count }

  /// To be watched for room while messages wait; nil when there is no way to the manager at all.
  package var descriptor: BorrowedDescriptor? { socket?.borrowed }

  /// Sends a message, or queues it behind those that wait.
  package func send(_ text: String, _ kind: Kind, passing passed: BorrowedDescriptor? = nil) -> Delivery {
    let bytes = Array(text.utf8)
    if hasWaiting { return enqueue(kind, bytes, passing: passed) }
    do throws(SystemError) {
      return try transmit(bytes, passing: passed) ? .sent : enqueue(kind, bytes, passing: passed)
    } catch {
      return .failed(error)
    }
  }

  /// Sends what waits, as far as there is room. A message that cannot be sent at all is dropped, and its error returned.
  package func flush() -> SystemError? {
    var failure: SystemError?
    while hasWaiting {
      let message = waiting[next]
      do throws(SystemError) {
        guard try transmit(message.bytes, passing: message.passed) else { break }
      } catch {
        failure = error
      }
      next += 1
    }
    if next == waiting.count || next > 1024 {
      waiting.removeFirst(next)
      next = 0
    }
    return failure
  }

  private func enqueue(_ kind: Kind, _ bytes: [UInt8], passing passed: BorrowedDescriptor?) -> Delivery {
    if kind != .event, let same = waiting[next...].last(where: { $0.kind == kind }) {
      same.bytes = bytes
      return .queued
    }
    guard waiting.count - next < NotifySocket.most else {
      return .failed(SystemError("notify the service manager", errno: ENOBUFS))
    }
    do throws(SystemError) {
      waiting.append(try Message(kind, bytes, passing: passed))
      if waiting.count - next == 1 { becameCongested() }
      return .queued
    } catch {
      return .failed(error)
    }
  }

  /// Whether there was room.
  private func transmit(_ bytes: [UInt8], passing passed: BorrowedDescriptor?) throws(SystemError) -> Bool {
    // A second attempt is for a manager that has opened its socket anew.
    for _ in 0..<2 {
      let isFresh = socket == nil
      if isFresh { try connect() }
      guard let descriptor else { break }
      switch bytes.withUnsafeBytes({ descriptor.send($0, passing: passed) }) {
      case .transferred: return true
      case .wouldBlock: return false
      case .failed(let number):
        socket = nil
        if isFresh { throw SystemError("notify the service manager", errno: number) }
      }
    }
    return false
  }

  private func connect() throws(SystemError) {
    let opened = try FileDescriptor.socket(.unix, .datagram)
    do throws(SystemError) {
      _ = try opened.borrowed.connect(to: address)
    } catch {
      throw SystemError("notify the service manager", errno: error.errno)
    }
    socket = consume opened
  }
}
