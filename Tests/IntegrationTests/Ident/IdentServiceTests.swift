import Foundation
import Testing

/// The built-in ident service (RFC 1413): who asks learns whether a connection exists, and nothing about its user.
@Suite struct IdentServiceTests {
  private struct Setup {
    let daemon: Daemon
    let scratch: Scratch
    let address = Ports.loopbackAddress()
    let client = Ports.loopbackAddress()
    let identPort: UInt16
    let echoPort: UInt16

    init(_ build: DaemonBuild) throws {
      scratch = try Scratch()
      identPort = try Ports.free()
      echoPort = try Ports.free()
      try scratch.write(
        "\(Daemon.directoryName)/ident.conf", "service = auth\ntype = INTERNAL\nport = \(identPort)\nprotocol = tcp\n")
      try scratch.write(
        "\(Daemon.directoryName)/echo.conf", "type = INTERNAL\nport = \(echoPort)\nprotocol = tcp\n")
      daemon = try Daemon(build, in: scratch)
    }

    func ask(_ question: String, of host: String? = nil, from: String? = nil) throws -> String {
      let asking = try connect(identPort, host, from)
      try asking.send(question)
      return try asking.receiveLine()
    }

    func connect(_ port: UInt16, _ host: String? = nil, _ from: String? = nil) throws -> Client {
      let from = from ?? (host == "::1" ? "::1" : client)
      return try Client(.stream, host ?? address, port, from: SocketName(from, 0))
    }
  }

  @Test(arguments: DaemonBuild.present)
  func hidesTheUserOfAConnectionThatExists(_ build: DaemonBuild) throws {
    let setup = try Setup(build)
    let hosts = [setup.address] + Ports.loopbacks.filter { $0 == "::1" }
    for host in hosts {
      let held = try setup.connect(setup.echoPort, host)
      try held.send("x")
      _ = try held.receive(exactly: 1)
      let pair = "\(setup.echoPort) , \(held.localPort)"
      #expect(try setup.ask("\(setup.echoPort),\(held.localPort)\r\n", of: host) == "\(pair) : ERROR : HIDDEN-USER\r")
      #expect(
        try setup.ask(" \(setup.echoPort) ,\t\(held.localPort) \n", of: host) == "\(pair) : ERROR : HIDDEN-USER\r")
      // A listener is no connection.
      #expect(
        try setup.ask("\(setup.echoPort), 1\r\n", of: host) == "\(setup.echoPort) , 1 : ERROR : NO-USER\r")
    }
  }

  /// Nobody can ask about somebody else's connections.
  @Test(arguments: DaemonBuild.present)
  func tellsNobodyAboutTheConnectionsOfOthers(_ build: DaemonBuild) throws {
    let setup = try Setup(build)
    let held = try setup.connect(setup.echoPort)
    try held.send("x")
    _ = try held.receive(exactly: 1)
    let question = "\(setup.echoPort) , \(held.localPort)"
    #expect(try setup.ask("\(question)\r\n", from: "127.0.0.9") == "\(question) : ERROR : NO-USER\r")
  }

  @Test(
    arguments: DaemonBuild.present,
    [
      ("0 , 1", "0 , 1"), ("1 , 0", "1 , 0"), ("70000, 23", "70000 , 23"), ("-1 , 23", "0 , 23"), ("6193", "6193 , 0"),
      ("", "0 , 0"), ("a , b", "0 , 0"), ("1 , 2 , 3", "1 , 0"), ("1.5 , 2", "0 , 2"),
      ("99999999999999999999 , 2", "0 , 2"), ("\0 , \u{1b}[2J", "0 , 0"),
    ])
  func saysWhatIsNoPort(_ build: DaemonBuild, _ question: (String, String)) throws {
    let setup = try Setup(build)
    #expect(try setup.ask(question.0 + "\r\n") == "\(question.1) : ERROR : INVALID-PORT\r")
  }

  /// Several questions at once, in pieces; and a bound for all of it.
  @Test(arguments: DaemonBuild.present)
  func answersLineByLineWithinBounds(_ build: DaemonBuild) throws {
    let setup = try Setup(build)
    let asking = try setup.connect(setup.identPort)
    try asking.send("1,2\r\n3,4\r\n5")
    #expect(try asking.receiveLine() == "1 , 2 : ERROR : NO-USER\r")
    #expect(try asking.receiveLine() == "3 , 4 : ERROR : NO-USER\r")
    try asking.send(",6\n")
    #expect(try asking.receiveLine() == "5 , 6 : ERROR : NO-USER\r")
    asking.finishSending()
    #expect(try asking.receiveToEnd() == [])

    let endless = try setup.connect(setup.identPort)
    try endless.send([UInt8](repeating: UInt8(ascii: "1"), count: 1000))
    #expect(endless.isClosedSilently())

    let curious = try setup.connect(setup.identPort)
    try curious.send(String(repeating: "1,2\n", count: 64))
    #expect(try curious.receiveText().split(separator: "\r\n").count == 64)
  }
}
