import ArgumentParser
import Foundation
import Testing

@testable import inetctl

/// The completions that are installed know what `inetctl` knows.
@Suite struct CompletionTests {
  private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("config/completions")

  /// `inetctl --generate-completion-script SHELL`, in the file its package installs. INETD_ACCEPT_CASES=1 writes it.
  @Test(arguments: [
    (CompletionShell.bash, "inetctl.bash"), (.zsh, "_inetctl"), (.fish, "inetctl.fish"),
  ])
  func scriptIsCurrent(_ shell: CompletionShell, _ name: String) throws {
    let file = CompletionTests.directory.appendingPathComponent(name)
    var script = InetCtl.completionScript(for: shell)
    if !script.hasSuffix("\n") { script += "\n" }
    if ProcessInfo.processInfo.environment["INETD_ACCEPT_CASES"] == "1" {
      try script.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let isCurrent = try String(contentsOf: file, encoding: .utf8) == script
    #expect(isCurrent, "config/completions/\(name) is old; INETD_ACCEPT_CASES=1 writes it anew")
    for command in InetCtl.configuration.subcommands {
      #expect(script.contains(command._commandName), "\(name) lacks '\(command._commandName)'")
    }
  }
}
