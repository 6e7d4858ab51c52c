import Foundation
import ServiceConfiguration
import ServiceModel
import Testing

@testable import inetctl

@Suite struct ConvertTests {
  /// A directory of its own with some files, gone after the test.
  private func withFiles<Result>(_ files: [String: String], _ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for (name, text) in files {
      try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }
    return try body(directory.path)
  }

  private func normalForm(_ input: ConversionInput) -> String {
    CanonicalPrinter.sections(input.table.entries.map { $0.definition })
  }

  // MARK: From systemd

  /// What becomes of units of these names and texts, and what was said about it.
  private func converted(_ files: [String: String], _ name: String) throws -> (text: String, losses: [String]) {
    try withFiles(files) { directory in
      let input = ConversionInput.read([directory + "/" + name], as: .auto)
      #expect(!input.hasFailed && !input.table.hasErrors)
      return (normalForm(input), input.losses)
    }
  }

  @Test func socketAndTemplateBecomeAService() throws {
    let result = try converted(
      [
        "foo.socket": """
        [Socket]
        ListenStream=127.0.0.1:7777
        ListenStream=/run/foo.sock
        Accept=yes
        MaxConnections=10
        MaxConnectionsPerSource=3
        SocketMode=0600
        NoDelay=true
        PollLimitBurst=5
        BindIPv6Only=both
        [Install]
        WantedBy=sockets.target
        """,
        "foo@.service": """
        # a comment
        [Service]
        ExecStart=-/usr/bin/foo --opt "a b" \\
          # in between
          100% 5%% \\x41\\n $$HOME $USER %i
        User=nobody
        StandardInput=socket
        StandardError=journal
        Environment="A=1 2" B=3%%
        MemoryMax=64M
        RuntimeMaxSec=5min 30s
        PrivateDevices=yes
        """,
      ], "foo.socket")
    #expect(
      result.text == """
        [service foo]
        flags = NODELAY
        listen = 127.0.0.1:7777 /run/foo.sock
        socket_mode = 0600
        user = nobody
        server = /usr/bin/foo
        argv0 = path
        server_args = --opt "a b" 100%% 5%% "A\\n" $HOME $USER %%i
        env = "A=1 2" B=3%%
        instances = 10
        per_source = 3
        overflow = refuse
        max_runtime = 330s
        memory_max = 64m

        """)
    #expect(
      result.losses == [
        "foo.socket: 'PollLimitBurst=5' cannot be expressed; left out",
        "foo@.service: the variable in '$USER' of 'ExecStart=' cannot be expressed; stays as it is",
        "foo@.service: the specifier '%i' of 'ExecStart=' cannot be expressed; stays as it is",
        "foo@.service: 'PrivateDevices=yes' cannot be expressed; left out",
      ])
  }

  /// Where units are silent systemd has defaults of its own: root, 64 connections, sockets for everybody.
  @Test func silenceMeansWhatSystemdMakesOfIt() throws {
    let result = try converted(
      [
        "foo.socket": "[Socket]\nListenStream=/run/foo\nAccept=yes\n",
        "foo@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
      ], "foo.socket")
    #expect(
      result.text == """
        [service foo]
        listen = /run/foo
        socket_mode = 0666
        user = root
        server = /bin/cat
        argv0 = path
        stderr = socket
        instances = 64
        overflow = refuse

        """)
    #expect(result.losses.isEmpty)
  }

  @Test func listeningServiceGetsListenFds() throws {
    let result = try converted(
      [
        "bar.socket": "[Socket]\nListenDatagram=69\nListenStream=70\nService=tftp.service\n",
        "tftp.service": "[Service]\nExecStart=@+/usr/sbin/in.tftpd tftpd /srv\nDynamicUser=yes\n",
      ], "bar.socket")
    #expect(
      result.text == """
        [service bar]
        protocol = udp
        listen = 69
        wait = yes
        user = nobody
        server = /usr/sbin/in.tftpd
        argv0 = tftpd
        server_args = /srv
        pass = listen_fds

        """)
    #expect(
      result.losses == [
        "bar.socket: 'ListenStream=70' does not go with ListenDatagram= in one service; left out",
        "tftp.service: 'ExecStart=+' in front of the program cannot be expressed; left out",
        "tftp.service: 'DynamicUser=yes' cannot be expressed; 'user = nobody' in its place",
      ])
  }

  @Test func dropInsOfUnitsCount() throws {
    try withFiles(["a.socket": "[Socket]\nListenStream=1\n", "a.service": "[Service]\nExecStart=/bin/cat\n"]) { place in
      try FileManager.default.createDirectory(atPath: place + "/a.socket.d", withIntermediateDirectories: true)
      let text = "[Socket]\nListenStream=\nListenStream=2\nTriggerLimitIntervalSec=500ms\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: place + "/a.socket.d/10.conf"))
      let text2 = normalForm(ConversionInput.read([place], as: .auto))
      #expect(text2.contains("listen = 2\n"), "\(text2)")
      #expect(text2.contains("rate = 20/1s\n"), "\(text2)")
    }
  }

  @Test(arguments: [
    ("IPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/8", "only_from = 127.0.0.0/8 ::1 10.0.0.0/8", false),
    ("IPAddressDeny=any", "only_from =", false), ("IPAddressDeny=10.0.0.1", "no_access = 10.0.0.1", false),
    ("IPAddressAllow=10.0.0.1", nil, false), ("IPAddressDeny=10.0.0.0/8\nIPAddressAllow=10.0.0.1", nil, true),
  ]) func addressFiltersBecomeLists(_ settings: String, _ line: String?, _ isLost: Bool) throws {
    for place in ["Socket", "Service"] {
      let result = try converted(
        [
          "a.socket": "[Socket]\nListenStream=1\nAccept=yes\n\(place == "Socket" ? settings : "")\n",
          "a@.service":
            "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n\(place == "Service" ? settings : "")\n",
        ], "a.socket")
      let found = result.text.split(separator: "\n").first { $0.hasPrefix("only_from") || $0.hasPrefix("no_access") }
      #expect(found.map(String.init) == line)
      #expect(!result.losses.isEmpty == isLost)
    }
  }

  /// Who accepts is the server; nothing of ours stands before it.
  @Test func addressFiltersOfAcceptingServersAreLost() throws {
    let result = try converted(
      [
        "a.socket": "[Socket]\nListenStream=1\nIPAddressDeny=any\n",
        "a.service": "[Service]\nExecStart=/bin/cat\n",
      ], "a.socket")
    #expect(!result.text.contains("only_from"))
    #expect(result.losses == ["a.service: IPAddressDeny= cannot be kept for a server that accepts itself; left out"])
  }

  @Test func socketWithoutItsServiceIsAnError() throws {
    try withFiles(["bar.socket": "[Socket]\nListenStream=1\n"]) { directory in
      #expect(ConversionInput.read([directory], as: .systemd).hasFailed)
      #expect(ConversionInput.read([directory], as: .auto).hasFailed)
      #expect(ConversionInput.read([directory], as: .xinetd).hasFailed, "no file of that kind")
    }
  }

  @Test(arguments: [
    ("a b", ["a", "b"]), ("\"a b\" 'c d'", ["a b", "c d"]), ("a\\ b", ["a b"]), ("\"\" x", ["", "x"]),
    ("'a\\tb'", ["a\tb"]), ("a\"b c\"d", ["ab cd"]), ("", []), ("\\x41\\s\\", ["A "]),
  ]) func wordsOfUnits(_ text: String, _ words: [String]) {
    #expect(UnitFile.words(text) == words)
  }

  @Test(arguments: [
    ("90", 90), ("1min 30s", 90), ("2h", 7200), ("500ms", 1), ("1.5min", 90), ("1d2hr", 93600), ("infinity", nil),
    ("", nil), ("5 parsecs", nil),
  ]) func timesOfUnits(_ text: String, _ seconds: Int?) {
    #expect(UnitFile.seconds(text) == seconds)
  }

  @Test(arguments: [
    ("64M", "64m"), ("2G", "2g"), ("1T", "1024g"), ("512K", "512k"), ("infinity", "UNLIMITED"), ("9", "9"),
  ])
  func sizesOfUnits(_ theirs: String, _ ours: String) {
    #expect(UnitFile.size(theirs) == ours)
  }

  // MARK: To systemd

  private func units(_ text: String) throws -> SystemdUnits {
    try withFiles(["x.conf": text]) { directory in
      let input = ConversionInput.read([directory + "/x.conf"], as: .auto)
      return SystemdUnits(try #require(input.table.entries.first).definition)
    }
  }

  @Test func servicesBecomeUnits() throws {
    let units = try units(
      """
      server = /bin/cat
      user = nobody
      listen = 127.0.0.1:8000-8001 79
      server_args = "a b" 5%% $X
      only_from = 10.0.0.0/8 localhost .example.com
      umask = 077
      cps = 5 1
      env = A=$X%%
      memory_max = 64m
      stop_timeout = 5m
      """)
    #expect(units.files.map { $0.name } == ["x.socket", "x@.service"])
    #expect(
      units.files.first?.text == """
        [Unit]
        Description=x

        [Socket]
        ListenStream=127.0.0.1:8000
        ListenStream=127.0.0.1:8001
        ListenStream=79
        Accept=yes
        TriggerLimitIntervalSec=0
        MaxConnections=512
        IPAddressDeny=any
        IPAddressAllow=10.0.0.0/8 localhost

        [Install]
        WantedBy=sockets.target

        """)
    #expect(
      units.files.last?.text == """
        [Unit]
        Description=x

        [Service]
        ExecStart=-/bin/cat "a b" 5%% $$X
        StandardInput=socket
        StandardError=journal
        User=nobody
        Environment=A=$X%%
        UMask=0077
        TimeoutStopSec=5m
        MemoryMax=64M

        """)
    #expect(
      units.losses == [
        "names in 'only_from' (.example.com) cannot be expressed; only the addresses may connect",
        "'cps = 5 1' cannot be expressed; left out",
      ])
  }

  /// Defaults that differ are written out, and nothing of a word can become a line of the unit.
  @Test func unitsSayWhatOursMeans() throws {
    let units = try units(
      """
      server = /bin/cat
      user = nobody
      listen = /run/x.sock host.example:5
      server_args = "a\\nUser=root" ""
      instances = 5
      no_access = 10.0.0.1
      wait = no
      """)
    let socket = try #require(units.files.first?.text)
    #expect(socket.contains("ListenStream=/run/x.sock\nSocketMode=0660\n"))
    #expect(socket.contains("\nMaxConnections=5\n"))
    #expect(socket.contains("\nIPAddressDeny=10.0.0.1\n"))
    #expect(units.files.last?.text.contains("\nExecStart=-/bin/cat \"a\\nUser=root\" \"\"\n") == true)
    #expect(
      units.losses == [
        "'listen = host.example:5' needs numbers for host and port; left out",
        "'overflow = queue': systemd refuses who comes beyond 'instances'",
      ])
  }

  @Test func idsBecomeNamesThatCommandsTake() throws {
    #expect(CanonicalPrinter.fileStem("/run/x/unix") == "run-x-unix")
    #expect(CanonicalPrinter.fileStem("-.-") == "service")
  }

  @Test func builtinsCannotBecomeUnits() throws {
    let units = try units("service = echo\ntype = INTERNAL\n")
    #expect(units.files.isEmpty && units.losses.count == 1)
  }

  // MARK: Differences

  @Test func differencesAreInNormalForm() throws {
    let files = [
      "old": "finger stream tcp nowait nobody /bin/cat cat\necho stream tcp nowait root internal\n",
      "new": "finger stream tcp nowait.5 nobody /bin/cat cat\ntime stream tcp nowait root internal\n",
    ]
    try withFiles(files) { directory in
      let old = ConversionInput.read([directory + "/old"], as: .auto)
      let new = ConversionInput.read([directory + "/new"], as: .auto)
      #expect(
        ConfigurationDifference(old.table, new.table).text == """
          -[service echo/tcp]
          -service = echo
          -type = INTERNAL

           [service finger/tcp]
          +rate = 5/1m

          +[service time/tcp]
          +service = time
          +type = INTERNAL

          """)
      #expect(ConfigurationDifference(old.table, old.table).text.isEmpty)
    }
  }
}
