import Foundation
import Testing

/// `inetctl top` in a terminal emulator (tmux), as a person sees it.
@Suite struct TopTests {
  /// A detached terminal of tmux with one program in it.
  private final class Terminal {
    private static let program = "/usr/bin/tmux"
    static let isThere = FileManager.default.isExecutableFile(atPath: program)

    private let socket: String

    init(_ words: [String], in scratch: Scratch, columns: Int = 100, rows: Int = 20) throws {
      socket = scratch("tmux")
      // The shell keeps the pane when the program has ended, and tells its status.
      let command = words.map { "'\($0)'" }.joined(separator: " ") + "; echo \"ended with $?\"; cat"
      try tmux("-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", command)
    }

    deinit { _ = try? tmux("kill-server") }

    /// The visible text.
    var pane: String { (try? tmux("capture-pane", "-p")) ?? "" }

    func type(_ key: String) throws { try tmux("send-keys", key) }
    func resize(_ columns: Int, _ rows: Int) throws { try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)") }

    func wait(for what: String, where holds: (String) -> Bool) throws {
      var last = ""
      try Deadline.poll("\(what) in the pane:\n\(last)") {
        last = pane
        return holds(last)
      }
    }

    @discardableResult
    private func tmux(_ words: String...) throws -> String {
      var environment = ChildProcess.plainEnvironment
      environment["TERM"] = "xterm-256color"
      environment["LC_ALL"] = "C.UTF-8"
      let child = try ChildProcess([Self.program, "-S", socket] + words, environment: environment)
      defer { child.end() }
      guard try child.wait() == .exited(0) else { throw Failure("tmux \(words): \(child.errors.text)") }
      return try child.output.untilEnd()
    }
  }

  @Test(.enabled(if: Terminal.isThere, "tmux is not installed"), arguments: DaemonBuild.present)
  func refreshesInPlaceAndLeavesTheTerminalAsItWas(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "hold")
    try operations.start([held])
    let terminal = try Terminal(
      [Checkout.product("inetctl"), "top", "--control", operations.control, "--interval", "0.2"], in: operations.scratch
    )
    try terminal.wait(for: "the table") { $0.contains("2 services, 0 active") && $0.contains("held") }
    #expect(terminal.pane.contains("PER SECOND"), "\(terminal.pane)")

    let (client, _) = try operations.probes.connectGreeted(held)
    try terminal.wait(for: "the connection") { $0.contains("2 services, 1 active") }
    try operations.run("pause", "held")
    try terminal.wait(for: "the pause") { pane in
      pane.split(separator: "\n").contains { $0.hasPrefix("held") && $0.contains("paused") }
    }
    // In place: one heading, however often it was drawn, at the top.
    let pane = terminal.pane
    #expect(pane.components(separatedBy: "STATE").count == 2, "\(pane)")
    #expect(pane.hasPrefix("inetd "), "\(pane)")

    try terminal.resize(40, 6)
    try terminal.wait(for: "the narrow table") { pane in
      let lines = pane.split(separator: "\n")
      return lines.count <= 6 && lines.allSatisfy { $0.count <= 40 } && pane.hasPrefix("inetd ")
    }
    try terminal.type("q")
    try terminal.wait(for: "the end") { $0.contains("ended with 0") && !$0.contains("STATE") }
    withExtendedLifetime(client) {}
  }

  @Test(arguments: DaemonBuild.present)
  func withoutATerminalItPrints(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let held = try operations.probes.service("held", "report")
    try operations.start([held])
    _ = try operations.probes.report(held)
    let text = try operations.run("top", "--count", "2", "--interval", "0.1")
    #expect(text.succeeded)
    #expect(!text.output.contains("\u{1b}"))
    #expect(text.output.components(separatedBy: "PER SECOND").count == 3, "\(text)")
    let json = try operations.json("top", "--count", "1")
    let block = try #require(json.first { $0["id"] as? String == "held" })
    #expect(block["accepted"] as? Int == 1)
    #expect(try operations.run("top", "--count", "0").status == .exited(64))
    #expect(try operations.run("top", "--interval", "0").status == .exited(64))
  }
}
