import Foundation
import Testing

/// The files that we show to others are without fault.
@Suite struct ShippedFilesTests {
  /// The demo has fixed ports. Where that can be had, it gets a network of its own in which they are free.
  static let ownNetwork: [String] = {
    let words = ["unshare", "--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]
    guard getuid() == 0, let trial = try? ChildProcess(words + ["true"]), (try? trial.wait()) == .exited(0) else {
      return []
    }
    return words
  }()

  /// Why the demo cannot be tried here; nil if it can.
  static let obstacle: String? =
    if ProcessInfo.processInfo.environment["INETD_EMBEDDED_BINARY"] == nil {
      "needs an Embedded build, see Tests/run"
    } else if ownNetwork.isEmpty
      && ![8007, 8013, 8019, 8023, 8069, 8079, 8080].allSatisfy({ port in
        Ports.isFree(port, .stream, hosts: ["127.0.0.1"]) && Ports.isFree(port, .datagram, hosts: ["127.0.0.1"])
      })
    {
      "somebody has the demo's ports, and no network namespace can be made"
    } else {
      nil
    }

  /// The demo, as a reader starts it and tries what it says.
  @Test(.enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? "")))
  func theDemoServes() throws {
    let demo = try ChildProcess(
      Self.ownNetwork + [Checkout.root.appending(path: "config/demo/run").path],
      environment: ProcessInfo.processInfo.environment.filter { $0.key == "PATH" || $0.key == "HOME" })
    defer {
      // The script ends when its daemon has, and takes its files with it.
      for child in ProcessFacts.children(of: demo.pid) { kill(child, SIGTERM) }
      _ = try? demo.wait()
      demo.end()
    }
    let namespace = Self.ownNetwork.isEmpty ? nil : demo.pid
    func connect(_ port: UInt16, _ kind: Client.Kind = .stream) throws -> Client {
      try Client(kind, "127.0.0.1", port, namespaceOf: namespace)
    }
    try demo.output.wait(containing: "Control-C ends the demo", seconds: 300)
    try Deadline.poll("the demo serves") { (try? connect(8013)) != nil }
    #expect(try connect(8013).receiveText().utf8.count == 26)
    let entering = namespace.map { ["nsenter", "--net=/proc/\($0)/ns/net"] } ?? []
    let page = try ChildProcess(entering + ["curl", "--silent", "--fail", "http://127.0.0.1:8080/"])
    #expect(try page.wait() == .exited(0))
    #expect(try page.output.untilEnd().contains("Hello 127.0.0.1"))
    #expect(try connect(8079).receiveText().hasPrefix("Good day 127.0.0.1, from a flat file."))
    #expect(try connect(8023).receiveText().hasPrefix("You are 127.0.0.1 port "))
    let echo = try connect(8007)
    try echo.send("hi\n")
    #expect(try echo.receiveLine() == "hi")
    let datagram = try connect(8069, .datagram)
    for number in 1...2 {
      try datagram.send("hello\n")
      let answer = String(decoding: try datagram.receive(), as: UTF8.self)
      #expect(answer.hasPrefix("number \(number) for process "))
    }
  }
}
