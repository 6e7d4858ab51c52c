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
  /// `START: id pid=N from=IP`
  package static func start(_ id: String, pid: Int32?, peer: String?, fields: SuccessLogFields) -> String? {
    guard !fields.isEmpty else { return nil }
    var line = "START: " + id
    if fields.contains(.pid), let pid { line += " pid=\(pid)" }
    if fields.contains(.host), let peer { line += " from=" + peer }
    return line
  }

  /// `EXIT: id status=N pid=N duration=N(sec)`, `signal=N` for a server that a signal ended.
  package static func exit(
    _ id: String, pid: Int32?, end: ServerEnd?, seconds: Int64, fields: SuccessLogFields
  ) -> String? {
    guard !fields.intersection([.exit, .duration]).isEmpty else { return nil }
    var line = "EXIT: " + id
    if fields.contains(.exit), let end {
      switch end {
      case .status(let status): line += " status=\(status)"
      case .signal(let signal): line += " signal=\(signal)"
      }
    }
    if fields.contains(.pid), let pid { line += " pid=\(pid)" }
    if fields.contains(.duration) { line += " duration=\(seconds)(sec)" }
    return line
  }

  /// `FAIL: id reason from=IP`
  package static func fail(_ id: String, reason: String, peer: String?, fields: FailureLogFields) -> String? {
    guard !fields.intersection([.host, .attempt, .userID]).isEmpty else { return nil }
    var line = "FAIL: " + id + " " + reason
    if fields.contains(.host), let peer { line += " from=" + peer }
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
