import Foundation
import Testing

/// Colours are for people at terminals, who may not want them either. The terminal is that of script(1).
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script is not installed"))
struct ColourTests {
  private static let escape = "\u{1b}"
  private static let heading = "\u{1b}[1m"
  private static let yellow = "\u{1b}[33m"
  private static let red = "\u{1b}[31m"

  /// What a command writes to a terminal.
  private func seen(_ operations: Operations, _ words: [String], noColour: String? = nil) throws -> String {
    var environment = ChildProcess.plainEnvironment.merging(["TERM": "xterm", "SHELL": "/bin/sh"]) { $1 }
    environment["NO_COLOR"] = noColour
    let command = [Checkout.product("inetctl"), words[0], "--control", operations.control] + words.dropFirst()
    let result = try ChildProcess.run(
      "script", "--quiet", "--return", "--command", command.joined(separator: " "), "/dev/null",
      environment: environment)
    #expect(result.succeeded, "\(words): \(result)")
    return result.output
  }

  private func start(_ build: DaemonBuild) throws -> (Operations, holder: Listening) {
    let operations = try Operations(build)
    let well = try operations.probes.service("well", "hold")
    let paused = try operations.probes.service("paused", "hold")
    let taken = try operations.probes.service("taken", "hold", keys: [("bind", "127.0.0.1")])
    let holder = try Listening(port: UInt16(taken.port)!)
    try operations.start([well, paused, taken])
    try operations.run("pause", "paused")
    return (operations, holder)
  }

  @Test(arguments: DaemonBuild.present)
  func statesStandOutOnATerminal(_ build: DaemonBuild) throws {
    let (operations, holder) = try start(build)
    defer { holder.close() }
    let lines = try seen(operations, ["list"]).split(whereSeparator: \.isNewline).map(String.init)
    #expect(lines[0].hasPrefix("\(Self.heading)ID ") && lines[0].hasSuffix("\(Self.escape)[0m"), "\(lines)")
    func line(_ id: String) -> String { lines.first { $0.contains("\(id) ") } ?? "" }
    #expect(lines.contains { $0.hasPrefix("\(Self.yellow)paused ") && $0.hasSuffix("\(Self.escape)[0m") }, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("\(Self.red)taken ") }, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("well ") && !$0.contains(Self.escape) }, "\(lines)")
    // An empty NO_COLOR is none (no-color.org).
    #expect(try seen(operations, ["list"], noColour: "").hasPrefix(Self.heading))
  }

  @Test(arguments: DaemonBuild.present)
  func plainWhereTheyAreNotWanted(_ build: DaemonBuild) throws {
    let (operations, holder) = try start(build)
    defer { holder.close() }
    let piped = try operations.run("list").output
    #expect(!piped.contains(Self.escape))
    let plain = try seen(operations, ["list"], noColour: "1")
    #expect(plain.replacing("\r\n", with: "\n") == piped, "the same text, the same columns")
    #expect(!(try seen(operations, ["list", "--json"]).contains(Self.escape)), "JSON is for programs")
    // `top` needs the terminal all the same, but colours nothing.
    let top = try seen(operations, ["top", "--count", "1"], noColour: "1")
    #expect(top.contains("\(Self.escape)[?1049h") && top.contains("paused"), "\(top)")
    for colour in [Self.heading, Self.yellow, Self.red] { #expect(!top.contains(colour)) }
    #expect(try seen(operations, ["top", "--count", "1"]).contains("\(Self.yellow)paused "))
  }
}
