import Foundation
import Testing

/// Who takes xinetd away and starts us with the same files notices nothing but what is listed here.
///
/// Deliberate differences, each looked at by a test below:
/// - a refused peer is one FAIL line, not START, FAIL and EXIT;
/// - built-ins have no pid, as none forks: their lines lack `pid=`;
/// - of only_from and no_access the more specific one wins, as xinetd's manual says and xinetd does not;
/// - tcpmux answers an unknown name with RFC 1078's text and no NUL, knows `help`, and keeps what is sent behind a name;
/// - daytime is RFC 867's customary form, chargen RFC 864's 95 characters;
/// - an address/netmask in a list is a network (to xinetd it is nothing);
/// - servers get a clean environment with more about the connection, 1024 open files at first, and no ignored signals.
@Suite(.enabled(if: SideBySide.canRun, "needs Debian's xinetd (Tests/prepare), root and a mount name space"))
struct SideBySideTests {
  typealias Server = SideBySide.Server

  @Test(arguments: DaemonBuild.present)
  func builtinsAnswerAlike(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let ports = try (0..<6).map { _ in try Ports.free() }
    var text = "defaults\n{\n  bind = {address}\n  log_type = FILE {log}\n}\n"
    for (name, port) in zip(["echo", "discard", "time", "daytime", "chargen"], ports) {
      for (type, transport) in [("stream", "tcp"), ("dgram", "udp")] {
        text += """
          service \(name)
          {
            id = \(name)-\(type)
            type = INTERNAL UNLISTED
            port = \(port)
            socket_type = \(type)
            protocol = \(transport)
            wait = \(type == "dgram" ? "yes" : "no")
            user = root
          }

          """
      }
    }
    text += "service discard\n{\n id = off\n type = INTERNAL UNLISTED\n port = \(ports[5])\n socket_type = stream\n"
    text += " protocol = tcp\n wait = no\n user = root\n disable = yes\n}\n"
    try both.start(build, text)

    try SideBySide.same("echo") { server in
      let client = try both.connect(server, ports[0])
      try client.send("first\0line\r\n")
      let first = try client.receive(exactly: 12)
      try client.send("second")
      client.finishSending()
      return "\(first) \(try client.receiveToEnd())"
    }
    try SideBySide.same("echo over UDP") { server in
      let client = try both.connect(server, ports[0], .datagram)
      try client.send("datagram")
      return "\(try client.receive())"
    }
    try SideBySide.same("discard") { server in
      let client = try both.connect(server, ports[1])
      try client.send([UInt8](repeating: 1, count: 100_000))
      client.finishSending()
      return "\(try client.receiveToEnd())"
    }
    for server in Server.allCases {
      let now = UInt32(truncatingIfNeeded: Int(Date().timeIntervalSince1970) + 2_208_988_800)
      let stream = try both.connect(server, ports[2]).receiveToEnd()
      let client = try both.connect(server, ports[2], .datagram)
      try client.send("?")
      for bytes in [stream, try client.receive()] {
        #expect(bytes.count == 4)
        #expect(bytes.reduce(0) { $0 << 8 | UInt32($1) } &- now < 30, "\(server)")
      }
      #expect(throws: Failure.self) { try both.connect(server, ports[5]) }
    }
    // Listed differences.
    #expect(
      try both.connect(.xinetd, ports[3]).receiveText().contains(#/^\d\d [A-Z]{3} \d{4} \d\d:\d\d:\d\d \S+\r\n$/#))
    #expect(try both.connect(.ours, ports[3]).receiveText().contains(#/^[A-Z][a-z]{2} [A-Z][a-z]{2} .{16}\r\n$/#))
    #expect(try both.connect(.ours, ports[4]).receive(exactly: 74) == BuiltinServices.pattern(line: 0))
    #expect(try both.connect(.xinetd, ports[4]).receive(exactly: 74)[72...] == [13, 10])
  }

  @Test(arguments: DaemonBuild.present)
  func serversFindTheSame(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let ports = try (0..<5).map { _ in try Ports.free() }
    try both.start(
      build,
      """
      defaults
      {
      \tbind\t= {address}
      \tlog_type\t= FILE {log}
      \tlog_on_success\t= PID HOST EXIT DURATION
      \tpassenv\t= PASSED
      \tumask\t= 027
      }
      service report
      {
      \ttype\t= UNLISTED
      \tport\t= \(ports[0])
      \tsocket_type\t= stream
      \twait\t= no
      \tuser\t= nobody
      \tgroup\t= daemon
      \tserver\t= {probe}
      \tserver_args\t= report one "two words" %a -x
      \tenv\t= OWN=2
      \tnice\t= 3
      \trlimit_cpu\t= 20
      \trlimit_as\t= 512M
      \trlimit_stack\t= 1M
      \trlimit_data\t= 256M
      }
      service named
      {
      \ttype\t= UNLISTED
      \tflags\t= NAMEINARGS KEEPALIVE NODELAY REUSE
      \tport\t= \(ports[1])
      \tsocket_type\t= stream
      \tprotocol\t= tcp
      \twait\t= no
      \tuser\t= backup
      \tgroups\t= yes
      \tserver\t= {probe}
      \tserver_args\t= another-name report
      \tumask\t= 077
      }
      service killed
      {
      \ttype\t= UNLISTED
      \tport\t= \(ports[2])
      \tsocket_type\t= stream
      \twait\t= no
      \tuser\t= nobody
      \tserver\t= {probe}
      \tserver_args\t= hold 7
      \tlog_on_success\t-= DURATION
      }
      service datagrams
      {
      \ttype\t= UNLISTED
      \tport\t= \(ports[3])
      \tsocket_type\t= dgram
      \tprotocol\t= udp
      \twait\t= yes
      \tuser\t= nobody
      \tserver\t= {probe}
      \tserver_args\t= datagram 2
      }
      service terse
      {
      \ttype\t= UNLISTED
      \tport\t= \(ports[4])
      \tsocket_type\t= stream
      \twait\t= no
      \tuser\t= nobody
      \tserver\t= {probe}
      \tserver_args\t= fail 3
      \tlog_on_success\t= EXIT
      }

      """)

    for port in ports[..<2] {
      try SideBySide.same("server on \(port)") { server in
        let report = try ProbeReport(both.connect(server, port).receiveText())
        // What a connection is about; everything else is compared. Listed: the environment, and the open files.
        let facts = [
          "uid", "gid", "groups", "umask", "nice", "cwd", "signals.blocked", "io_priority",
        ]
        let limits = ["as", "cpu", "data", "rss", "stack"].map { "rlimit.\($0)" }
        let environment = ["PASSED", "KEPT", "OWN", "REMOTE_HOST"].map { "\($0)=\(report.environment[$0] ?? "-")" }
        let values = (facts + limits).map { "\($0)=\(report[$0] ?? "-")" }
        let streams = ["0", "1", "2"].map { report["stdio.\($0)"] ?? "-" }
        let leads = report["pid"] == report["sid"] ? "leads its session" : "has no session"
        return (values + environment + streams + [leads, "\(report.arguments)", "\(report.descriptors.keys.sorted())"])
          .joined(separator: "\n")
      }
    }
    try SideBySide.same("a server's end") { server in
      let client = try both.connect(server, ports[2])
      _ = try client.receivePid()
      client.finishSending()
      return "\(try client.receiveToEnd())"
    }
    try SideBySide.same("a server that is killed") { server in
      let client = try both.connect(server, ports[2])
      kill(try client.receivePid(), SIGKILL)
      return "\(try client.receiveToEnd())"
    }
    try SideBySide.same("datagrams") { server in
      let client = try both.connect(server, ports[3], .datagram)
      let answers = try ["one", "two"].map { text in
        try client.send(text)
        return String(decoding: try client.receive(), as: UTF8.self).split(separator: " ")
      }
      // The third needs a second server; xinetd throws away what comes before it knows of the first one's end.
      let second = try Client(.datagram, both.address(server), ports[3], seconds: 0.5)
      var answer: [UInt8]?
      try Deadline.poll("an answer to the third datagram") {
        try second.send("three")
        answer = try? second.receive()
        return answer != nil
      }
      let last = String(decoding: answer ?? [], as: UTF8.self).split(separator: " ")
      return "\(answers[0][0] == answers[1][0]) \(last[0] == answers[0][0]) \((answers + [last]).map { $0[1] })"
    }
    try SideBySide.same("a terse log") { try both.connect($0, ports[4]).receiveText() }
    for (service, count) in [("report", 2), ("named", 2), ("killed", 4), ("terse", 2)] {
      for server in Server.allCases {
        try Deadline.poll("log of \(service) by \(server): \(both.logLines(server, service))") {
          both.logLines(server, service).count >= count
        }
      }
      try SideBySide.same("log of \(service)") { both.logLines($0, service).joined(separator: "\n") }
    }
  }

  @Test(arguments: DaemonBuild.present)
  func peersAreJudgedAlike(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let ports = try (0..<7).map { _ in try Ports.free() }
    for name in ["always", "success", "fail"] { try both.scratch.write("banner.\(name)", "<\(name)>\n") }
    try both.etc.write("hosts.deny", "wrapped-name: 127.0.0.2\nechoing: 127.0.0.2\n")
    let minute = Calendar.current.component(.hour, from: Date()) * 60
    // An hour that is not now, nor soon.
    let closed = minute >= 720 ? "02:00-03:00" : "20:00-21:00"
    func service(_ id: String, _ port: UInt16, flags: String = "", arguments: String = "hold", _ lines: String)
      -> String
    {
      """
      service \(id)
      {
      \ttype = UNLISTED
      \tflags = REUSE \(flags)
      \tport = \(port)
      \tsocket_type = stream
      \twait = no
      \tuser = nobody
      \tserver = {probe}
      \tserver_args = \(arguments)
      \(lines)
      }

      """
    }
    let banners = ["", "_success", "_fail"].map { kind in
      "banner\(kind) = \(both.scratch("banner." + (kind.isEmpty ? "always" : String(kind.dropFirst()))))\n"
    }.joined()
    try both.start(
      build,
      """
      defaults
      {
        bind = {address}
        log_type = FILE {log}
        log_on_success = HOST PID EXIT
        log_on_failure = HOST ATTEMPT
      }

      """ + service("open", ports[0], "")
        + service(
          "only", ports[1],
          "only_from = 127.0.0.{4,5} 127.1.0.0 127.2.0.0/30 127.3.0.8/30\nno_access = 127.1.0.9\n"
            + banners)
        + service("closed", ports[2], "access_times = \(closed)\n" + banners)
        + service("nobody", ports[3], "only_from =\n")
        + service("limited", ports[4], "instances = 2\nper_source = 1\n" + banners)
        + service("wrapped", ports[5], flags: "NAMEINARGS", arguments: "wrapped-name hold", "")
        + service("unwrapped", ports[6], flags: "NAMEINARGS NOLIBWRAP", arguments: "wrapped-name hold", ""))

    func ask(_ server: Server, _ port: UInt16, _ host: String) throws -> String {
      let client = try both.connect(server, port, from: host)
      client.finishSending()
      return try client.receiveText().replacing(#/\d+\n/#, with: "<pid>\n")
    }
    for host in [
      "127.0.0.4", "127.0.0.5", "127.0.0.6", "127.1.5.5", "127.1.0.1", "127.2.0.0", "127.2.0.3", "127.2.0.4",
      "127.3.0.7", "127.3.0.8", "127.3.0.11", "127.3.0.12", "127.1.0.9",
    ] { try SideBySide.same("only_from, \(host)") { try ask($0, ports[1], host) } }
    try SideBySide.same("access_times") { try ask($0, ports[2], "127.0.0.1") }
    try SideBySide.same("an empty only_from") { try ask($0, ports[3], "127.0.0.1") }
    try SideBySide.same("limits") { server in
      let first = try both.connect(server, ports[4])
      let greeting = try (0..<3).map { _ in try first.receiveLine() }.map { Int($0) == nil ? $0 : "<pid>" }
      let second = try ask(server, ports[4], "127.0.0.1")
      let other = try both.connect(server, ports[4], from: "127.0.0.2")
      _ = try (0..<3).map { _ in try other.receiveLine() }
      let third = try ask(server, ports[4], "127.0.0.3")
      return "\(greeting) \(second) \(third)"
    }
    for (port, host) in [(ports[5], "127.0.0.2"), (ports[5], "127.0.0.1"), (ports[6], "127.0.0.2")] {
      try SideBySide.same("libwrap, \(port) from \(host)") { try ask($0, port, host) }
    }
    for (id, count) in [("only", 3), ("closed", 1), ("nobody", 1), ("limited", 4), ("wrapped", 3)] {
      for server in Server.allCases {
        try Deadline.poll("log of \(id) by \(server)") { both.logLines(server, id).count >= count }
      }
      // Whose end is logged first is chance.
      try SideBySide.same("log of \(id)") {
        both.logLines($0, id).filter { !$0.contains("EXIT: ") }.joined(separator: "\n")
      }
    }
    // Listed difference: the more specific list wins.
    #expect(try ask(.ours, ports[1], "127.1.0.9") == "<always>\n<fail>\n")
  }

  @Test(arguments: DaemonBuild.present)
  func redirectsSensorsAndIdentAreAlike(_ build: DaemonBuild) throws {
    let both = try SideBySide()
    let ports = try (0..<6).map { _ in try Ports.free() }
    let target = try TestServer("127.0.0.1") { client in
      try client.send("I am the target\n")
      try client.send(client.receiveLine().uppercased() + "\n")
    }
    try both.start(
      build,
      """
      defaults
      {
        bind = {address}
        log_type = FILE {log}
        log_on_success = PID HOST EXIT
        log_on_failure = HOST
      }
      service relay
      {
        type = UNLISTED
        port = \(ports[0])
        socket_type = stream
        protocol = tcp
        wait = no
        user = nobody
        redirect = 127.0.0.1 \(target.port)
        log_on_success = HOST TRAFFIC
      }
      service trap
      {
        type = INTERNAL UNLISTED
        flags = SENSOR
        port = \(ports[1])
        socket_type = stream
        wait = no
        user = nobody
        deny_time = FOREVER
      }
      service quiet
      {
        type = INTERNAL UNLISTED
        flags = SENSOR
        port = \(ports[5])
        socket_type = stream
        wait = no
        user = nobody
      }
      service known
      {
        type = UNLISTED
        flags = IDONLY
        port = \(ports[2])
        socket_type = stream
        wait = no
        user = nobody
        server = {probe}
        server_args = hold
        log_on_success = PID HOST USERID
      }
      service open
      {
        type = UNLISTED
        port = \(ports[3])
        socket_type = stream
        wait = no
        user = nobody
        server = {probe}
        server_args = hold
      }
      service tcpmux
      {
        type = INTERNAL UNLISTED
        port = \(ports[4])
        socket_type = stream
        protocol = tcp
        wait = no
        user = nobody
      }

      """)
    try SideBySide.same("redirect") { server in
      let client = try both.connect(server, ports[0])
      let greeting = try client.receiveLine()
      try client.send("through\n")
      return "\(greeting), \(try client.receiveText())"
    }
    let host = Ports.loopbackAddress()
    let ident = try TestServer(host, 113) { client in
      let ports = try client.receiveLine().dropLast()
      try client.send("\(ports) : USERID : UNIX : joe\r\n")
    }
    func ask(_ server: Server, _ port: UInt16, _ host: String) throws -> String {
      let client = try both.connect(server, port, from: host)
      client.finishSending()
      return try client.receiveText().replacing(#/\d+\n/#, with: "<pid>\n")
    }
    let nameless = Ports.loopbackAddress()
    try SideBySide.same("IDONLY, known") { try ask($0, ports[2], host) }
    try SideBySide.same("IDONLY, unknown") { try ask($0, ports[2], nameless) }
    #expect(ident.errors == [])
    // xinetd says that it is not lower case; RFC 1078 calls names case-insensitive.
    for name in ["nothing\r\n"] {
      let answers = try Server.allCases.map { server in
        let client = try both.connect(server, ports[4])
        try client.send(name)
        return try client.receiveText()
      }
      #expect(answers == ["-Service name not found\r\n\0", "-Service not available\r\n"], "listed difference")
    }
    let source = Ports.loopbackAddress()
    try SideBySide.same("before the sensor") { try ask($0, ports[3], source) }
    try SideBySide.same("a sensor that only logs") { try ask($0, ports[5], source) }
    try SideBySide.same("after it") { try ask($0, ports[3], source) }
    try SideBySide.same("a sensor") { try ask($0, ports[1], source) }
    try SideBySide.same("after that") { try ask($0, ports[3], source) }
    for (id, count) in [("relay", 2), ("trap", 1), ("quiet", 1), ("known", 3), ("open", 5)] {
      for server in Server.allCases {
        try Deadline.poll("log of \(id) by \(server): \(both.logLines(server, id))") {
          both.logLines(server, id).count >= count
        }
      }
    }
    // A built-in or a redirect of ours has no process, hence no pid.
    func lines(_ server: Server, _ id: String) -> String {
      both.logLines(server, id).filter { !$0.contains("EXIT: ") }.sorted().joined(separator: "\n")
    }
    for id in ["relay", "trap", "quiet", "known", "open"] { try SideBySide.same("log of \(id)") { lines($0, id) } }
    withExtendedLifetime(ident) {}
  }
}
