import Foundation
import Testing

/// What the figures say is what happened, and nobody outside can make them many.
@Suite struct MetricsTruthTests {
  private func figures(_ operations: Operations) throws -> [String: Int] {
    var figures: [String: Int] = [:]
    for line in try operations.run("metrics").output.split(separator: "\n") where !line.hasPrefix("#") {
      let end = line.lastIndex(of: " ") ?? line.startIndex
      if let value = Int(line[line.index(after: end)...]) { figures[String(line[..<end])] = value }
    }
    return figures
  }

  private func write(_ operations: Operations, _ id: String, _ text: String) throws -> UInt16 {
    let port = try Ports.free()
    try operations.scratch.write("\(Daemon.directoryName)/\(id).conf", "id = \(id)\nport = \(port)\n\(text)")
    return port
  }

  /// A conversation as the peer saw it: bytes it sent and got.
  private struct Account {
    var sent = 0
    var got = 0
  }

  /// Bytes both ways, of each built-in over both transports and of a redirect, are those that the peers counted.
  @Test(arguments: DaemonBuild.present)
  func bytesAreThoseThatPassed(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let large = [UInt8](repeating: 0x61, count: 1_000_003)
    let target = try TestServer("127.0.0.1") { client in
      let count = try client.receiveToEnd().count
      try client.send([UInt8](repeating: 0x62, count: count / 2))
    }
    var ports: [String: UInt16] = [:]
    for name in ["echo", "discard", "daytime", "time", "qotd", "chargen", "tcpmux", "metrics"] {
      ports[name] = try write(operations, name, "service = \(name)\ntype = INTERNAL\nprotocol = tcp4\n")
    }
    for name in ["echo", "discard", "daytime", "chargen"] {
      ports["u-\(name)"] = try write(
        operations, "u-\(name)", "service = \(name)\ntype = INTERNAL\nsocket_type = dgram\nprotocol = udp4\n")
    }
    ports["ident"] = try write(operations, "ident", "service = auth\ntype = INTERNAL\nprotocol = tcp4\n")
    ports["relay"] = try write(operations, "relay", "protocol = tcp4\nredirect = 127.0.0.1 \(target.port)\n")
    try operations.start([])

    var accounts: [String: Account] = [:]
    func talk(_ name: String, send bytes: [UInt8], _ kind: Client.Kind = .stream, answer: (Client) throws -> Int) throws
    {
      let client = try Client(kind, "127.0.0.1", ports[name]!)
      if !bytes.isEmpty { try client.send(bytes) }
      accounts[name, default: Account()].sent += bytes.count
      accounts[name, default: Account()].got += try answer(client)
    }
    func toEnd(_ client: Client) throws -> Int {
      client.finishSending()
      return try client.receiveToEnd().count
    }
    for size in [1, 5000] {
      try talk("echo", send: Array(large[..<size])) {
        let count = try $0.receive(exactly: size).count
        return try count + toEnd($0)
      }
      try talk("u-echo", send: Array(large[..<size]), .datagram) { try $0.receive().count }
      try talk("u-discard", send: Array(large[..<size]), .datagram) { _ in 0 }
      try talk("u-chargen", send: Array(large[..<size]), .datagram) { try $0.receive().count }
      try talk("u-daytime", send: Array(large[..<size]), .datagram) { try $0.receive().count }
    }
    try talk("discard", send: large, answer: toEnd)
    for name in ["daytime", "time", "qotd"] { try talk(name, send: [], answer: toEnd) }
    try talk("chargen", send: []) { client in
      // Whatever had been sent when the daemon saw the end: all of it arrives.
      let first = try client.receive(exactly: 100_000).count
      return try first + toEnd(client)
    }
    for word in ["help\r\n", "nobody\r\n"] { try talk("tcpmux", send: Array(word.utf8), answer: toEnd) }
    try talk("metrics", send: Array("GET /metrics HTTP/1.0\r\n\r\n".utf8), answer: toEnd)
    try talk("ident", send: Array("1, 2\r\n".utf8)) { client in
      let line = try client.receiveLine().utf8.count + 1
      return try line + toEnd(client)
    }
    try talk("relay", send: large, answer: toEnd)
    try operations.probes.synchronise()
    let figures = try figures(operations)
    for (name, account) in accounts {
      #expect(figures["inetd_received_bytes_total{service=\"\(name)\"}"] == account.sent, "\(name) received")
      #expect(figures["inetd_sent_bytes_total{service=\"\(name)\"}"] == account.got, "\(name) sent")
    }
    #expect(accounts.count == 14)
  }

