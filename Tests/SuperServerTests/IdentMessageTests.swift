import Testing

@testable import SuperServer

/// Lines of the identification protocol (RFC 1413).
@Suite struct IdentMessageTests {
  @Test(arguments: [
    ("6193, 23", 6193, 23), ("6193,23", 6193, 23), ("  1 ,\t65535 \r", 1, 65535),
  ])
  func readsPorts(_ text: String, _ own: UInt16, _ other: UInt16) {
    #expect(IdentMessage.ports(Array(text.utf8)) == IdentPorts(own: own, other: other))
  }

  @Test(arguments: ["", ",", "1", "1,", ",1", "0,1", "1,0", "65536,1", "-1,2", "1,2,3", "1 2,3", "+1,2", "1,\u{661}"])
  func readsNothingElse(_ text: String) {
    #expect(IdentMessage.ports(Array(text.utf8)) == nil)
  }

  @Test(arguments: [
    ("6193, 23 : USERID : UNIX : joe", "UNIX : joe"), ("6193,23:USERID:OTHER:a:b", "OTHER:a:b"),
    ("6193 , 23 : USERID : UNIX , UTF-8 :joe ", "UNIX , UTF-8 :joe "),
  ])
  func readsUsers(_ text: String, _ user: String) {
    let found = IdentMessage.userID(Array(text.utf8), of: IdentPorts(own: 6193, other: 23))
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == user)
  }

  @Test(arguments: [
    "6193, 23 : ERROR : NO-USER", "23, 6193 : USERID : UNIX : joe", "6193, 23 : USERID :", "6193, 23 : USERID", "",
    "6193, 23 : userid : UNIX : joe", ":::", "6193, 23 USERID : UNIX : joe",
  ])
  func readsNoUserElsewhere(_ text: String) {
    #expect(IdentMessage.userID(Array(text.utf8), of: IdentPorts(own: 6193, other: 23)) == nil)
  }
}
