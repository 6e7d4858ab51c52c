import Foundation
import Testing

/// The three syntaxes in which the same service can be written.
enum Syntax: String, CaseIterable, CustomTestStringConvertible {
  case classic, xinetd, flat
  var testDescription: String { rawValue }
}

/// One service, to be written in any syntax.
struct Service {
  var id: String
  /// A port, or a name of /etc/services.
  var port: String
  var socketType = "stream"
  var protocolName = "tcp"
  var wait = false
  var user = Service.ownUser
  var group: String?
  /// Absolute path, or `internal`.
  var server: String
  /// What follows the program's own name.
  var arguments: [String] = []
  /// Further keys, `name +` to add to what is there; classic lines cannot say them.
  var keys: [(String, String)] = []
  /// `.N` behind nowait.
  var perMinute: Int?

  var isDatagram: Bool { socketType == "dgram" }

  func text(_ syntax: Syntax) -> String {
    switch syntax {
    case .classic: classicLine
    case .xinetd: xinetdBlock
    case .flat: flatFile
    }
  }

  private var classicLine: String {
    let waiting = (wait ? "wait" : "nowait") + (perMinute.map { ".\($0)" } ?? "")
    let account = user + (group.map { ".\($0)" } ?? "")
    let fields = [port, socketType, protocolName, waiting, account, server]
    let name = server.split(separator: "/").last.map(String.init) ?? server
    return (fields + (server == "internal" ? [] : [name] + arguments)).joined(separator: "\t") + "\n"
  }

  private var isNumeric: Bool { port.allSatisfy(\.isNumber) }

  private var pairs: [(String, String)] {
    var pairs = [
      ("socket_type", socketType), ("protocol", protocolName), ("wait", wait ? "yes" : "no"), ("user", user),
    ]
    if let group { pairs.append(("group", group)) }
    if server == "internal" { pairs.append(("type", "INTERNAL")) } else { pairs.append(("server", server)) }
    if !arguments.isEmpty { pairs.append(("server_args", arguments.joined(separator: " "))) }
    if isNumeric { pairs.append(("port", port)) }
    return pairs + keys
  }

  private static func assignment(_ key: String, _ value: String) -> String {
    key.hasSuffix(" +") ? "\(key)= \(value)" : "\(key) = \(value)"
  }

  /// Who runs the tests: servers can always be that.
  static let ownUser = String(cString: getpwuid(getuid()).pointee.pw_name)

  private var name: String { isNumeric ? id : port }

  private var xinetdBlock: String {
    let unlisted = isNumeric && server != "internal" ? [("type", "UNLISTED")] : []
    // xinetd's own default is to say nothing.
    let logging = keys.contains { $0.0 == "log_on_failure" } ? [] : [("log_on_failure", "HOST")]
    let body = (unlisted + pairs + logging).map { "\t\(Self.assignment($0, $1))\n" }.joined()
    return "service \(name)\n{\n\tid\t= \(id)\n\(body)}\n"
  }

  private var flatFile: String {
    "service = \(name)\nid = \(id)\n" + pairs.map { "\(Self.assignment($0, $1))\n" }.joined()
  }
}

extension Scratch {
  /// Writes `services` in one syntax where the daemon will look: lines of inetd.conf, or files of inetd.d.
  func write(_ services: [Service], _ syntax: Syntax) throws {
    if syntax == .classic {
      try write(Daemon.classicName, services.map { $0.text(.classic) }.joined())
    } else {
      for service in services { try write(service, syntax) }
    }
  }

  func write(_ service: Service, _ syntax: Syntax) throws {
    try write(name(of: service, syntax), service.text(syntax))
  }
}
