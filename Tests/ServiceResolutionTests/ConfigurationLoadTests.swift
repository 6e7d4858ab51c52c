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
