import NetworkAddresses

/// The services that the daemon answers itself.
package enum Builtin: UInt8, CaseIterable, Hashable, Sendable {
  case echo, discard, daytime, time, chargen, qotd, tcpmux, ident, metrics, sensor

  package var name: String {
    switch self {
    case .echo: "echo"
    case .discard: "discard"
    case .daytime: "daytime"
    case .time: "time"
    case .chargen: "chargen"
    case .qotd: "qotd"
    case .tcpmux: "tcpmux"
    case .ident: "ident"
    case .metrics: "metrics"
    case .sensor: "sensor"
    }
  }

  /// The built-in of this name, or of the /etc/services names that mean the same (`auth` is ident, RFC 1413).
  package init?(name: String) {
    let wanted = name == "auth" ? "ident" : name == "quote" ? "qotd" : name
    guard let match = Builtin.allCases.first(where: { $0.name == wanted }) else { return nil }
    self = match
  }
}

/// What a server finds as its argv[0].
package enum ArgumentZero: Hashable, Sendable {
  /// The program's file name.
  case name
  /// The program's path; sshd -i needs it to execute itself again.
  case path
  case literal(String)
}

/// A program that serves.
package struct ProgramDefinition: Equatable, Sendable {
  /// Absolute path.
  package var path: String
  package var argumentZero: ArgumentZero = .name
  /// Without argv[0].
  package var arguments: [String] = []
  /// Whether `%a %p %l %q %s %%` in arguments and environment are replaced (flat files only).
  package var expandsVariables = false

  package init(path: String) { self.path = path }

  /// The last part of the path.
  package var fileName: String {
    guard let slash = path.lastOffset(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(path.startIndex, offsetBy: slash + 1)...])
  }

  /// argv as the server sees it.
  package var argumentVector: [String] {
    let first: String
    switch argumentZero {
    case .name: first = fileName
    case .path: first = path
    case .literal(let text): first = text
    }
    return [first] + arguments
  }
}

/// Where a redirected connection goes.
package enum RedirectTarget: Hashable, Sendable {
  /// Host name or literal address, and port number or service name.
  case network(host: String, port: String)
  case unix(path: String)
}

/// PROXY protocol versions that a redirect can speak to its target.
package enum ProxyHeader: UInt8, Hashable, Sendable { case none, v1, v2 }

/// What happens with a connection of the service.
package enum ServiceHandler: Equatable, Sendable {
  case program(ProgramDefinition)
  case builtin(Builtin)
  case redirect(RedirectTarget)
}

/// Sun RPC (RFC 5531): the program and the versions that are registered with rpcbind.
package struct RPCDefinition: Equatable, Sendable {
  /// Name of /etc/rpc; nil where only the number is known.
  package var name: String?
  package var number: UInt32?
  package var versions: ClosedRange<UInt32>

  package init(name: String?, number: UInt32?, versions: ClosedRange<UInt32>) {
    self.name = name
    self.number = number
    self.versions = versions
  }
}

/// How a service hangs below the tcpmux service (RFC 1078) instead of listening itself.
package enum TCPMuxAttachment: UInt8, Hashable, Sendable {
  /// The server sends its own `+` reply.
  case plain
  /// We send `+Go` before the server starts.
  case plus
}
