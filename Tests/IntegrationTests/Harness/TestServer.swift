import Foundation
import Synchronization

/// A stream server that a test is itself: it listens when `init` returns and serves each connection on a thread.
final class TestServer: Sendable {
  let port: UInt16
  private let descriptor: Int32
  private let count = Mutex(0)
  private let failures = Mutex<[String]>([])

  /// Serves at `host:port`; port 0 is the kernel's choice.
  convenience init(_ host: String, _ port: UInt16 = 0, serve: @escaping @Sendable (Client) throws -> Void) throws {
    try self.init(SocketName(host, port), serve)
  }

  convenience init(unix path: String, serve: @escaping @Sendable (Client) throws -> Void) throws {
    try self.init(SocketName(unix: path), serve)
  }

  private init(_ name: SocketName, _ serve: @escaping @Sendable (Client) throws -> Void) throws {
    let descriptor = socket(name.family, Client.Kind.stream.type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("socket: \(errorText())") }
    self.descriptor = descriptor
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    guard name.withPointer({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, 128) == 0 else {
      let text = errorText()
      close(descriptor)
      throw Failure("listen: \(text)")
    }
    var own = SocketName()
    _ = own.fill { getsockname(descriptor, $0, $1) }
    port = own.family == AF_UNIX ? 0 : own.port
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { break }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        guard let self else {
          close(connection)
          break
        }
        self.count.withLock { $0 += 1 }
        self.serve(connection, serve)
      }
      close(descriptor)
    }
  }

  /// Wakes the thread that waits for connections, which closes the socket.
  deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

  private func serve(_ connection: Int32, _ serve: @escaping @Sendable (Client) throws -> Void) {
    Thread.detachNewThread { [weak self] in
      do {
        try serve(Client(owning: connection))
      } catch {
        self?.failures.withLock { $0.append("\(error)") }
      }
    }
  }

  /// Connections so far.
  var connections: Int { count.withLock { $0 } }

  /// What went wrong while serving.
  var errors: [String] { failures.withLock { $0 } }
}
