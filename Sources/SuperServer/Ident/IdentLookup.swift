import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses

/// Asks a peer's ident server (RFC 1413) who is at the other end of a connection. In the loop: no answer is waited for,
/// and what comes is bounded in time and text.
final class IdentLookup: EventSource {
  /// Why nothing is known of the user, in xinetd's words (`NOID:` lines).
  enum Failure {
    case noServer, timeout, systemError, brokenResponse, badResponse

    var text: String {
      switch self {
      case .noServer: "no server"
      case .timeout: "timeout"
      case .systemError: "system error"
      case .brokenResponse: "error while receiving response"
      case .badResponse: "bad response"
      }
    }
  }

  enum Answer {
    /// What the server said behind `USERID :`, as it came.
    case user([UInt8])
    case unknown(Failure)
  }

  /// The port of the identification protocol.
  private static let port: UInt16 = 113
  /// A server has so long from the connection attempt to the end of its line.
  static let patience = TimeSpan.seconds(10)

  private let socket: FileDescriptor
  private let ports: IdentPorts
  private let loop: EventLoop
  private let completion: (Answer) -> Void
  private var isConnected = false
  private var line: [UInt8] = []
  private var timer: ActionTimer?

  private init(
    _ socket: consuming FileDescriptor, _ ports: IdentPorts, _ loop: EventLoop, _ completion: @escaping (Answer) -> Void
  ) {
    self.socket = consume socket
    self.ports = ports
    self.loop = loop
    self.completion = completion
    super.init()
  }

  /// Asks about the connection between `local` and `peer`, which must stay open meanwhile. `completion` is called once,
  /// never before this returns; where it throws, not at all.
  static func start(
    local: SocketAddress, peer: SocketAddress, in loop: EventLoop, completion: @escaping (Answer) -> Void
  ) throws(SystemError) {
    guard let own = local.rawIP, let other = peer.rawIP else {
      throw SystemError("identify", peer.description, errno: EAFNOSUPPORT)
    }
    // Ports as the other host sees them: its own first.
    let ports = IdentPorts(own: peer.port, other: local.port)
    let domain: SocketDomain = other.family == .ipv4 ? .ipv4 : .ipv6
    let socket = try FileDescriptor.socket(domain, .stream)
    // From the address that the connection came to, by which the other host knows us.
    try socket.borrowed.bind(to: .ip(own, port: 0, scope: local.scope))
    let lookup = IdentLookup(consume socket, ports, loop, completion)
    let target = SocketEndpoint.ip(other, port: IdentLookup.port, scope: peer.scope)
    // Also where the connection is there at once, writability is reported: one way to go on.
    _ = try lookup.socket.borrowed.connect(to: target)
    try loop.add(lookup, lookup.socket.borrowed, .writable)
    let timer = ActionTimer { [unowned(unsafe) lookup] in lookup.finish(.unknown(.timeout)) }
    lookup.timer = timer
    loop.schedule(timer, after: IdentLookup.patience)
  }

  override func handle(_ events: EventSet) {
    if isConnected { read() } else { ask() }
  }

  private func ask() {
    if socket.borrowed.pendingError() != 0 { return finish(.unknown(.noServer)) }
    isConnected = true
    let question = Array("\(ports.own),\(ports.other)\r\n".utf8)
    let result = question.withUnsafeBytes { socket.borrowed.send($0) }
    guard result == .transferred(question.count) else { return finish(.unknown(.systemError)) }
    do throws(SystemError) {
      try loop.modify(self, .readable)
    } catch {
      finish(.unknown(.systemError))
    }
  }

  private func read() {
    let room = IdentMessage.longestLine - line.count
    let result = withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer in
      let result = socket.borrowed.receive(into: buffer)
      if case .transferred(let count) = result { line += buffer[..<count] }
      return result
    }
    switch result {
    case .wouldBlock: return
    case .failed, .transferred(0): return finish(.unknown(.brokenResponse))
    case .transferred: break
    }
    if let newline = line.firstIndex(of: UInt8(ascii: "\n")) {
      var text = line[..<newline]
      if text.last == UInt8(ascii: "\r") { text = text.dropLast() }
      let user = IdentMessage.userID(text, of: ports)
      finish(user.map { .user(Array($0)) } ?? .unknown(.badResponse))
    } else if line.count >= IdentMessage.longestLine {
      finish(.unknown(.brokenResponse))
    }
  }

  private func finish(_ answer: Answer) {
    if let timer { loop.cancel(timer) }
    loop.remove(self)
    completion(answer)
  }
}
