import Foundation
import Testing

/// More of the same files under Debian's xinetd and under ours: rates, lock-outs by the minute, ident, IPv6, targets of
/// tcpmux. Deliberate differences are named where they are looked at.
@Suite(.enabled(if: SideBySide.canRun, "needs Debian's xinetd (Tests/prepare), root and a mount name space"))
struct SideBySideMoreTests {
  typealias Server = SideBySide.Server

  private static let defaults = """
    defaults
    {
      bind = {address}
      log_type = FILE {log}
      log_on_success = PID HOST EXIT
      log_on_failure = HOST
    }

    """

  private static func service(
    _ id: String, _ port: String, _ server: String, _ lines: String = "", type: String = "UNLISTED"
  ) -> String {
    """
    service \(id)
    {
      type = \(type)
      port = \(port)
      socket_type = stream
      protocol = tcp
      wait = no
      user = nobody
      server = {probe}
      server_args = \(server)
      \(lines)
    }

    """
  }

  private func sameLog(
    _ both: SideBySide, _ id: String, count: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    // Whose end is logged first is chance.
    func lines(_ server: Server) -> [String] { both.logLines(server, id).filter { !$0.contains("EXIT: ") }.sorted() }
    for server in Server.allCases {
      try Deadline.poll("log of \(id) by \(server): \(lines(server))") { lines(server).count >= count }
    }
    #expect(lines(.ours) == lines(.xinetd), "log of \(id)", sourceLocation: sourceLocation)
  }

