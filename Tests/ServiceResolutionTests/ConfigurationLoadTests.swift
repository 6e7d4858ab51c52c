import Foundation
import NetworkAddresses
import ServiceConfiguration
import ServiceModel
import Testing

@testable import ServiceResolution

/// Files in, services out.
@Suite struct ConfigurationLoadTests {
  let root: TemporaryDirectory

  init() throws { root = try TemporaryDirectory() }

  private var options: LoadOptions {
    var options = LoadOptions()
    options.runsAsRoot = geteuid() == 0
    return options
  }

  private var user: String { geteuid() == 0 ? "nobody" : NSUserName() }

  private func load() -> ConfigurationLoad {
    ConfigurationLoad.run(
      paths: ConfigurationPaths(classicFile: root.path + "/inetd.conf", directories: [root.path + "/d"]),
      options: options)
  }

  @Test func threeSyntaxesOneModel() throws {
    try root.write("7101 stream tcp nowait \(user) /bin/cat cat -u\n", to: "inetd.conf")
    try root.write(
      "listen = 7102\nuser = \(user)\nserver = /bin/cat\nserver_args = -u\nstderr = socket\n", to: "d/b.conf")
    try root.write(
      "service c\n{\n\tport = 7103\n\tsocket_type = stream\n\twait = no\n\tuser = \(user)\n\tgroups = yes\n"
        + "\tserver = /bin/cat\n\tserver_args = -u\n}\n", to: "d/c")
    let load = load()
    #expect(load.table.diagnostics.map { $0.message } == [])
    #expect(load.services.map { $0.definition.id } == ["7101/tcp", "b", "c"])
    #expect(load.services.map { $0.listeners.count } == [2, 2, 2])
    #expect(Set(load.services.map { $0.credentials?.userName }) == [user])
    let programs = load.services.map { $0.definition.handler }
    #expect(programs[0] == programs[2])
    #expect(load.table.isComplete)
  }

