import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// One scrape of the metrics service: an HTTP/1.1 request (RFC 9112) for /metrics in, OpenMetrics text out, end.
final class MetricsConnection: Conversation {
  /// A client that neither asks nor reads for so long is dropped.
  private static let patience = TimeSpan.seconds(10)
  /// Longer than any scraper's request head.
  private static let longestRequest = 8192

  private let connection: FileDescriptor
  private let peer: SocketAddress
  private let service: ServiceRuntime
  private let startedAt: MonotonicTime
  private var request: [UInt8] = []
  private var response: [UInt8] = []
  /// What is still to be said of a report that is too long to be made at once.
  private var report: MetricsReport?
  private var sent = 0
  private var timer: ActionTimer?

  private init(_ connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime) {
    self.connection = consume connection
    self.peer = peer
    self.service = service
    startedAt = service.loop.now
    super.init()
  }

  /// Waits for the request on a connection that the service's admission has counted.
  static func begin(_ connection: consuming FileDescriptor, from peer: SocketAddress, service: ServiceRuntime) {
    let scrape = MetricsConnection(consume connection, from: peer, service: service)
    service.log.started(service.definition, pid: nil, peer: peer.unmappedEndpoint)
    scrape.open()
  }

  private func open() {
    do throws(SystemError) {
      try service.loop.add(self, connection.borrowed, .readable)
    } catch {
      service.log.systemFailure(error, consequence: "a connection of \(service.definition.id) is closed")
      return end()
    }
    let timer = ActionTimer { [unowned(unsafe) self] in end() }
    self.timer = timer
    service.loop.schedule(timer, after: MetricsConnection.patience)
  }

  override var facts: Facts? { Facts(service: service, kind: Builtin.metrics.name, peer: peer, startedAt: startedAt) }

  override func endByHand() {
    service.logStop(.byHand, of: peer)
    end()
  }

  override func handle(_ events: EventSet) {
    if response.isEmpty { read() } else { send() }
  }

  private func read() {
    let buffer = service.server.scratch
    switch connection.borrowed.receive(into: buffer) {
    case .wouldBlock: return
    case .failed, .transferred(0): return end()
    case .transferred(let count):
      service.counters.receivedBytes += UInt64(count)
      request += buffer[..<min(count, MetricsConnection.longestRequest + 1)]
      if HTTPRequestLine.endsHead(request) {
        answer(HTTPRequestLine(request))
      } else if request.count > MetricsConnection.longestRequest {
        answer(nil)
      }
    }
  }

  private func answer(_ line: HTTPRequestLine?) {
    switch line {
    case nil: respond("400 Bad Request", "text/plain", "this is not an HTTP request\n")
    case let line? where line.method != "GET" && line.method != "HEAD":
      respond("405 Method Not Allowed", "text/plain", "GET is all there is\n", extra: "Allow: GET, HEAD\r\n")
    case let line? where line.path != "/metrics": respond("404 Not Found", "text/plain", "see /metrics\n")
    case let line?:
      respond(with: MetricsReport(of: service.server), isWanted: line.method == "GET")
    }
  }

  private func respond(_ status: String, _ type: String, _ body: String, extra: String = "") {
    begin(status, type, length: body.utf8.count, extra: extra)
    response += body.utf8
    send()
  }

  /// A report of one portion has a length. A longer one ends with the connection, and `# EOF` tells that it is whole.
  private func respond(with report: MetricsReport, isWanted: Bool) {
    let first = report.next()
    begin("200 OK", OpenMetricsText.contentType, length: report.isComplete ? first.count : nil)
    if isWanted {
      response += first
      self.report = report
    }
    send()
  }

  private func begin(_ status: String, _ type: String, length: Int?, extra: String = "") {
    var head = "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\n"
    if let length { head += "Content-Length: \(length)\r\n" }
    response = Array((head + extra + "Connection: close\r\n\r\n").utf8)
  }

  private func send() {
    let result = response.withUnsafeBytes { connection.borrowed.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
    switch result {
    case .failed: return end()
    case .wouldBlock: break
    case .transferred(let count):
      sent += count
      service.counters.sentBytes += UInt64(count)
      if sent == response.count {
        guard let report, !report.isComplete else {
          connection.borrowed.discardInput()
          return end()
        }
        response = report.next()
        sent = 0
        // It reads: its patience begins anew.
        if let timer { service.loop.schedule(timer, after: MetricsConnection.patience) }
      }
    }
    do throws(SystemError) {
      try service.loop.modify(self, .writable)
    } catch {
      end()
    }
  }

  private func end() {
    if let timer { service.loop.cancel(timer) }
    service.loop.remove(self)
    service.conversationEnded(peer: peer, duration: service.loop.now - startedAt)
  }
}

/// The first line of an HTTP request, as far as it matters here.
package struct HTTPRequestLine: Equatable {
  package let method: String
  /// Without a query.
  package let path: String

  /// Nil when it is not `METHOD PATH HTTP/1.x`.
  package init?(_ request: [UInt8]) {
    let line = request.prefix { $0 != 0x0a && $0 != 0x0d }
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 3, words[2].starts(with: Array("HTTP/1.".utf8)), words[1].first == UInt8(ascii: "/") else {
      return nil
    }
    method = String(decoding: words[0], as: UTF8.self)
    path = String(decoding: words[1].prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
  }

  /// Whether the empty line that ends the head has come.
  package static func endsHead(_ bytes: [UInt8]) -> Bool {
    var newlines = 0
    for byte in bytes {
      if byte == 0x0a { newlines += 1 } else if byte != 0x0d { newlines = 0 }
      if newlines == 2 { return true }
    }
    return false
  }
}
