import Foundation
import Testing

/// Standard error whose reader has stalled: a pager, a stuck container runtime.
@Suite struct StalledLogTests {
  @Test(arguments: DaemonBuild.present, ["text", "json"])
  func nobodyWaitsForTheReaderOfTheLog(_ build: DaemonBuild, _ format: String) throws {
    let scratch = try Scratch()
    let port = try Ports.free()
    try scratch.write("\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(port)\nprotocol = tcp4\n")
    let pipe = scratch("log")
    try #require(mkfifo(pipe, 0o600) == 0)
    let reader = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)
    try #require(reader >= 0)
    defer { close(reader) }
    let daemon = try Daemon(
      build, in: scratch, options: ["-l", "--log-format", format],
      prefix: ["sh", "-c", "exec \"$@\" 2>\(pipe)", "sh"])

    // More lines than the pipe holds: every connection is one of some 50 bytes, a pipe holds 65,536.
    for turn in 0..<2500 {
      let client = try Client(.stream, "127.0.0.1", port)
      try client.send("\(turn)\n")
      #expect(try client.receiveLine() == "\(turn)")
    }
    let early = drain(reader)
    #expect(early.contains("START: echo"))
    #expect(early.utf8.count <= 65536)

    // Somebody reads again: the log goes on, and says what it lost.
    let client = try Client(.stream, "127.0.0.1", port)
    try client.send("again\n")
    #expect(try client.receiveLine() == "again")
    #expect(try daemon.stop() == .exited(0))
    let late = drain(reader)
    let lost = try #require(late.firstMatch(of: #/(\d+) lines of this log are lost: nobody read it/#))
    #expect(try #require(Int(lost.output.1)) > 500, "\(late)")
    #expect(late.contains("START: echo"))
    if format == "json" {
      // A line that was cut short is a line of its own; all others are whole.
      let bad = late.split(separator: "\n").dropFirst().filter {
        (try? JSONSerialization.jsonObject(with: Data($0.utf8))) == nil
      }
      #expect(bad.isEmpty, "\(bad)")
    }
  }

  private func drain(_ reader: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(reader, &buffer, buffer.count)
      if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }
}
