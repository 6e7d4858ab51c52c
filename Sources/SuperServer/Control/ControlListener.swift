import CLinux
import ControlProtocol
import EventLoop
import LinuxSystem
import NetworkAddresses

/// The unix socket through which an administrator asks a running daemon and steers it.
final class ControlListener: EventSource {
  /// Clients at one time; more wait in the kernel's queue until one has gone, and none may idle.
  static let mostClients = 256

  private let path: String
  private let socket: FileDescriptor
  private unowned(unsafe) let server: SuperServer
  private var clients = 0
  private var backoff = Backoff.resources
  private var resumption: ActionTimer?
  private var isClosed = false

  private init(path: String, socket: consuming FileDescriptor, server: SuperServer) {
    self.path = path
    self.socket = consume socket
    self.server = server
    super.init()
  }

  var descriptor: BorrowedDescriptor { socket.borrowed }

  /// Goes on with the socket of this process before it executed itself: whoever asked meanwhile waits in its queue, and a
  /// copy of the process that has not closed it yet is no other daemon. Nil, and it is closed, when it is not what `path`
  /// leads to.
  static func adopt(
    _ inherited: Int32, at path: String?, for server: SuperServer
  ) throws(SystemError) -> ControlListener? {
    let socket = FileDescriptor(owning: inherited)
    guard let path, (try? socket.borrowed.localAddress().endpoint) == .unix(path: path),
      (try? FileSystem.status(ofLink: path))?.kind == .socket
    else { return nil }
    try socket.borrowed.setCloseOnExec(true)
    return try watch(path, consume socket, for: server)
  }

  /// Binds and watches the socket: mode 0660, the daemon's own user and group. Its directory is made if it is missing.
  static func open(_ path: String, for server: SuperServer) throws(SystemError) -> ControlListener {
    if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex {
      let directory = String(path[..<slash])
      if try FileSystem.status(of: directory) == nil { try FileSystem.createDirectory(directory, mode: 0o755) }
    }
    let socket = try FileDescriptor.socket(.unix, .stream)
    try UnixSocketFile.removeStale(path: path, kind: .stream)
    try UnixSocketFile.bind(socket.borrowed, path: path, user: nil, group: nil, mode: 0o660)
    try socket.borrowed.listen(backlog: 128, subject: path)
    return try watch(path, consume socket, for: server)
  }

  private static func watch(
    _ path: String, _ socket: consuming FileDescriptor, for server: SuperServer
  ) throws(SystemError) -> ControlListener {
    let listener = ControlListener(path: path, socket: consume socket, server: server)
    try server.loop.add(listener, listener.socket.borrowed, .readable)
    return listener
  }

  override func handle(_ events: EventSet) {
    var peer = SocketAddress()
    while clients < ControlListener.mostClients {
      switch socket.borrowed.accept(nonblocking: true, peer: &peer) {
      case .connection(let connection):
        clients += 1
        backoff.succeed()
        ControlClient.begin(consume connection, of: self, server: server)
      case .aborted: continue
      case .none: return
      case .exhausted: return pause()
      case .failed: return pause()
      }
    }
    // Enough: the rest waits until somebody has gone.
    server.loop.remove(self)
  }

  /// No descriptor or memory for another client: who waits stays readable, so that looking at once would be a loop.
  private func pause() {
    server.loop.remove(self)
    let timer = resumption ?? ActionTimer { [unowned(unsafe) self] in resume() }
    resumption = timer
    server.loop.schedule(timer, after: backoff.fail())
  }

  private func resume() {
    guard !isRegistered, !isClosed, clients < ControlListener.mostClients else { return }
    do throws(SystemError) {
      try server.loop.add(self, socket.borrowed, .readable)
    } catch {
      pause()
    }
  }

  /// A client has gone.
  func clientEnded() {
    clients -= 1
    if resumption?.isScheduled != true { resume() }
  }

  /// Stops listening and removes the socket's file.
  func close() {
    isClosed = true
    if let resumption { server.loop.cancel(resumption) }
    server.loop.remove(self)
    try? FileSystem.unlink(path)
  }
}
