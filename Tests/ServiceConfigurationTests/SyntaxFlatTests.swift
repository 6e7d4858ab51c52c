import ServiceModel
import Testing

@testable import ServiceConfiguration

/// `key = value` files.
@Suite struct SyntaxFlatTests {
  @Test func settingsAndOperators() {
    let result = SyntaxDump("Server = /bin/x\nonly_from=10.0.0.0/8 ::1\nonly_from  += localhost\nenv -= A\nuser=\n")
    #expect(result.findings == [])
    #expect(
      result.services == """
        test
          server = /bin/x
          only_from = 10.0.0.0/8|::1
          only_from += localhost
          env -= A
          user =
        """)
  }

  @Test(
    arguments: [
      (#"k = "two words""#, ["two words"]), (#"k = 'it is "so"'"#, [#"it is "so""#]),
      (#"k = back\ slash"#, ["back slash"]),
      (#"k = a"b c"d"#, ["ab cd"]), (#"k = "\\ \" \n \t \r \x41""#, ["\\ \" \n \t \r A"]), (#"k = "" ''"#, ["", ""]),
      (#"k = a#b #c"#, ["a#b"]), (#"k = '#' "#, ["#"]), ("k = \\#x", ["#x"]), ("k = a \\\n  b", ["a", "b"]),
      ("k = a\\\nb", ["ab"]), ("k = a \\\r\n b\r", ["a", "b"]), ("k = \"a\\\nb\"", ["ab"]), ("k = a \\\n# c", ["a"]),
      ("k = é \"ü\"", ["é", "ü"]), ("k = \"\\xc3\\xa9\"", ["é"]), ("k = a\\", ["a"]), (#"k = \é"#, ["é"]),
      ("k = a\tb\u{0b}c", ["a", "b", "c"]),
    ] as [(String, [String])])
  func values(text: String, values: [String]) {
    let result = SyntaxDump(text + "\n")
    #expect(result.findings == [])
    #expect(result.configuration.services.first?.settings.first?.values.map { $0.text } == values)
    #expect(SyntaxDump(text).configuration.services.first?.settings.first?.values.map { $0.text } == values)
  }

  @Test(
    arguments: [
      (#"k = "abc"#, "1:5+1 error unclosed-quote"), ("k = 'abc", "1:5+4 error unclosed-quote"),
      (#"k = "\q""#, "1:6+2 error unknown-escape"), (#"k = "\xg0""#, "1:6+2 error unknown-escape"),
      (#"k = "\x00""#, "1:6+4 error nul-byte"), (#"k = "\xff""#, "1:5+6 error not-utf8"),
      ("k = a\0b", "1:6+1 error not-text"), ("k x", "1:3+1 error missing-field"),
      ("k = v\n= x", "2:1+1 error expected-key"),
      ("k = v\nfoo bar", "2:1+3 error expected-operator"), ("k = v\nk = a\0b", "2:6+1 error nul-byte"),
    ] as [(String, String)])
  func badText(text: String, finding: String) {
    let result = SyntaxDump(text + "\n")
    #expect(result.findings == [finding])
    #expect(result.configuration.services.allSatisfy { $0.isBroken })
    #expect(!result.configuration.isComplete == result.configuration.services.isEmpty)
  }

  @Test func bytesThatAreNoText() {
    let comment = SyntaxDump(bytes: [("/etc/inetd.d/a", Array("# \u{e9} ".utf8) + [0xff, 10] + Array("k = v".utf8))])
    #expect(comment.findings == [])
    let value = SyntaxDump(bytes: [("/etc/inetd.d/a", Array("k = v".utf8) + [0xff, 10] + Array("l = w".utf8))])
    #expect(value.findings == ["1:5+2 error not-utf8"])
    #expect(value.configuration.services.first?.isBroken == true)
  }

  @Test func blankBehindBackslash() {
    let result = SyntaxDump("k = a \\  \nl = b\n")
    #expect(result.findings == ["1:7+1 warning blank-after-backslash"])
    #expect(result.configuration.services.first?.isBroken == false)
  }

  @Test func byteOrderMark() {
    let result = SyntaxDump("\u{feff}k = v\n")
    #expect(result.services == "test\n  k = v")
    #expect(result.configuration.services.first?.settings.first?.key.range.column == 4)
  }

  @Test func sections() {
    let result = SyntaxDump(
      "user = root\n[defaults] # all\nnice = 5\n[ service \"a b\" ]\nuser = a\n[Service x/tcp]\n[defaults] y\n")
    #expect(result.findings == ["7:12+1 warning text-after-header"])
    #expect(result.services == "test\n  user = root\ndefaults\n  nice = 5\na b\n  user = a\nx/tcp\ndefaults")
  }

  @Test(arguments: [
    ("[servce a]", "1:1+10 error unknown-section"), ("[service]", "1:1+9 error unknown-section"),
    ("[service a", "1:1+10 error unclosed-section"), ("[]", "1:1+2 error unknown-section"),
    ("[service a b]", "1:1+13 error unknown-section"), ("[service \"\"]", "1:1+12 error unknown-section"),
  ])
  func badSections(header: String, finding: String) {
    let result = SyntaxDump(header + "\nuser = root\n[service ok]\nuser = x\n")
    #expect(result.findings == [finding])
    #expect(result.services == "ok\n  user = x")
    #expect(!result.configuration.isComplete)
  }

  @Test func ownIDComesFromTheFileName() {
    for (path, id) in [
      ("/a/finger.conf", "finger"), ("/a/finger", "finger"), ("x.y.conf", "x.y"), ("/a/.conf", ".conf"),
    ] {
      #expect(SyntaxDump("k = v", path: path).configuration.services.first?.name.text == id)
    }
  }

  @Test func includes() {
    let result = SyntaxDump(
      [("/etc/inetd.d/a.conf", "include = sub/*.x other\nincludedir = /srv\nuser = root\n")],
      includable: [
        ("/etc/inetd.d/sub/*.x", "user = x\n"), ("/etc/inetd.d/other", "y stream tcp nowait root /y\n"),
        ("/srv/z", "service z\n{\n}\n"),
      ])
    #expect(result.findings == [])
    #expect(result.configuration.services.map { $0.name.text } == ["*.x", "y", "z", "a"])
    #expect(result.configuration.services.allSatisfy { $0.isDropIn })
  }

  @Test func includeNeedsAPath() {
    let result = SyntaxDump("include =\ninclude -= x\n")
    #expect(result.ids == ["include-without-path", "include-without-path"])
    #expect(!result.configuration.isComplete)
  }
}
