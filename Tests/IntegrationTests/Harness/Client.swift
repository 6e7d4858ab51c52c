import CTestSupport
import Foundation

/// A test's end of a connection or of an exchange of datagrams. Blocking, with a deadline on every call.
///
/// One thread at a time uses one direction.
final class Client: @unchecked Sendable {
  enum Kind {
    case stream, datagram, seqpacket

    var type: Int32 {
      switch self {
      case .stream: Int32(SOCK_STREAM.rawValue)
      case .datagram: Int32(SOCK_DGRAM.rawValue)
      case .seqpacket: Int32(SOCK_SEQPACKET.rawValue)
      }
    }
  }

  let descriptor: Int32

  private convenience init(family: Int32, kind: Kind, seconds: Double, namespaceOf pid: pid_t? = nil) throws {
    let type = kind.type | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = if let pid { test_socket_in(pid, family, type) } else { socket(family, type, 0) }
    guard descriptor >= 0 else { throw Failure("socket: \(errorText())") }
    self.init(owning: descriptor, seconds: seconds)
  }

  /// Takes over a connection that somebody accepted.
  init(owning descriptor: Int32, seconds: Double = Deadline.usual) {
    self.descriptor = descriptor
    var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(seconds.truncatingRemainder(dividingBy: 1) * 1e6))
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
  }

  deinit { close(descriptor) }

  /// Connects to `host:port`; `from` binds the own end first, `namespaceOf` names a process whose network is meant.
  convenience init(
    _ kind: Kind = .stream, _ host: String = "127.0.0.1", _ port: UInt16, from: SocketName? = nil,
    receiveBuffer: Int32? = nil, seconds: Double = Deadline.usual, namespaceOf pid: pid_t? = nil
  ) throws {
    let name = try SocketName(host, port)
    try self.init(family: name.family, kind: kind, seconds: seconds, namespaceOf: pid)
    if var receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4) }
    if let from { try bindOwnEnd(from) }
    guard name.withPointer({ connect(descriptor, $0, $1) }) == 0 else {
      throw Failure("connect \(host):\(port): \(errorText())")
    }
  }

  /// Connects to a unix socket. A datagram client needs a name of its own to get answers: `from`.
  convenience init(
    _ kind: Kind = .stream, unix path: String, from: String? = nil, seconds: Double = Deadline.usual
  ) throws {
    let name = try SocketName(unix: path)
    try self.init(family: name.family, kind: kind, seconds: seconds)
    if let from { try bindOwnEnd(SocketName(unix: from)) }
    guard name.withPointer({ connect(descriptor, $0, $1) }) == 0 else {
      throw Failure("connect \(path): \(errorText())")
    }
  }

  private func bindOwnEnd(_ name: SocketName) throws {
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    guard name.withPointer({ bind(descriptor, $0, $1) }) == 0 else { throw Failure("bind: \(errorText())") }
  }

  var localPort: UInt16 {
    var name = SocketName()
    _ = name.fill { getsockname(descriptor, $0, $1) }
    return name.port
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    repeat {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count >= 0 else { throw Failure("send: \(errorText())") }
      sent += count
    } while sent < bytes.count
  }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// One receive: bytes, a datagram, or nothing at the end of the stream. Throws when the deadline passes.
  func receive(_ limit: Int = 65536) throws -> [UInt8] {
    guard let bytes = receive(limit, flags: 0) else { throw Failure("receive: \(errorText())") }
    return bytes
  }

  /// What is there now, without waiting; nil if nothing.
  func receiveNow(_ limit: Int = 65536) -> [UInt8]? { receive(limit, flags: Int32(MSG_DONTWAIT)) }

  private func receive(_ limit: Int, flags: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = recv(descriptor, &buffer, limit, flags)
    return count < 0 ? nil : Array(buffer[..<count])
  }

  func receive(exactly count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try receive(count - bytes.count)
      guard !more.isEmpty else { throw Failure("the stream ended after \(bytes.count) of \(count) bytes") }
      bytes += more
    }
    return bytes
  }

  func receiveToEnd() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let more = try receive()
      if more.isEmpty { return bytes }
      bytes += more
    }
  }

  /// The next line without its line feed.
  func receiveLine() throws -> String {
    var bytes: [UInt8] = []
    while true {
      guard let byte = try receive(1).first else {
        throw Failure("the stream ended in the line '\(String(decoding: bytes, as: UTF8.self))'")
      }
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
  }

  func receiveText() throws -> String { String(decoding: try receiveToEnd(), as: UTF8.self) }

  /// Whether the server has closed or reset the connection without a byte; waits for it.
  func isClosedSilently() -> Bool {
    guard let bytes = receive(1, flags: 0) else { return errno == ECONNRESET }
    return bytes.isEmpty
  }
}