  /// Many strangers, names that nobody knows, paths that are not there: as many samples as before.
  @Test(arguments: DaemonBuild.present)
  func strangersMakeNoSeries(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    let scrape = try write(operations, "scrape", "service = metrics\ntype = INTERNAL\nprotocol = tcp4\n")
    let mux = try write(operations, "mux", "service = tcpmux\ntype = INTERNAL\nprotocol = tcp4\n")
    let echo = try write(
      operations, "answers", "service = echo\ntype = INTERNAL\nsocket_type = dgram\nprotocol = udp4\n")
    let guarded = try operations.probes.service("guarded", "report", keys: [("no_access", "127.77.0.0/16")])
    try operations.start([guarded])
    func strangers(_ network: Int, count: Int) throws {
      for number in 1...count {
        let host = "127.\(network).7.\(number)"
        _ = try operations.probes.connect(guarded, from: host).receiveToEnd()
        let datagram = try Client(.datagram, "127.0.0.1", echo, from: SocketName(host, 0))
        try datagram.send("x")
        #expect(try datagram.receive() == [0x78])
        for (port, text) in [
          (mux, "service-\(network)-\(number)\r\n"),
          (scrape, "GET /\(network)/\(number)?inetd_state=\"\(number)\" HTTP/1.0\r\nHost: h\(number)\r\n\r\n"),
        ] {
          let client = try Client(.stream, "127.0.0.1", port, from: SocketName(host, 0))
          try client.send(text)
          _ = try client.receiveToEnd()
        }
      }
      try operations.daemon.waitForServersToEnd()
      try operations.probes.synchronise()
    }
    try strangers(77, count: 1)
    try strangers(78, count: 1)
    let before = Set(try figures(operations).keys)
    try strangers(77, count: 20)
    try strangers(78, count: 20)
    let after = Set(try figures(operations).keys)
    #expect(before == after, "\(after.symmetricDifference(before))")
    #expect(try figures(operations)["inetd_refused_total{service=\"guarded\",reason=\"address\"}"] == 21)
  }

  /// Names of services are the administrator's; what would have to be escaped is no name, what else they hold stays.
  @Test(arguments: DaemonBuild.present)
  func namesOfServicesBreakNoLine(_ build: DaemonBuild) throws {
    let operations = try Operations(build)
    func named(_ name: String) throws -> String {
      "id = \"\(name)\"\nport = \(try Ports.free())\nserver = /bin/cat\nuser = root\n"
    }
    let names = ["br}ace{", "com,ma=1", "caf\u{e9}", "hash#1"]
    for (number, name) in names.enumerated() {
      try operations.scratch.write("\(Daemon.directoryName)/n\(number).conf", try named(name))
    }
    for (number, name) in ["qu\\\"ote", "back\\\\slash", "new\\nline", "bl ank", "es\\x1bcape"].enumerated() {
      try operations.scratch.write("\(Daemon.directoryName)/x\(number).conf", try named(name))
    }
    try operations.start([])
    try operations.daemon.log.wait(for: "finding about an id", count: 5) { $0.contains("[bad-id]") }
    let text = try operations.run("metrics").output
    for name in names {
      let line = "inetd_accepted_total{service=\"\(name)\"} 0"
      #expect(text.split(separator: "\n").contains { $0 == line }, "no \(line)")
    }
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      #expect(
        line.wholeMatch(of: #/[a-z_]+(\{([a-z_]+="([^"\\]|\\[\\"n])*",?)+\})? [0-9.e+-]+/#) != nil, "\(line)")
    }
    let ids = try operations.json("list").compactMap { $0["id"] as? String }
    #expect(ids.count == names.count + 1, "\(ids)")
  }
}
