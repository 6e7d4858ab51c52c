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

  @Test func socketAndTemplateBecomeAService() throws {
    let files = [
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
      [Install]
      WantedBy=sockets.target
      """,
      "foo@.service": """
      # a comment
      [Service]
      ExecStart=-/usr/bin/foo --opt "a b" \\
        100%
      User=nobody
      StandardInput=socket
      StandardError=journal
      Environment="A=1 2" B=3
      MemoryMax=64M
      RuntimeMaxSec=5min
      DynamicUser=yes
      """,
    ]
    try withFiles(files) { directory in
      let input = ConversionInput.read([directory + "/foo.socket"], as: .auto)
      #expect(
        normalForm(input) == """
          [service foo]
          flags = NODELAY
          listen = 127.0.0.1:7777 /run/foo.sock
          socket_mode = 0600
          user = nobody
          server = /usr/bin/foo
          server_args = --opt "a b" 100%%
          env = "A=1 2" B=3
          instances = 10
          per_source = 3
          max_runtime = 5m
          memory_max = 64m

          """)
      #expect(
        input.losses == [
          "foo.socket: 'PollLimitBurst=5' cannot be expressed; left out",
          "foo@.service: 'DynamicUser=yes' cannot be expressed; left out",
        ])
      #expect(!input.hasFailed && !input.table.hasErrors)
    }
  }

  @Test func listeningServiceGetsListenFds() throws {
    let files = [
      "bar.socket": "[Socket]\nListenDatagram=69\nService=tftp.service\n",
      "tftp.service": "[Service]\nExecStart=/usr/sbin/in.tftpd /srv\n",
    ]
    try withFiles(files) { directory in
      let input = ConversionInput.read([directory], as: .systemd)
      #expect(
        normalForm(input) == """
          [service bar]
          protocol = udp
          listen = 69
          wait = yes
          server = /usr/sbin/in.tftpd
          server_args = /srv
          pass = listen_fds

          """)
    }
  }

  @Test func socketWithoutItsServiceIsAnError() throws {
    try withFiles(["bar.socket": "[Socket]\nListenStream=1\n"]) { directory in
      #expect(ConversionInput.read([directory], as: .systemd).hasFailed)
    }
  }

  @Test(arguments: [
    ("a b", ["a", "b"]), ("\"a b\" 'c d'", ["a b", "c d"]), ("a\\ b", ["a b"]), ("\"\" x", ["", "x"]),
    ("'a\\b'", ["a\\b"]), ("a\"b c\"d", ["ab cd"]), ("", []),
  ]) func wordsOfUnits(_ text: String, _ words: [String]) {
    #expect(UnitFile.words(text) == words)
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
      only_from = 10.0.0.0/8 localhost
      umask = 077
      cps = 5 1
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
        UMask=0077
        IPAddressDeny=any
        IPAddressAllow=10.0.0.0/8

        """)
    #expect(
      units.losses == [
        "'only_from' with names (localhost): only the addresses may connect",
        "'cps = 5 1' cannot be expressed; left out",
      ])
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
