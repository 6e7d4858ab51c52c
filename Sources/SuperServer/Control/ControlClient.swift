import ControlProtocol
import EventLoop
import LinuxSystem

/// One client of the control socket: a request line in, a reply out, bounded in size and time.
final class ControlClient: EventSource {
  /// A client that neither asks nor reads for so long is dropped.
  static let idleLimit = TimeSpan.seconds(5)

  private let connection: FileDescriptor
  private let listener: ControlListener
  private unowned(unsafe) let server: SuperServer
  private var request: [UInt8] = []
  /// Nil while the request is not complete.
  private var reply: ReplyPortions?
  /// The portion that is being sent.
  private var portion: [UInt8] = []
  private var sent = 0
  private lazy var timer = ActionTimer { [unowned(unsafe) self] in end() }

  private init(_ connection: consuming FileDescriptor, of listener: ControlListener, server: SuperServer) {
    self.connection = consume connection
    self.listener = listener
    self.server = server
    super.init()
  }

  static func begin(_ connection: consuming FileDescriptor, of listener: ControlListener, server: SuperServer) {
    let client = ControlClient(consume connection, of: listener, server: server)
    do throws(SystemError) {
      try server.loop.add(client, client.connection.borrowed, .readable)
      client.postponeEnd()
    } catch {
      listener.clientEnded()
    }
  }

  override func handle(_ events: EventSet) {
    if reply == nil { readRequest() } else { sendReply() }
  }

  private func readRequest() {
    let buffer = server.scratch
    switch connection.borrowed.receive(into: buffer) {
    case .wouldBlock: return
    case .failed, .transferred(0): return end()
    case .transferred(let count):
      request += buffer[..<count]
      if let newline = request.firstIndex(of: UInt8(ascii: "\n")), newline <= ControlRequest.longestLine {
        answer(request[..<newline])
      } else if request.count > ControlRequest.longestLine {
        refuse("the request is longer than \(ControlRequest.longestLine) bytes")
      } else {
        postponeEnd()
      }
    }
  }

  private func answer(_ line: ArraySlice<UInt8>) {
    do throws(ControlRequest.Refusal) {
      let request = try ControlRequest(line: line)
      if request.verb.changes && !mayChange {
        return refuse("only root and the daemon's own user may '\(request.verb.rawValue)'")
      }
      send(server.reply(to: request))
    } catch {
      refuse(escapedForLog(error.text.utf8))
    }
  }

  private func refuse(_ text: String) { send(.whole(.failure(text))) }

  /// Root, or whoever the daemon runs as.
  private var mayChange: Bool {
    guard let credentials = try? connection.borrowed.peerCredentials() else { return false }
    return credentials.uid == 0 || credentials.uid == CurrentProcess.effectiveUser
  }

  private func send(_ reply: ReplyPortions) {
    request = []
    self.reply = reply
    portion = reply.take() ?? []
    sendReply()
  }

  /// Sends what the socket takes, one portion at most: then the others get their turn.
  private func sendReply() {
    switch portion.withUnsafeBytes({ connection.borrowed.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
    case .failed: return end()
    case .wouldBlock: break
    case .transferred(let count):
      sent += count
      if sent == portion.count {
        guard let next = reply?.take() else {
          // One request a connection: the client knows that it is complete, and so do programs that read to the end.
          connection.borrowed.discardInput()
          return end()
        }
        portion = next
        sent = 0
      }
    }
    postponeEnd()
    do throws(SystemError) {
      try server.loop.modify(self, .writable)
    } catch {
      end()
    }
  }

  private func postponeEnd() { server.loop.schedule(timer, after: ControlClient.idleLimit) }

  private func end() {
    guard isRegistered else { return }
    server.loop.cancel(timer)
    server.loop.remove(self)
    listener.clientEnded()
  }
}
