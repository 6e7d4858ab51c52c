import Foundation
import Testing

/// The files that we show to others are without fault.
@Suite struct ShippedFilesTests {
  @Test(.enabled(if: RealPrograms.missing.isEmpty, "needs the servers they name"), arguments: DaemonBuild.present)
  func examplesHaveNoMistake(_ build: DaemonBuild) throws {
    let examples = Checkout.root.appending(path: "config/examples").path
    let result = try ChildProcess.run(
      build.path!, "--check", "--config", "\(examples)/inetd.conf", "--directory", "\(examples)/inetd.d")
    #expect(result.succeeded, "\(result.output)\(result.errors)")
    #expect(!(result.output + result.errors).contains("error:"))
  }

  /// Why the demo cannot be tried here; nil if it can.
  static let obstacle: String? =
    if getuid() != 0 || ProcessInfo.processInfo.environment["INETD_EMBEDDED_BINARY"] == nil {
      "needs root and an Embedded build, see Tests/run"
    } else if ![8007, 8013, 8019, 8023, 8069, 8079, 8080].allSatisfy({ port in
      Ports.isFree(port, .stream, hosts: ["127.0.0.1"]) && Ports.isFree(port, .datagram, hosts: ["127.0.0.1"])
    }) {
      "somebody has the demo's ports"
    } else {
      nil
    }

  /// The demo, as a reader starts it and tries what it says.
  @Test(.enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? "")))
  func theDemoServes() throws {
    let demo = try ChildProcess(
      [Checkout.root.appending(path: "config/demo/run").path],
      environment: ProcessInfo.processInfo.environment.filter { $0.key == "PATH" || $0.key == "HOME" })
    defer {
      // The script ends when its daemon has, and takes its files with it.
      for child in ProcessFacts.children(of: demo.pid) { kill(child, SIGTERM) }
      _ = try? demo.wait()
      demo.end()
    }
    try demo.output.wait(containing: "Control-C ends the demo", seconds: 300)
    try Deadline.poll("the demo serves") { (try? Client(.stream, "127.0.0.1", 8013)) != nil }
    #expect(try Client(.stream, "127.0.0.1", 8013).receiveText().utf8.count == 26)
    let page = try ChildProcess.run("curl", "--silent", "--fail", "http://127.0.0.1:8080/")
    #expect(page.output.contains("Hello 127.0.0.1"), "\(page)")
    #expect(try Client(.stream, "127.0.0.1", 8079).receiveText().hasPrefix("Good day 127.0.0.1, from a flat file."))
    #expect(try Client(.stream, "127.0.0.1", 8023).receiveText().hasPrefix("You are 127.0.0.1 port "))
    let echo = try Client(.stream, "127.0.0.1", 8007)
    try echo.send("hi\n")
    #expect(try echo.receiveLine() == "hi")
    let datagram = try Client(.datagram, "127.0.0.1", 8069)
    for number in 1...2 {
      try datagram.send("hello\n")
      let answer = String(decoding: try datagram.receive(), as: UTF8.self)
      #expect(answer.hasPrefix("number \(number) for process "))
    }
  }
}