  /// Up to its number a second both serve at once. Beyond it xinetd closes the port for a while, which anybody can have
  /// it do to everybody; ours serves them all as the rate allows, and stays open.
  @Test(arguments: DaemonBuild.present)
  func ratesUpToTheirNumberAreAlike(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let port = try Ports.free()
    try both.start(build, Self.defaults + Self.service("rated", "\(port)", "fail 0", "cps = 4 2"))
    func burst(_ server: Server, _ count: Int) throws -> [Client] {
      try (0..<count).map { _ in try both.connect(server, port) }
    }
    try SideBySide.same("a burst within the rate") { server in
      try burst(server, 4).map { "\(try $0.receiveToEnd())" }.joined()
    }
    try sameLog(both, "rated", count: 4)
    // Opened before any is read: each waits in the queue of whoever is to accept it.
    for client in try burst(.ours, 12) { #expect(client.isClosedSilently()) }
    try Deadline.poll("all of ours") { both.logLines(.ours, "rated").filter { $0.contains("START: ") }.count == 16 }
    try Deadline.poll("xinetd closes its port") { (try? burst(.xinetd, 12)) == nil }
    #expect(try both.connect(.ours, port).isClosedSilently())
    try Deadline.poll("xinetd opens it again") { (try? both.connect(.xinetd, port)) != nil }
  }

  /// deny_time as a number: minutes, of which neither forgets any as long as a test lasts.
  @Test(arguments: DaemonBuild.present)
  func lockOutsByTheMinuteAreAlike(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let ports = try (0..<3).map { _ in try Ports.free() }
    func trap(_ id: String, _ port: UInt16, _ type: String, _ time: String) -> String {
      """
      service \(id)
      {
        type = INTERNAL UNLISTED
        flags = SENSOR
        port = \(port)
        socket_type = stream
        wait = no
        user = nobody
        deny_time = \(time)
      }

      """
    }
    try both.start(
      build,
      Self.defaults + trap("trap", ports[0], "stream", "60") + trap("never", ports[1], "stream", "NEVER")
        + Self.service("open", "\(ports[2])", "hold", ""))
    func ask(_ server: Server, _ port: UInt16, _ host: String) throws -> String {
      let client = try both.connect(server, port, from: host)
      client.finishSending()
      return try client.receiveText().replacing(#/\d+\n/#, with: "<pid>\n")
    }
    let host = Ports.loopbackAddress(), other = Ports.loopbackAddress()
    for (what, port, source) in [
      ("before", ports[2], host), ("a sensor that locks nobody out", ports[1], host), ("after that", ports[2], host),
      ("a sensor", ports[0], host), ("locked out", ports[2], host), ("still", ports[2], host),
      ("somebody else", ports[2], other),
    ] { try SideBySide.same(what) { try ask($0, port, source) } }
    for (id, count) in [("trap", 1), ("never", 1), ("open", 5)] { try sameLog(both, id, count: count) }
  }

  /// USERID where it is no condition: for the log of who is served, and of who is not.
  @Test(arguments: DaemonBuild.present)
  func namesOfUsersAreLoggedAlike(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let ports = try (0..<2).map { _ in try Ports.free() }
    let hour = Calendar.current.component(.hour, from: Date())
    // An hour that is not now, nor soon.
    let closed = "access_times = \(hour >= 12 ? "02:00-03:00" : "20:00-21:00")"
    try both.start(
      build,
      Self.defaults + Self.service("served", "\(ports[0])", "hold", "log_on_success += USERID")
        + Self.service("refused", "\(ports[1])", "hold", "\(closed)\n  log_on_failure += USERID"))
    let host = Ports.loopbackAddress()
    let ident = try TestServer(host, 113) { client in
      let ports = try client.receiveLine().dropLast()
      try client.send("\(ports) : USERID : UNIX : joe\r\n")
    }
    for (port, what) in [(ports[0], "served"), (ports[1], "refused")] {
      try SideBySide.same(what) { server in
        let client = try both.connect(server, port, from: host)
        client.finishSending()
        return try client.receiveText().replacing(#/\d+\n/#, with: "<pid>\n")
      }
      // A name, and the line it belongs to.
      try sameLog(both, what, count: 2)
    }
    #expect(ident.errors == [])
  }

  /// IPv6: who is let in, what the server is told, what is logged.
  @Test(.enabled(if: Ports.loopbacks.contains("::1"), "needs IPv6"), arguments: DaemonBuild.present, [true, false])
  func peersOfIPv6AreJudgedAlike(_ build: DaemonBuild, _ isAllowed: Bool) throws {
    let both = try SideBySide()
    let lists = isAllowed ? "only_from = ::1" : "no_access = ::1"
    try both.start(
      build, Self.defaults + Self.service("six", "{port6}", "report", "flags = IPv6\n  bind = ::1\n  \(lists)"))
    try SideBySide.same("a server for IPv6") { server in
      let text = try Client(.stream, "::1", both.portOfIPv6(server)).receiveText()
      if !isAllowed { return text }
      let report = try ProbeReport(text)
      return "\(report.environment["REMOTE_HOST"] ?? "-") \(report["uid"] ?? "-") \(report.arguments)"
    }
    try sameLog(both, "six", count: 1)
  }

  /// Targets of tcpmux: plain ones speak for themselves, TCPMUXPLUS has `+Go` said for them; their own user applies.
  /// xinetd sends a NUL behind its line, RFC 1078 and ours do not.
  @Test(arguments: DaemonBuild.present)
  func targetsOfTCPMuxAreAlike(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let port = try Ports.free()
    // xinetd takes targets for the same service unless each has a port, at which nobody listens.
    let own = try (0..<3).map { _ in try Ports.free() }
    func target(_ id: String, _ port: UInt16, _ type: String, _ server: String) -> String {
      Self.service(id, "\(port)", server, type: "\(type) UNLISTED")
    }
    try both.start(
      build,
      Self.defaults + target("plain", own[0], "TCPMUX", "hold") + target("plus", own[1], "TCPMUXPLUS", "hold")
        + target("whoami", own[2], "TCPMUX", "report") + """
          service tcpmux
          {
            type = INTERNAL UNLISTED
            port = \(port)
            socket_type = stream
            protocol = tcp
            wait = no
            user = root
          }

          """)
    for name in ["plain", "plus"] {
      try SideBySide.same("the target \(name)") { server in
        let client = try both.connect(server, port)
        try client.send("\(name)\r\n")
        var lines = [try client.receiveLine()]
        // Sent when the target answers: xinetd would swallow what is sent with the name.
        if name == "plus" { lines.append(try client.receiveLine()) }
        try client.send("through\n")
        lines.append(try client.receiveLine())
        client.finishSending()
        let said = lines.map { $0.replacing("\0", with: "") }.map { Int($0) == nil ? $0 : "<pid>" }
        return said.joined(separator: "|") + (try client.receiveText())
      }
    }
    for server in Server.allCases {
      for port in own { #expect(throws: Failure.self) { try both.connect(server, port) } }
    }
    try SideBySide.same("the target's user") { server in
      let client = try both.connect(server, port)
      try client.send("whoami\r\n")
      let report = try ProbeReport(client.receiveText())
      return "\(report["uid"] ?? "-") \(report["gid"] ?? "-") \(report.arguments)"
    }
  }
}
