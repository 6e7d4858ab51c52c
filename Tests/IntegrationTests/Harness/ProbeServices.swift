import Foundation

/// A daemon with probe servers on ports of their own, written in one syntax, and a builtin echo beside them.
final class ProbeServices {
  let scratch: Scratch
  let variant: Variant
  let probe: String
  private(set) var services: [Service] = []
  private(set) var daemon: Daemon!
  private var echoPort: UInt16 = 0

  init(_ variant: Variant) throws {
    self.variant = variant
    scratch = try Scratch()
    probe = try scratch.install(Checkout.product("probe-server"))
  }

  convenience init(_ build: DaemonBuild) throws { try self.init(Variant(build: build, syntax: .flat)) }

  /// A service that starts the probe with `arguments`; not written before `start` or `write`.
  func service(_ id: String, _ arguments: String..., keys: [(String, String)] = []) throws -> Service {
    Service(id: id, port: "\(try Ports.free())", server: probe, arguments: arguments, keys: keys)
  }

  /// Writes `services`, and nothing else, as the configuration.
  func write(_ services: [Service]) throws {
    if variant.syntax != .classic {
      for old in self.services where !services.contains(where: { $0.id == old.id }) {
        try scratch.remove(scratch.name(of: old, variant.syntax))
      }
    }
    try scratch.write(services, variant.syntax)
    self.services = services
  }

  /// Starts the daemon with `services` and an echo to synchronise with.
  func start(
    _ services: [Service], options: [String] = [], environment: [String: String] = [:], user: uid_t? = nil,
    prefix: [String] = [], store: DescriptorStore? = nil
  ) throws {
    try write(services)
    echoPort = try Ports.free()
    try scratch.write(
      "\(Daemon.directoryName)/zz-sync.conf", "service = echo\ntype = INTERNAL\nport = \(echoPort)\nprotocol = tcp\n")
    daemon = try Daemon(
      variant.build, in: scratch, options: options, environment: environment, user: user, prefix: prefix,
      store: store)
  }

  /// Starts another daemon with the same files, in place of one that has ended.
  func startAgain(options: [String] = [], store: DescriptorStore? = nil) throws {
    daemon = try Daemon(variant.build, in: scratch, options: options, store: store)
  }

  /// Returns once the daemon has dealt with everything that had happened before the call: it accepts in rounds, so
  /// two round trips through its loop suffice.
  func synchronise() throws {
    for turn in 0..<2 {
      let client = try connectEcho()
      try client.send("\(turn)\n")
      guard try client.receiveLine() == "\(turn)" else { throw Failure("the echo is wrong") }
    }
  }

  func connectEcho() throws -> Client { try Client(.stream, "127.0.0.1", echoPort) }

  func connect(_ service: Service, from host: String? = nil) throws -> Client {
    try Client(.stream, "127.0.0.1", UInt16(service.port)!, from: host.map { try SocketName($0, 0) })
  }

  /// Connects and reads the pid with which a `hold` or `accept` server greets.
  func connectGreeted(_ service: Service, from host: String? = nil) throws -> (client: Client, pid: pid_t) {
    let client = try connect(service, from: host)
    return (client, try client.receivePid())
  }

  func report(_ service: Service) throws -> ProbeReport { try ProbeReport(connect(service).receiveText()) }
}

extension Client {
  func receivePid() throws -> pid_t {
    let line = try receiveLine()
    guard let pid = pid_t(line) else { throw Failure("'\(line)' is no pid") }
    return pid
  }
}

extension Scratch {
  /// Where `service` is written in a syntax with a file for each.
  func name(of service: Service, _ syntax: Syntax) -> String {
    "\(Daemon.directoryName)/\(service.id)\(syntax == .flat ? ".conf" : "")"
  }
}
