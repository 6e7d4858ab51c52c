import ControlProtocol
import Glibc
import LinuxSystem
import NetworkAddresses

/// Asks a running daemon over its control socket.
struct ControlConnection {
  static let defaultPath = "/run/inetd/control"

  /// How long a daemon may take for its next word: it answers between two connections, or after it has read its
  /// configuration.
  static let patience = TimeSpan.seconds(60)

  let path: String
  var patience = ControlConnection.patience

  /// Sends one request and waits for the whole reply. With `show` each block is shown as it comes, and not kept.
  func ask(_ request: ControlRequest, show: ((ControlBlock) -> Void)? = nil) throws -> ControlReply {
    let socket = try open(request)
    var parser = ControlReplyParser()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      guard socket.borrowed.isReadable(within: patience) else {
        throw ControlFailure(
          "the daemon at \(path) has said nothing for \(patience.wholeSeconds) s; is it stopped, or its disk out of order?"
        )
      }
      let result = buffer.withUnsafeMutableBytes { socket.borrowed.read(into: $0) }
      guard case .transferred(let count) = result, count > 0 else {
        throw ControlFailure("the daemon at \(path) ended the connection in the middle of its reply")
      }
      if var reply = try parser.take(buffer[..<count]) {
        if let show {
          reply.blocks.forEach(show)
          reply.blocks = []
        }
        return reply
      }
      if let show { parser.takeBlocks().forEach(show) }
    }
  }

  /// Where as many wait as the daemon's queue takes, the kernel says so at once (EAGAIN): tries again for a while.
  private func connect(_ socket: BorrowedDescriptor) throws(SystemError) {
    let deadline = MonotonicTime.now + patience
    while true {
      do throws(SystemError) {
        _ = try socket.connect(to: .unix(path: path))
        return
      } catch {
        guard error.errno == EAGAIN, MonotonicTime.now < deadline else { throw error }
      }
      _ = poll(nil, 0, 50)
    }
  }

  private func open(_ request: ControlRequest) throws -> FileDescriptor {
    do throws(SystemError) {
      let socket = try FileDescriptor.socket(.unix, .stream)
      try connect(socket.borrowed)
      try socket.borrowed.setNonblocking(false)
      try socket.borrowed.writeAll(request.line, to: path)
      return socket
    } catch {
      throw ControlFailure("cannot ask the daemon at \(path): \(error)", errno: error.errno)
    }
  }
}

/// A live command that could not be carried out.
struct ControlFailure: Error, CustomStringConvertible {
  let description: String
  /// Nobody listens at the socket, or it is not there.
  let meansNoDaemon: Bool

  init(_ description: String, errno: Int32 = 0) {
    self.description = description
    meansNoDaemon = errno == ENOENT || errno == ECONNREFUSED
  }
}