  @Test func errorsCostTheirOwnServiceOnly() throws {
    try root.write(
      """
      7101 stream tcp nowait \(user) /bin/cat cat
      7102 stream tcp nowait no-such-user-here /bin/cat cat
      7103 stream tcp nowait \(user) /no/such/program x
      7104 stream tcp nowait
      7105 stream tcp nowait \(user) /bin/cat cat

      """, to: "inetd.conf")
    try root.write("oops\n", to: "d/a.conf")
    try root.write("user = \(user)\nserver = /bin/cat\nlisten = 7106\nnonsense = 1\n", to: "d/b.conf")
    try root.write("user = \(user)\nserver = /bin/cat\nlisten = 7107\n", to: "d/c.conf")
    let load = load()
    #expect(load.services.map { $0.definition.id } == ["7101/tcp", "7105/tcp", "c"])
    #expect(
      Set(load.table.rejected.map { $0.id }) == ["7102/tcp", "7103/tcp", "7104/tcp", "oops/tcp", "oops/udp", "a", "b"])
    let places = load.table.diagnostics.compactMap { $0.range }.map {
      load.table.sources.describe($0).replacing(root.path + "/", with: "")
    }
    #expect(
      places
        == [
          "inetd.conf:2:24", "inetd.conf:3:\(25 + user.utf8.count)",
          "inetd.conf:4:17", "d/a.conf:1:1", "d/b.conf:4:1",
        ])
  }

  /// `line:column id` of what a load says of `d/x.conf`.
  private func findings(_ text: String, name: String = "d/x.conf") throws -> [String] {
    try root.write(text, to: name)
    let load = load()
    #expect(load.services.isEmpty && load.table.rejected.count == 1 && load.table.faulty.isEmpty)
    try root.remove(name)
    return load.table.diagnostics.compactMap { finding in
      finding.range.map { "\($0.line):\($0.column) \(finding.severity.word) \(finding.id)" }
    }
  }

  /// Mistakes that the files show do not hide those that only the machine knows.
  @Test func allMistakesOfAServiceComeAtOnce() throws {
    #expect(
      try findings(
        "colour = red\nuser = no-such-user-here\ngroup = no-such-group\nserver = /no/such\nlisten = 7101\n"
          + "bind = no.such.host.invalid\ninstances = many\n") == [
          "1:1 error unknown-key", "2:8 error unknown-user", "3:9 error unknown-group",
          "4:10 error unusable-program", "6:8 error unknown-address", "7:13 error bad-number",
        ])
    #expect(
      try findings("user = \(user)\ngroup = no-such-group\nserver = /bin/cat\nlisten = 7101\nnonsense = 1\n") == [
        "2:9 error unknown-group", "5:1 error unknown-key",
      ])
    #expect(
      try findings("user = no-such-user-here\nserver = /bin/cat\nservice = fingr\ninstances = many\n") == [
        "1:8 error unknown-user", "3:11 error unknown-service", "4:13 error bad-number",
      ])
    #expect(
      try findings("7101 strem tcp nowait no-such-user-here /no/such x\n", name: "inetd.conf") == [
        "1:6 error unknown-value", "1:23 error unknown-user", "1:41 error unusable-program",
      ])
    #expect(
      try findings(
        "service x\n{\n port = 7101\n socket_type = stream\n user = no-such-user-here\n server = /bin/cat\n}\n",
        name: "d/x") == ["1:9 error missing-wait", "5:9 error unknown-user"])
  }

  /// Nothing is said about what hangs on a value that could not be read.
  @Test func nothingFollowsFromAMistake() throws {
    let account = "user = \(user)\n"
    for (text, finding) in [
      // The port, under another name or with a slip in it: the file's name was never meant for one.
      ("\(account)server = /bin/cat\nprt = 7101\n", "3:1 error unknown-key"),
      ("\(account)server = /bin/cat\nlisten = 99999\n", "3:10 error bad-port"),
      // tftp is a service of udp.
      ("\(account)server = /bin/cat\nservice = tftp\nprotocol = upd\n", "4:12 error unknown-value"),
      ("\(account)server = /bin/cat\nservice = tftp\nprotcol = udp\n", "4:1 error unknown-key"),
      ("\(account)server = /bin/cat\nservice = tftp\nprotocol udp\n", "4:1 error expected-operator"),
      // The program is below a root that nobody knows.
      ("\(account)server = /no/such\nlisten = 7101\nroot_directory = srv\n", "4:18 error relative-path"),
      ("\(account)server = /no/such\nlisten = 7101\nroot_directory /srv\n", "4:1 error expected-operator"),
      // Who has no server needs no user.
      ("user = no-such-user-here\nlisten = 7101\ntype = INTERNL\n", "3:8 error unknown-value"),
    ] {
      #expect(try findings(text) == [finding], "\(text)")
    }
  }

  @Test func overridesAndMasksReachTheTable() throws {
    try root.write("user = \(user)\nserver = /bin/cat\nlisten = 7101\n", to: "d/a.conf")
    try root.write("listen = 7102\n", to: "d/a.conf.d/port.conf")
    try root.write("", to: "d/b.conf")
    let load = load()
    #expect(load.services.first?.listeners.first?.endpoint.port == 7102)
    #expect(load.services.count == 1)
  }

  @Test func readingAloneAsksNobody() throws {
    try root.write("7102 stream tcp nowait no-such-user-here /no/such/program x\n", to: "inetd.conf")
    let table = ConfigurationLoad.read(
      paths: ConfigurationPaths(classicFile: root.path + "/inetd.conf", directories: []), options: options)
    #expect(table.diagnostics.isEmpty)
    #expect(table.entries.map { $0.definition.id } == ["7102/tcp"])
  }

  @Test func includesReachTheDisk() throws {
    try root.write(".include more/*.conf\n.include none/*\n.include more/gone.conf\n", to: "inetd.conf")
    try root.write("7101 stream tcp nowait \(user) /bin/cat cat\n.include ../inetd.conf\n", to: "more/a.conf")
    let load = load()
    #expect(load.services.map { $0.definition.id } == ["7101/tcp"])
    #expect(load.table.diagnostics.map { $0.id } == ["include-missing", "include-cycle"])
    #expect(!load.table.isComplete)
  }
}
