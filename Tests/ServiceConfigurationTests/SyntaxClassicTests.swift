import ServiceModel
import Testing

@testable import ServiceConfiguration

/// Positional lines of inetd.conf and NetBSD's key-values notation.
@Suite struct SyntaxClassicTests {
  private func dump(_ text: String) -> SyntaxDump { SyntaxDump(text, path: "/etc/inetd.conf") }

  @Test func plainLine() {
    let result = dump("finger\tstream  tcp nowait nobody /usr/sbin/in.fingerd in.fingerd -l\n")
    #expect(result.findings == [])
    #expect(
      result.services == """
        finger
          socket_type = stream
          service = finger
          protocol = tcp
          wait = no
          user = nobody
          server = /usr/sbin/in.fingerd
          argv0 = in.fingerd
          server_args = -l
        """)
    #expect(result.configuration.services.first?.isDropIn == false)
  }

  @Test(
    arguments: [
      ("nowait", ["wait = no"]),
      ("wait", ["wait = yes"]),
      ("nowait.40", ["wait = no", "rate = 40/60s"]),
      ("nowait:40", ["wait = no", "rate = 40/60s"]),
      ("nowait.0", ["wait = no", "rate = 0"]),
      ("wait.5", ["wait = yes", "rate = 5/60s"]),
      ("nowait/10", ["wait = no", "instances = 10"]),
      ("nowait/0", ["wait = no", "instances = UNLIMITED"]),
      ("nowait/10/20", ["wait = no", "instances = 10", "source_rate = 20/60s"]),
      ("nowait/10/20/3", ["wait = no", "instances = 10", "source_rate = 20/60s", "per_source = 3"]),
      ("nowait/0/0/0", ["wait = no", "instances = UNLIMITED", "source_rate = 0", "per_source = UNLIMITED"]),
    ] as [(String, [String])])
  func waitField(field: String, settings: [String]) {
    let result = dump("x stream tcp \(field) root /bin/x\n")
    #expect(result.findings == [])
    for setting in settings { #expect(result.services.contains("  \(setting)\n")) }
    #expect(result.configuration.services.first?.settings.count == settings.count + 5)
  }

  @Test(arguments: [
    ("maybe", "1:14+5 error bad-wait"), ("nowait.x", "1:21+1 error bad-limit"), ("nowait.", "1:14+7 error bad-limit"),
    ("nowait/1/2/3/4", "1:27+1 error bad-limit"), ("nowait/1//3", "1:14+11 error bad-limit"),
    ("nowaitx", "1:14+7 error bad-wait"), ("nowait.-1", "1:21+2 error bad-limit"),
  ])
  func badWaitField(field: String, finding: String) {
    let result = dump("x stream tcp \(field) root /bin/x\n")
    #expect(result.findings == [finding])
    #expect(result.configuration.services.first?.isBroken == true)
  }

  @Test(
    arguments: [
      ("nobody", ["user = nobody"]),
      ("nobody.tty", ["user = nobody", "group = tty"]),
      ("nobody:www-data", ["user = nobody", "group = www-data"]),
      ("first.last:staff", ["user = first.last", "group = staff"]),
      ("root/daemon", ["user = root", "login_class = daemon"]),
      ("root:wheel/daemon", ["user = root", "group = wheel", "login_class = daemon"]),
      ("1000", ["user = 1000"]),
    ] as [(String, [String])])
  func userField(field: String, settings: [String]) {
    let result = dump("x stream tcp nowait \(field) /bin/x\n")
    #expect(result.findings == [])
    for setting in settings { #expect(result.services.contains("  \(setting)\n")) }
  }

  @Test(arguments: [
    ("127.0.0.1:x", "127.0.0.1", "x"), ("[::1]:x", "::1", "x"), ("::1:x", "::1", "x"), ("a,b:x", "a|b", "x"),
    ("[fe80::1%eth0]:x", "fe80::1%eth0", "x"), ("*:x", "*", "x"), ("host.example:79", "host.example", "79"),
    ("[::1],127.0.0.1:x", "::1|127.0.0.1", "x"),
  ])
  func hostPrefix(field: String, hosts: String, service: String) {
    let result = dump("\(field) stream tcp nowait root /bin/x\n")
    #expect(result.findings == [])
    #expect(result.services.contains("  bind = \(hosts)\n"))
    #expect(result.services.contains("  service = \(service)\n"))
  }

  @Test func hostLineSetsTheDefault() {
    let result = dump(
      """
      127.0.0.1:
      a stream tcp nowait root /bin/a
      [::1]:b stream tcp nowait root /bin/b
      *:
      c stream tcp nowait root /bin/c
      10.0.0.1,10.0.0.2:
      d stream tcp nowait root /bin/d

      """)
    #expect(result.findings == [])
    let bind = result.configuration.services.map { service in
      service.settings.first { $0.key.text == "bind" }?.values.map { $0.text }
    }
    #expect(bind == [["127.0.0.1"], ["::1"], nil, ["10.0.0.1", "10.0.0.2"]])
  }

  @Test func socketTypeAndBuffers() {
    let result = dump("x stream,20:dataready tcp,sndbuf=64k,rcvbuf=1m nowait root /bin/x\n")
    #expect(result.findings == [])
    #expect(
      result.services.hasPrefix(
        """
        x
          accept_filter = dataready
          instances = 20
          socket_type = stream
          send_buffer = 64k
          receive_buffer = 1m
          service = x
          protocol = tcp
        """))
  }

  @Test func badBuffer() {
    let result = dump("x stream tcp,buf=3 nowait root /bin/x\n")
    #expect(result.findings == ["1:14+5 error bad-buffer-size"])
    #expect(result.services.hasPrefix("!x\n"))
  }

  @Test func rpcNames() {
    let result = dump("rstatd/1-3 dgram rpc/udp wait root /sbin/rpc.rstatd\n100002/2 dgram rpc/udp4 wait root /x\n")
    #expect(result.findings == [])
    #expect(
      result.services == """
        rstatd
          socket_type = dgram
          rpc_version = 1-3
          service = rstatd
          protocol = udp
          wait = yes
          user = root
          server = /sbin/rpc.rstatd
          type = RPC
        100002
          socket_type = dgram
          rpc_version = 2
          rpc_number = 100002
          service = 100002
          protocol = udp4
          wait = yes
          user = root
          server = /x
          type = RPC
        """)
  }

  @Test func tcpmuxNames() {
    let result = dump(
      "tcpmux/a stream tcp nowait root /bin/a\ntcpmux/+b stream tcp nowait root internal\n")
    #expect(result.services.contains("tcpmux/a\n"))
    #expect(result.services.contains("  service = a\n"))
    #expect(result.services.contains("  type = TCPMUX\n"))
    #expect(result.services.contains("  service = b\n"))
    #expect(result.services.contains("  type = TCPMUXPLUS|INTERNAL"))
  }

  @Test func unixNames() {
    let result = dump(
      """
      /run/a stream unix nowait root /bin/a
      b:root:adm:660:/run/b stream unix nowait root /bin/b
      :::600:/run/c dgram unix wait root /bin/c
      :root:adm:660:/run/d stream unix nowait root /bin/d
      10.0.0.1:/run/e stream unix nowait root /bin/e
      f stream unix nowait root /bin/f

      """)
    #expect(result.findings == ["5:1+8 warning host-of-unix-socket", "6:1+1 error bad-unix-name"])
    let shown = result.configuration.services.map { service in
      [service.name.text]
        + ["service", "listen", "socket_user", "socket_group", "socket_mode"].map { key in
          service.settings.first { $0.key.text == key }?.values.first?.text ?? "-"
        }
    }
    #expect(
      shown == [
        ["/run/a", "/run/a", "/run/a", "-", "-", "-"], ["b", "b", "/run/b", "root", "adm", "660"],
        ["/run/c", "/run/c", "/run/c", "-", "-", "600"], ["/run/d", "/run/d", "/run/d", "root", "adm", "660"],
        ["/run/e", "/run/e", "/run/e", "-", "-", "-"], ["f", "-", "-", "-", "-", "-"],
      ])
    #expect(result.configuration.services.last?.isBroken == true)
  }

  @Test func tcpdIsUnderstood() {
    let result = dump(
      """
      a stream tcp nowait root /usr/sbin/tcpd /usr/sbin/in.a -x
      b stream tcp nowait root /usr/sbin/tcpd in.b
      c stream tcp nowait root /usr/sbin/tcpd

      """)
    #expect(result.findings == [])
    #expect(result.services.contains("  libwrap = yes\n  server = /usr/sbin/in.a\n  server_args = -x\n"))
    #expect(result.services.contains("  libwrap = yes\n  server = /usr/sbin/in.b\n"))
    #expect(result.services.hasSuffix("  user = root\n  server = /usr/sbin/tcpd"))
  }

  @Test func quotesAnywhere() {
    let result = dump(#"x stream tcp nowait root /bin/x x "two words" 'a "b"' -o"p q"r '' \n"# + "\n")
    #expect(result.findings == [])
    #expect(result.services.hasSuffix(#"  server_args = two words|a "b"|-op qr||\n"#))
  }

  @Test func unclosedQuoteCostsTheLine() {
    let result = dump("x stream tcp nowait root /bin/x x it's\ny stream tcp nowait root /bin/y\n")
    #expect(result.findings == ["1:37+2 error unclosed-quote"])
    #expect(result.services.hasPrefix("!x\n"))
    #expect(result.services.contains("\ny\n"))
  }

  @Test func continuationLines() {
    let result = dump("x stream tcp\n\tnowait root\r\n /bin/x x\n  a\n\ny stream tcp nowait root /bin/y\n  # b\n")
    #expect(result.services.contains("  argv0 = x\n  server_args = a\ny\n"))
    #expect(result.services.hasSuffix("  argv0 = #\n  server_args = b"))
    #expect(result.findings == ["7:3+3 warning indented-comment"])
  }

  @Test func commentsAndMarks() {
    let result = dump(
      "# c\n#<off># x stream tcp nowait root /bin/x\n#disabled# y\n#:STANDARD: z\n#@ in ipsec esp\n#@\n\n.include x\n")
    #expect(result.services == "")
    #expect(result.findings == ["5:1+15 warning ipsec-policy"])
    #expect(result.configuration.isComplete)
  }

  @Test(arguments: [
    ("x\n", "1:1+1 error missing-field", 2), ("x stream\n", "1:3+6 error missing-field", 2),
    ("/run/x stream\n", "1:8+6 error missing-field", 1), ("x stream tcp\n", "1:10+3 error missing-field", 1),
    ("x stream tcp nowait root\n", "1:21+4 error missing-field", 1),
  ])
  func shortLines(text: String, finding: String, services: Int) {
    let result = dump(text)
    #expect(result.findings == [finding])
    #expect(result.configuration.isComplete)
    #expect(result.configuration.services.count == services)
    #expect(result.configuration.services.allSatisfy { $0.isBroken })
  }

  @Test func missingFieldIsNamed() {
    let messages = ["x", "x stream", "x stream tcp", "x stream tcp wait", "x stream tcp wait root"].map {
      dump($0).configuration.diagnostics.first?.message ?? ""
    }
    let fields = ["socket type", "protocol", "'wait' or 'nowait'", "user", "program"]
    for (message, field) in zip(messages, fields) { #expect(message.contains("where its \(field) should follow")) }
  }

  @Test func protocolParts() {
    let result = dump("a stream faith/tcp6 nowait root /bin/a\nb stream tcp/ttcp nowait root /bin/b\n")
    #expect(result.findings == ["1:10+10 warning protocol-part", "2:14+4 warning protocol-part"])
    #expect(result.services.contains("protocol = tcp6\n"))
    #expect(result.services.contains("protocol = tcp\n"))
  }

  // MARK: .include

  @Test func includeHandsOnTheDefaultHost() {
    let result = SyntaxDump(
      [("/etc/inetd.conf", "10.0.0.1:\n.include inetd/*.conf ignored\nz stream tcp nowait root /bin/z\n")],
      includable: [("/etc/inetd/*.conf", "a stream tcp nowait root /bin/a\n10.0.0.2:\nb stream tcp nowait root /b\n")])
    #expect(result.findings == [])
    let bind = result.configuration.services.map { service in
      service.settings.first { $0.key.text == "bind" }?.values.map { $0.text }
    }
    #expect(bind == [["10.0.0.1"], ["10.0.0.2"], ["10.0.0.1"]])
  }

  @Test func directives() {
    let result = dump(".include\n.exclude x\n")
    #expect(result.findings == ["1:1+8 error include-without-path", "2:1+8 error unknown-directive"])
  }

  // MARK: Key-values

  @Test func keyValues() {
    let result = dump(
      """
      127.0.0.1:finger on protocol = tcp6, socktype=stream # comment, with ; and ,
        , wait = no, user = nobody, group=tty,
        exec = /usr/sbin/in.fingerd, args = in.fingerd -l "a\\x20b\\n" 'c\\'d',
        sndbuf = 64k, recvbuf = 32k, accept_max = 5, service_max = 40, ip_max = 3,
        acceptfilter = dataready;
      echo off protocol = udp, wait = yes, user = root; discard on protocol = tcp, wait = no, user = root; # tail
      y stream tcp nowait root /bin/y

      """)
    #expect(result.findings == [])
    #expect(
      result.services == """
        finger
          bind = 127.0.0.1
          service = finger
          protocol = tcp6
          socket_type = stream
          wait = no
          user = nobody
          group = tty
          send_buffer = 64k
          receive_buffer = 32k
          instances = 5
          rate = 40/60s
          source_rate = 3/60s
          accept_filter = dataready
          server = /usr/sbin/in.fingerd
          argv0 = in.fingerd
          server_args = -l|a b
        |c'd
        echo
          disable = yes
          service = echo
          protocol = udp
          wait = yes
          user = root
          type = INTERNAL
        discard
          service = discard
          protocol = tcp
          wait = no
          user = root
          type = INTERNAL
        y
          socket_type = stream
          service = y
          protocol = tcp
          wait = no
          user = root
          server = /bin/y
        """)
  }

  @Test(arguments: [
    ("x on protocol = tcp, user = root, foo = 1;", "1:35+3 error unknown-option"),
    ("x on protocol = tcp tcp, user = root;", "1:21+3 error too-many-values"),
    ("x on protocol = tcp, protocol = udp;", "1:22+8 error option-given-twice"),
    ("x on protocol = , user = root;", "1:6+8 error option-without-value"),
    ("x on protocol tcp;", "1:6+8 error expected-operator"),
    ("x on = tcp;", "1:6+1 error expected-key"),
    ("x on protocol = tcp, user = root", "1:3+2 error missing-semicolon"),
    ("x on protocol = \"tcp;", "1:17+1 error missing-semicolon"),
    ("x on protocol = \"\\q\";", "1:18+2 error unknown-escape"),
    ("x on protocol = tcp, service_max = many;", "1:36+4 error bad-limit"),
    ("host: on protocol = tcp;", "1:1+5 error missing-service-name"),
  ])
  func badKeyValues(text: String, finding: String) {
    let result = dump(text + "\ny stream tcp nowait root /bin/y\n")
    if finding.hasSuffix("missing-semicolon") && text.contains("\"") {
      #expect(result.findings == ["1:17+1 error unclosed-quote"])
    } else {
      #expect(result.findings == [finding])
    }
    #expect(result.services.hasSuffix("server = /bin/y"))
    #expect(result.configuration.services.dropLast().allSatisfy { $0.isBroken })
  }

  @Test func policyOptionIsIgnored() {
    let result = dump("x on protocol = tcp, wait = no, user = root, exec = /bin/x, ipsec = \"in use\";\n")
    #expect(result.findings == ["1:61+5 warning ipsec-policy"])
    #expect(result.configuration.services.first?.isBroken == false)
  }
}
