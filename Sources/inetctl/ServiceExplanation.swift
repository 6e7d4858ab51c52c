import NetworkAddresses
import ServiceConfiguration
import ServiceModel

/// What a service will do, in words.
struct ServiceExplanation {
  let entry: ServiceEntry
  let sources: SourceMap
  private var definition: ServiceDefinition { entry.definition }

  init(_ entry: ServiceEntry, in sources: SourceMap) {
    self.entry = entry
    self.sources = sources
  }

  var text: String {
    let title = "\(definition.id): \(definition.enabled ? "on" : "off"), from \(sources.describe(entry.location))"
    return ([title] + lines).joined(separator: "\n  ") + "\n"
  }

  var json: String {
    JSONText.object([
      ("id", JSONText.string(definition.id)), ("enabled", definition.enabled ? "true" : "false"),
      ("from", JSONText.string(sources.describe(entry.location))),
      ("lines", JSONText.array(lines.map { JSONText.string(ServiceExplanation.trimmed($0)) })),
    ])
  }

  private var lines: [String] { [sockets] + handler + access + limits + logging + sandbox + others }

  private static func trimmed(_ line: String) -> String { String(line.drop { $0 == " " }) }

  // MARK: Sockets

  private var sockets: String {
    if definition.tcpmux != nil { return "Reached through the tcpmux service as '\(definition.service)'." }
    let socket = definition.socket
    let places = socket.addresses.map { $0.text }.joined(separator: ", ")
    if socket.addresses.allSatisfy({ if case .ip(.address, _) = $0 { true } else { false } }) {
      return "Listens on \(places), \(socket.transport)."
    }
    if socket.addresses.contains(where: { if case .ip = $0 { true } else { false } }) {
      let families: String
      switch socket.families {
      case .both: families = "IPv4 and IPv6"
      case .ipv4: families = "IPv4 only"
      case .ipv6: families = "IPv6 only"
      case .dual: families = "one socket for IPv6 and IPv4"
      }
      return "Listens on \(places), \(socket.transport), \(families)."
    }
    return "Listens on \(places), \(socket.type)."
  }

  // MARK: Handler

  private var handler: [String] {
    switch definition.handler {
    case .builtin(let builtin): return ["Answered by the daemon itself: \(builtin.name)."]
    case .redirect(.network(let host, let port)): return ["Connections are passed on to \(host), port \(port)."]
    case .redirect(.unix(let path)): return ["Connections are passed on to the unix socket \(path)."]
    case .program(let program): return programLines(program)
    }
  }

  private func programLines(_ program: ProgramDefinition) -> [String] {
    let when =
      definition.wait
      ? "The first connection or datagram starts one server, which gets the listening socket"
      : definition.socket.type == .dgram ? "Each new peer starts a server" : "Each connection starts a server"
    let command = FlatText.line(program.path, program.arguments).replacing(" =", with: "", maxReplacements: 1)
    var lines = ["\(when):", "  \(command)"]
    if case .literal(let name) = program.argumentZero { lines.append("  under the name \(name)") }
    let user = definition.process.user?.text ?? "the daemon's own user"
    let group = definition.process.group.map { ", group \($0.text)" } ?? ""
    lines.append(
      "as \(user)\(group)\(definition.process.supplementaryGroups ? "" : ", without the user's other groups").")
    switch definition.standardError {
    case .socket: lines.append("Its standard error goes to the peer.")
    case .log: lines.append("Its standard error goes to the log.")
    case .null: lines.append("Its standard error is thrown away.")
    }
    return lines
  }

  // MARK: Access, limits, log

  private var access: [String] {
    var lines: [String] = []
    if let onlyFrom = definition.access.onlyFrom {
      lines.append(
        onlyFrom.isEmpty ? "Nobody may connect." : "Open only to \(onlyFrom.map { $0.text }.joined(separator: ", ")).")
    }
    if !definition.access.noAccess.isEmpty {
      lines.append("Closed to \(definition.access.noAccess.map { $0.text }.joined(separator: ", ")).")
    }
    if !definition.access.times.isEmpty {
      lines.append("Open at \(definition.access.times.map { $0.text }.joined(separator: ", ")).")
    }
    if definition.access.libwrap == .yes { lines.append("hosts.allow and hosts.deny are asked.") }
    return lines.isEmpty ? ["Open to everyone who can reach it."] : lines
  }

  private var limits: [String] {
    var lines: [String] = []
    let limits = definition.limits
    if case .count(let count) = limits.instances, case .program = definition.handler, !definition.wait {
      lines.append(
        "At most \(count) servers at a time; further peers \(limits.overflow == .queue ? "wait" : "are refused").")
    }
    if case .count(let count) = limits.perSource { lines.append("At most \(count) at a time for one source.") }
    if let rate = limits.rate { lines.append("At most \(rate.count) starts in \(rate.seconds) s, then a pause.") }
    if let rate = limits.sourceRate {
      lines.append("At most \(rate.count) starts in \(rate.seconds) s for one source.")
    }
    if let cps = limits.cps { lines.append("At most \(cps.perSecond) connections a second.") }
    return lines
  }

  private var logging: [String] {
    let shown = CanonicalPrinter.lines(of: definition).filter { $0.key.hasPrefix("log_") || $0.key.hasPrefix("banner") }
    return shown.map { "\($0.key) = \($0.words.joined(separator: " "))" }
  }

  /// Keys that the sentences above speak of.
  private static let spoken: Set<String> = [
    "service", "type", "disable", "listen", "port", "bind", "protocol", "socket_type", "wait", "user", "group",
    "groups",
    "server", "server_args", "argv0", "stderr", "redirect", "only_from", "no_access", "access_times", "libwrap",
    "instances", "overflow", "per_source", "rate", "source_rate", "cps", "sandbox",
  ]

  /// What no sentence says, as it would be written.
  private var others: [String] {
    let lines = CanonicalPrinter.lines(of: definition).filter { line in
      !ServiceExplanation.spoken.contains(line.key) && !line.key.hasPrefix("log_") && !line.key.hasPrefix("banner")
    }
    return lines.isEmpty ? [] : ["Also:"] + lines.map { "  " + FlatText.line($0.key, $0.words) }
  }

  private var sandbox: [String] {
    let settings = SandboxExplanation.settings(of: definition.sandbox.bundle)
    return settings.isEmpty ? [] : ["Its sandbox:"] + settings.map { "  " + $0 }
  }
}
