import ArgumentParser
import Foundation
import ServiceConfiguration
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
    try expectValid(file, name)
    for command in InetCtl.configuration.subcommands {
      #expect(script.contains(command._commandName), "\(name) lacks '\(command._commandName)'")
    }
    let words = Set(script.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    for key in KeyTable.keys { #expect(words.contains(key.name), "\(name) lacks the key '\(key.name)'") }
  }

  /// The shell that is meant reads the script without complaint, where it is installed.
  private func expectValid(_ file: URL, _ name: String) throws {
    let checkers = [
      "inetctl.bash": ["/bin/bash", "-n"], "_inetctl": ["/bin/zsh", "-n"],
      "inetctl.fish": ["/usr/bin/fish", "--no-execute"],
    ]
    let words = try #require(checkers[name])
    guard FileManager.default.isExecutableFile(atPath: words[0]) else { return }
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: words[0])
    shell.arguments = Array(words.dropFirst()) + [file.path]
    let errors = Pipe()
    shell.standardError = errors
    try shell.run()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 0 && complaint == "", "\(complaint)")
  }
}
