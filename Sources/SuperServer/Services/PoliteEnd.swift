import EventLoop
import LinuxSystem

/// The end of a connection whose peer has just been told something: a close while the peer still sends would become a
/// reset, which can overtake the text. So our side ends first, and what comes is thrown away until the peer's end.
final class PoliteEnd: EventSource {
  /// A peer has so long to end its side.
  private static let patience = TimeSpan.seconds(2)
  /// Connections of the whole daemon that end politely at one time; the others are closed at once.
  private static let most = 256

  private let connection: FileDescriptor
  private let server: SuperServer
  private var timer: ActionTimer?

  private init(_ connection: consuming FileDescriptor, _ server: SuperServer) {
    self.connection = consume connection
    self.server = server
    super.init()
  }

  static func begin(_ connection: consuming FileDescriptor, for server: SuperServer) {
    guard server.politeEnds < most else { return }
    let end = PoliteEnd(consume connection, server)
    do throws(SystemError) {
      try end.connection.borrowed.shutDown(reading: false, writing: true)
      try server.loop.add(end, end.connection.borrowed, .readable)
    } catch {
      // The peer is gone already.
      return
    }
    server.politeEnds += 1
    let timer = ActionTimer { [unowned(unsafe) end] in end.close() }
    end.timer = timer
    server.loop.schedule(timer, after: patience)
  }

  override func handle(_ events: EventSet) {
    if case .transferred(let count) = connection.borrowed.discardStream(limit: 1 << 20), count > 0 { return }
    close()
  }

  private func close() {
    if let timer { server.loop.cancel(timer) }
    server.loop.remove(self)
    server.politeEnds -= 1
  }
}
