import ServiceModel
import Testing

@testable import ServiceConfiguration

/// xinetd's blocks, as xinetd reads them and as their authors meant them.
@Suite struct SyntaxXinetdTests {
  @Test func plainBlock() {
    let result = SyntaxDump(
      """
      # default: on
      service telnet
      {
        flags           = REUSE
        Socket_Type     = stream
        only_from      += 10.0.0.0 192.168.1.{4,5}
        server_args     = -a  "x y"
        log_on_failure -= HOST
        passenv         =
      }

      """)
    #expect(result.findings == ["7:25+2 warning literal-quotes"])
    #expect(
      result.services == """
        telnet
          flags = REUSE
          socket_type = stream
          only_from += 10.0.0.0|192.168.1.{4,5}
          server_args = -a|"x|y"
          log_on_failure -= HOST
          passenv =
        """)
  }

  @Test(
    arguments: [
      ("service a { \n user = x\n}\n", []),
      ("service a{\n user = x\n}\n", []),
      ("SERVICE a\n{\n user = x\n}", []),
      ("service a\n{\n user = x # who\n}\n", ["3:11+5 warning comment-after-value"]),
      ("service a\n{\n user = x // who\n}\n", ["3:11+6 warning comment-after-value"]),
      ("service a\n{\n user=x\n}\n", ["3:2+4 warning missing-blank"]),
      ("service a\n{\n user= x\n}\n", ["3:2+4 warning missing-blank"]),
      ("service a\n{\n user =x\n}\n", ["3:2+4 warning missing-blank"]),
      ("// c\nservice a\r\n{\r\n // c\r\n user = x\r\n}\r\n", []),
      ("service a\n{\n user = x\n", ["1:9+1 warning missing-brace"]),
      ("service a\n user = x\n}\n", ["1:1+7 warning missing-opening-brace"]),
      ("service a\n{\n user = x }\n", ["3:11+1 warning brace-after-value"]),
      ("service a { user = x }\n", ["1:22+1 warning brace-after-value"]),
      ("service a\n{\n{\n user = x\n}\n}\n", ["3:1+1 warning stray-brace", "6:1+1 warning stray-brace"]),
      ("service a more\n{\n user = x\n}\n", ["1:11+4 warning text-after-header"]),
      ("service a # more\n{\n user = x\n} # end\n", []),
    ] as [(String, [String])])
  func accepted(text: String, findings: [String]) {
    let result = SyntaxDump(text)
    #expect(result.findings == findings)
    #expect(result.services == "a\n  user = x")
    #expect(result.configuration.isComplete)
  }

  @Test func missingBraceDoesNotSwallowTheNextService() {
    let result = SyntaxDump("service a\n{\n user = x\nservice b\n{\n user = y\n\ndefaults\n{\n}\n")
    #expect(result.findings == ["4:1+1 warning missing-brace", "8:1+1 warning missing-brace"])
    #expect(result.services == "a\n  user = x\nb\n  user = y\ndefaults")
  }

  @Test func valuesThatLookLikeComments() {
    let result = SyntaxDump("service a\n{\n server_args = //server/share http://x a#b\n}\n")
    #expect(result.findings == [])
    #expect(result.services == "a\n  server_args = //server/share|http://x|a#b")
  }

  @Test(arguments: [
    ("service a\n{\n user x\n}\n", "3:2+4 error expected-operator", "!a"),
    ("service a\n{\n = x\n}\n", "3:2+1 error expected-key", "!a"),
    ("service a\n\nservice b\n{\n}\n", "1:1+7 error missing-block", "!a\nb"),
    ("service a", "1:1+7 error missing-block", "!a"),
    ("service a\n{\n user = x\0\n}\n", "3:10+1 error nul-byte", "!a"),
    ("service a\n{\n}\nuser = x\nport = 3\n", "4:1+4 error outside-block", "!a"),
  ])
  func broken(text: String, finding: String, services: String) {
    let result = SyntaxDump(text)
    #expect(result.findings == [finding])
    #expect(result.services == services)
  }

  @Test(arguments: [
    ("service b {\n}\ninclude\n", "3:1+7 error include-without-path"),
    ("defaults\n{\n}\nservice\n{\n user = x\n}\n", "4:1+7 error missing-service-name"),
  ])
  func lost(text: String, finding: String) {
    let result = SyntaxDump(text)
    #expect(result.findings == [finding])
    #expect(!result.configuration.isComplete)
    #expect(result.configuration.services.count == 1)
  }

  @Test func blockWithoutHeader() {
    let result = SyntaxDump("service a\n{\n}\n{\n user = x\n}\nservice b\n{\n}\n")
    #expect(result.findings == ["4:1+1 error missing-header"])
    #expect(result.services == "a\nb")
    #expect(!result.configuration.isComplete)
  }

  @Test func includes() {
    let result = SyntaxDump(
      [("/etc/xinetd.conf", "defaults\n{\n}\nincludedir /etc/xinetd.d\ninclude more # x\nservice z\n{\n}\n")],
      includable: [("/etc/xinetd.d/a", "service a\n{\n}\n"), ("/etc/more", "service m\n{\n}\n")])
    #expect(result.findings == [])
    #expect(result.services == "defaults\na\nm\nz")
  }

  @Test func missingInclude() {
    let result = SyntaxDump("service a\n{\n}\ninclude /nowhere\n")
    #expect(result.findings == ["4:9+8 error include-missing"])
    #expect(!result.configuration.isComplete)
  }
}
