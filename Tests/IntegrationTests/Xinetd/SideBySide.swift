import Foundation
import Testing

/// Debian's xinetd and ours with the same files, each on a loopback address of its own, to be asked the same things.
final class SideBySide {
  enum Server: CaseIterable { case xinetd, ours }

  let scratch: Scratch
  let probe: String
  let etc: OwnEtc
  private let addresses: [Server: String]
  /// There is one IPv6 loopback address only: where it is asked, each one has a port of its own.
  private let portsOfIPv6: [Server: UInt16]
  private var peer: ChildProcess?
  private(set) var daemon: Daemon?

  /// Where Tests/prepare has put Debian's xinetd.
  static let program = Checkout.debian("xinetd", "/usr/sbin/xinetd")
  static let canRun = program != nil && OwnEtc.isPossible && Ports.mayUseWellKnown

  init() throws {
    scratch = try Scratch()
    probe = try scratch.install(Checkout.product("probe-server"))
    etc = try OwnEtc(scratch)
    addresses = [.xinetd: Ports.loopbackAddress(), .ours: Ports.loopbackAddress()]
    portsOfIPv6 = [.xinetd: try Ports.free(), .ours: try Ports.free()]
  }

  deinit { peer?.end() }

  func address(_ server: Server) -> String { addresses[server]! }

  func portOfIPv6(_ server: Server) -> UInt16 { portsOfIPv6[server]! }

  func logFile(_ server: Server) -> String { scratch("\(server).log") }

  /// Writes the file for both servers, `{address}`, `{port6}`, `{log}` and `{probe}` being each one's own, and starts them.
  func start(_ build: DaemonBuild, _ configuration: String) throws {
    let readyPort = try Ports.free()
    let configuration =
      configuration + """
        service discard
        {
          id = ready
          type = INTERNAL UNLISTED
          port = \(readyPort)
          socket_type = stream
          wait = no
          user = root
        }

        """
    for server in Server.allCases {
      let text = configuration.replacingOccurrences(of: "{address}", with: address(server))
        .replacingOccurrences(of: "{log}", with: logFile(server)).replacingOccurrences(of: "{probe}", with: probe)
        .replacingOccurrences(of: "{port6}", with: "\(portOfIPv6(server))")
      try scratch.write(server == .xinetd ? "xinetd.conf" : "\(Daemon.directoryName)/all", text)
    }
    let variables = ChildProcess.plainEnvironment.merging(["PASSED": "on", "KEPT": "back"]) { $1 }
    peer = try ChildProcess(
      etc.prefix + [
        Self.program!, "-dontfork", "-f", scratch("xinetd.conf"), "-filelog", scratch("messages"), "-pidfile",
        scratch("xinetd.pid"),
      ], environment: variables)
    daemon = try Daemon(build, in: scratch, environment: ["PASSED": "on", "KEPT": "back"], prefix: etc.prefix)
    // xinetd has no way to tell that it is ready.
    try Deadline.poll("xinetd listens: \(ProcessFacts.read(scratch("messages")) ?? "")") {
      (try? Client(.stream, address(.xinetd), readyPort)) != nil
    }
  }

  func connect(
    _ server: Server, _ port: UInt16, from host: String = "127.0.0.1", _ kind: Client.Kind = .stream
  ) throws -> Client {
    try Client(kind, address(server), port, from: SocketName(host, 0))
  }

  /// The lines of each one's log file about `service` so far, with stamps and pids as signs. xinetd logs a refusal that it
  /// finds out behind its fork as START, FAIL and EXIT of a server that never was; those are one FAIL line here.
  func logLines(_ server: Server, _ service: String) -> [String] {
    let lines = (ProcessFacts.read(logFile(server)) ?? "").split(separator: "\n").map(String.init)
    let normal = lines.map { line in
      line.replacing(#/^\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d: /#, with: "<stamp> ")
        .replacing(#/duration=\d+\(sec\)/#, with: "duration=<n>(sec)")
    }
    let own = normal.filter { $0.split(separator: " ").dropFirst(2).first.map { $0 == service } ?? false }
    var kept = own
    if server == .xinetd {
      // In whatever order two processes wrote them.
      for line in own {
        guard let peer = Self.peerRefusedLate(line),
          let start = kept.firstIndex(where: { $0.contains("START: ") && $0.hasSuffix(" from=\(peer)") })
        else { continue }
        let pid = Self.pid(kept.remove(at: start))
        kept.removeAll { $0.contains("EXIT: ") && Self.pid($0) == pid }
      }
    }
    return kept.map { $0.replacing(#/pid=\d+/#, with: "pid=<pid>") }
  }

  /// Whom a line refuses for a reason that xinetd finds out behind its fork.
  private static func peerRefusedLate(_ line: String) -> String? {
    if let match = line.firstMatch(of: #/FAIL: \S+ (address|libwrap) from=(\S+)$/#) { return String(match.output.2) }
    return line.firstMatch(of: #/NOID: \S+ (\S+) /#).map { String($0.output.1) }
  }

  private static func pid(_ line: String) -> String? {
    line.firstMatch(of: #/ pid=(\d+)/#).map { String($0.output.1) }
  }
}

extension SideBySide {
  /// Asks both and compares.
  static func same(
    _ what: String, _ ask: (Server) throws -> String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let theirs = try ask(.xinetd)
    let ours = try ask(.ours)
    #expect(ours == theirs, "\(what)", sourceLocation: sourceLocation)
  }
}
