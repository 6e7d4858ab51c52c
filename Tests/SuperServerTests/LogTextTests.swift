import NetworkAddresses
import ServiceModel
import Testing

@testable import SuperServer

@Suite struct LogTextTests {
  @Test func textFromOutsideCannotForgeALine() {
    #expect(escapedForLog(Array("a\nFAIL: b\u{1b}[2J\\".utf8)) == "a\\x0aFAIL: b\\x1b[2J\\\\")
    #expect(escapedForLog([0xff, 0x00, 0x41]) == "\\xff\\x00A")
  }

  @Test func textFromOutsideIsBounded() {
    #expect(escapedForLog(Array(repeating: 0x41, count: 300), limit: 4) == "AAAA...")
    #expect(escapedForLog(Array(repeating: 0x41, count: 4), limit: 4) == "AAAA")
  }

  @Test func jsonEscapesWhatRFC8259Demands() {
    let record = LogRecord(.err, "a\"b\\c\n\u{1}é", [LogField(.service, "x"), LogField(.pid, "7")])
    #expect(
      record.json(time: "T")
        == #"{"time":"T","level":"error","message":"a\"b\\c\n\u0001é","service":"x","pid":7}"#)
  }
}

@Suite struct ServiceLogTextTests {
  @Test func linesAreThoseOfXinetd() {
    #expect(
      ServiceLogText.start("ftp", pid: 12, peer: "192.0.2.1", fields: [.pid, .host])
        == "START: ftp pid=12 from=192.0.2.1")
    #expect(
      ServiceLogText.exit("ftp", pid: 12, end: .status(0), seconds: 3, fields: [.pid, .exit, .duration])
        == "EXIT: ftp status=0 pid=12 duration=3(sec)")
    #expect(
      ServiceLogText.exit("ftp", pid: 12, end: .signal(9), seconds: 3, fields: [.exit]) == "EXIT: ftp signal=9")
    #expect(
      ServiceLogText.fail("ftp", reason: "address", peer: "192.0.2.1", fields: [.host])
        == "FAIL: ftp address from=192.0.2.1")
  }

  @Test func nothingIsLoggedThatNobodyAskedFor() {
    #expect(ServiceLogText.start("ftp", pid: 1, peer: "x", fields: []) == nil)
    // xinetd tells of a start where anything is asked for.
    #expect(ServiceLogText.start("ftp", pid: 1, peer: "x", fields: [.exit]) == "START: ftp")
    #expect(ServiceLogText.exit("ftp", pid: 1, end: .status(0), seconds: 0, fields: [.pid, .host]) == nil)
    #expect(ServiceLogText.fail("ftp", reason: "time", peer: "x", fields: []) == nil)
  }

  @Test func peersAreNamedAsTheServiceWants() {
    let peer = SocketEndpoint.ip(IPAddress(ipv4: 0xc000_0207), port: 9)
    func name(_ detail: LogAddressDetail, _ endpoint: SocketEndpoint?) -> String? {
      ServiceLogText.peer(endpoint, detail: detail, prefix4: 32, prefix6: 64)
    }
    #expect(name(.full, peer) == "192.0.2.7")
    #expect(name(.prefix, peer) == "192.0.2.0/24")
    #expect(name(.none, peer) == nil)
    #expect(name(.prefix, .ip(IPAddress(ipv6: 1 << 64 | 5), port: 9)) == "0:0:0:1::/64")
    #expect(name(.full, .unnamed) == "local")
    #expect(name(.full, .unix(path: "/a\nb")) == "/a\\x0ab")
  }
}
