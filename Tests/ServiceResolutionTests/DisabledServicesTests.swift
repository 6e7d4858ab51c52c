import Foundation
import ServiceConfiguration
import ServiceModel
import Testing

@testable import ServiceResolution

/// What is switched off, and why something is missing.
@Suite struct DisabledServicesTests {
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

  @Test func marksKeysAndSwitchesAreFound() throws {
    try root.write(
      """
      7101 stream tcp nowait \(user) /bin/cat cat
      #<off># 7102 stream tcp nowait \(user) /bin/cat cat
      #disabled#7103 stream tcp nowait no-such-user /bin/cat cat
      #<off># 7101 stream tcp nowait \(user) /bin/true true
      # a comment with #<off># in it
      7104 off protocol = tcp, wait = no, user = \(user),
        exec = /bin/cat;

      """, to: "inetd.conf")
    try root.write("port = 7105\nserver = /bin/cat\nuser = \(user)\ndisable = yes\n", to: "d/own.conf")
    let disabled = load().disabledServices(options: options)
    #expect(disabled.map { $0.id } == ["7104/tcp", "own", "7102/tcp", "7103/tcp"])
    #expect(disabled.map { $0.isMarked } == [false, false, true, true])
    #expect(
      disabled.map { $0.place } == [
        "\(root.path)/inetd.conf:6", "\(root.path)/d/own.conf:4", "\(root.path)/inetd.conf:2",
        "\(root.path)/inetd.conf:3",
      ])
  }

  @Test func eachMissingServiceHasItsOwnErrors() throws {
    try root.write(
      "7101 stream tcp nowait no-such-user /bin/cat cat\n7102 stream tcp nowait \(user) /no/such/program cat\n",
      to: "inetd.conf")
    try root.write("port = 7103\nserver = /bin/cat\nuser = \(user)\ncolour = red\n", to: "d/flat.conf")
    let findings = ServiceFindings(load().table)
    #expect(findings["7101/tcp"].count == 1)
    #expect(findings["7101/tcp"][0].hasPrefix("\(root.path)/inetd.conf:1:"))
    #expect(findings["flat"].count == 1)
    #expect(findings["flat"][0].contains("[unknown-key]"))
    // Of one that is not in the files nothing more can be said than that there are errors.
    #expect(findings["gone"].count == min(3, load().table.diagnostics.filter { $0.severity == .error }.count))
  }
}
