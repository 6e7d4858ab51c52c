import AdmissionControl
import NetworkAddresses
import ServiceModel

/// How a server ended, for the log.
package enum ServerEnd: Equatable, Sendable {
  case status(Int32)
  case signal(Int32)
}

/// The service lines of the log, byte for byte as xinetd writes them, because fail2ban and others read them.
///
/// Each function is one kind of line; nil means that the service's log_on_success or log_on_failure asks for none.
package enum ServiceLogText {
  /// Room for a usual line: one that grows is copied at each step, twice for every connection.
  private static let usualLength = 96

  private static func line(_ kind: String, _ id: String) -> String {
    var line = ""
    line.reserveCapacity(usualLength)
    line += kind
    line += id
    return line
  }

  /// `START: id pid=N from=IP`
  package static func start(_ id: String, pid: Int32?, peer: String?, fields: SuccessLogFields) -> String? {
    guard !fields.isEmpty else { return nil }
    var line = line("START: ", id)
    if fields.contains(.pid), let pid { line.append(" pid=", pid) }
    if fields.contains(.host), let peer { line.append(" from=", peer) }
    return line
  }

  /// `EXIT: id status=N pid=N duration=N(sec)`, `signal=N` for a server that a signal ended.
  package static func exit(
    _ id: String, pid: Int32?, end: ServerEnd?, seconds: Int64, fields: SuccessLogFields
  ) -> String? {
    guard !fields.intersection([.exit, .duration]).isEmpty else { return nil }
    var line = line("EXIT: ", id)
    if fields.contains(.exit), let end {
      switch end {
      case .status(let status): line.append(" status=", status)
      case .signal(let signal): line.append(" signal=", signal)
      }
    }
    if fields.contains(.pid), let pid { line.append(" pid=", pid) }
    if fields.contains(.duration) {
      line.append(" duration=", seconds)
      line += "(sec)"
    }
    return line
  }

  /// `FAIL: id reason from=IP`
  package static func fail(_ id: String, reason: String, peer: String?, fields: FailureLogFields) -> String? {
    guard !fields.intersection([.host, .attempt, .userID]).isEmpty else { return nil }
    var line = line("FAIL: ", id)
    line.append(" ", reason)
    if fields.contains(.host), let peer { line.append(" from=", peer) }
    return line
  }

  /// `USERID: id UNIX : joe`: what the peer's host said behind its `USERID :`.
  package static func userID(_ id: String, user: [UInt8]) -> String { "USERID: " + id + " " + escapedForLog(user) }

  /// `NOID: id IP reason`
  package static func noID(_ id: String, peer: String?, reason: String) -> String {
    "NOID: " + id + " " + (peer.map { $0 + " " } ?? "") + reason
  }

  /// The peer as the log names it: address only, an unnamed unix peer as `local`; nil where the service logs none.
  package static func peer(
    _ endpoint: SocketEndpoint?, detail: LogAddressDetail, prefix4: UInt8, prefix6: UInt8
  ) -> String? {
    guard let endpoint, detail != .none else { return nil }
    switch endpoint {
    case .ip(let address, _, _):
      let plain = address.unmapped
      guard detail == .prefix else { return plain.description }
      // A prefix of the full width would be the whole address; then the customary network stands for it.
      let length = plain.family == .ipv4 ? Int(min(prefix4, 24)) : Int(min(prefix6, 64))
      return IPPrefix(plain, length: length).description
    case .unix(let path): return escapedForLog(path.utf8, limit: 108)
    case .abstract(let name): return "@" + escapedForLog(name.utf8, limit: 108)
    case .vsock(let cid, _): return "vsock:\(cid)"
    case .unnamed: return "local"
    }
  }
}

// Without a text between: `+` and interpolation make one for each piece.
extension String {
  fileprivate mutating func append(_ name: String, _ value: String) {
    self += name
    self += value
  }

  fileprivate mutating func append(_ name: String, _ value: some BinaryInteger) { append(name, String(value)) }
}
