import ControlProtocol
import NetworkAddresses
import ProxyProtocol
import ServiceModel
import SuperServer

// What a peer sends.
extension FuzzTarget {
  static let protocols = [
    FuzzTarget("control-request", longestInput: 128, ControlMessages.checkRequest),
    FuzzTarget("control-reply", longestInput: 256, ControlMessages.checkReply),
    FuzzTarget("tcpmux", longestInput: 300, checkTCPMux),
    FuzzTarget("http", longestInput: 300, checkHTTP),
    FuzzTarget("proxy-header", longestInput: 300, checkProxyHeader),
    FuzzTarget("ident", longestInput: 128, checkIdent),
    FuzzTarget("address", longestInput: 64, checkAddress),
    FuzzTarget("log-text", longestInput: 256, checkLogText),
  ]

  private static func checkTCPMux(_ bytes: [UInt8]) {
    switch bytes.withUnsafeBytes({ TCPMuxName(of: $0) }) {
    case .incomplete: precondition(!bytes.contains(10) && bytes.count < TCPMuxName.longest)
    case .tooLong: precondition(bytes.count >= TCPMuxName.longest)
    case .name(let name, let taken):
      precondition(taken <= bytes.count && bytes[taken - 1] == 10, "taken to the byte")
      precondition(!name.utf8.contains(10) && bytes[..<(taken - 1)].firstIndex(of: 10) == nil)
    }
  }

  private static func checkHTTP(_ bytes: [UInt8]) {
    let ends = HTTPRequestLine.endsHead(bytes)
    precondition(!ends || bytes.contains(10))
    guard let line = HTTPRequestLine(bytes) else { return }
    precondition(line.path.utf8.first == UInt8(ascii: "/") && !line.path.utf8.contains(UInt8(ascii: "?")))
    precondition(!line.method.utf8.contains(32) && !line.path.utf8.contains(32))
  }

  /// A whole header is one however much follows, and none before its last byte; what it says can be passed on.
  private static func checkProxyHeader(_ bytes: [UInt8]) {
    func read(_ bytes: some Collection<UInt8>) -> ProxyHeaderReading {
      Array(bytes).withUnsafeBytes { ProxyHeaderParser.read($0) }
    }
    guard case .header(let addresses, let length) = read(bytes) else { return }
    precondition(length > 0 && length <= bytes.count && length <= ProxyHeaderParser.longest)
    precondition(read(bytes.prefix(length)) == .header(addresses, length: length), "what follows changes a header")
    precondition(read(bytes.prefix(length - 1)) == .incomplete, "a header before its end")
    guard case .client(let client, let destination) = addresses else { return }
    for write in [ProxyHeaderWriter.line, ProxyHeaderWriter.binary] {
      let written = write(client, destination)
      guard case .header(let again, let all) = read(written) else { preconditionFailure("no header is written") }
      precondition(all == written.count)
      guard case .client(let first, let second) = again else { continue }
      precondition(write(first, second) == written, "a header that reads as another")
    }
  }

  /// What is asked of us, and what another host says of its user (RFC 1413).
  private static func checkIdent(_ bytes: [UInt8]) {
    let numbers = IdentMessage.numbers(bytes)
    if let ports = IdentMessage.ports(bytes) {
      precondition(ports.own > 0 && ports.other > 0)
      precondition(numbers.0 == UInt32(ports.own) && numbers.1 == UInt32(ports.other), "other numbers than ports")
    }
    guard let user = IdentMessage.userID(bytes, of: IdentPorts(own: 6193, other: 23)) else { return }
    precondition(!user.isEmpty && user.count < bytes.count && bytes.contains(UInt8(ascii: ":")))
  }

  private static func checkAddress(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let address = IPAddress(text) else { return }
    precondition(IPAddress(address.description) == address, "what is printed is another address")
    let length = Int(bytes.last ?? 0) % (address.family.width + 1)
    precondition(IPPrefix(address, length: length).contains(address), "a prefix without its own address")
  }

  /// Nothing that a stranger says begins a line of its own or moves a terminal's cursor.
  private static func checkLogText(_ bytes: [UInt8]) {
    let text = escapedForLog(bytes, limit: 64)
    precondition(text.utf8.allSatisfy { $0 >= 0x20 && $0 <= 0x7e } && text.utf8.count <= 64 * 4 + 3)
    let json = LogRecord(.info, String(decoding: bytes, as: UTF8.self)).json(time: "")
    precondition(json.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } && json.utf8.last == UInt8(ascii: "}"))
    var lines = ComplaintLines()
    for part in bytes.split(separator: 0, omittingEmptySubsequences: false) {
      lines.add(part) { precondition(!$0.isEmpty && $0.count <= ComplaintLines.limit && !$0.contains(10)) }
    }
    lines.finish { precondition(!$0.isEmpty && $0.count <= ComplaintLines.limit) }
  }
}

private enum ControlMessages {
  static func checkRequest(_ bytes: [UInt8]) {
    do throws(ControlRequest.Refusal) {
      let request = try ControlRequest(line: bytes[...])
      let line = Array(request.line.utf8)
      precondition(line.last == 10 && !line.dropLast().contains(10), "one request, one line")
      let again = try ControlRequest(line: line.dropLast())
      // Bytes that are no UTF-8 were replaced when they were read; from then on the request is what it says.
      precondition(again == request, "a request that reads as another")
    } catch {
      _ = escapedForLog(error.text.utf8)
    }
  }

  /// A reply in one piece is the reply in many, and what is sent reads back.
  static func checkReply(_ bytes: [UInt8]) {
    var whole = ControlReplyParser()
    var pieces = ControlReplyParser()
    var first: ControlReply?
    var second: ControlReply?
    var isMalformed = false
    do throws(ControlReplyParser.Malformed) { first = try whole.take(bytes) } catch { isMalformed = true }
    do throws(ControlReplyParser.Malformed) {
      // All lengths of pieces, from single bytes on: the input's own length chooses.
      let length = bytes.count % 7 + 1
      for start in stride(from: 0, to: bytes.count, by: length) where second == nil {
        second = try pieces.take(bytes[start..<min(start + length, bytes.count)])
      }
    } catch {
      precondition(isMalformed, "malformed only in pieces")
    }
    precondition(first == second, "pieces make another reply")
    guard let first else { return }
    var parser = ControlReplyParser()
    let again = try? parser.take(first.bytes)
    if first.blocks.allSatisfy({ $0["status"] == nil }) {
      precondition(again == first, "a reply that reads as another")
    }
  }
}
