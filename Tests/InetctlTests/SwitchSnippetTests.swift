import Testing

@testable import inetctl

/// The override file of `enable` and `disable`: what it says of one service changes, everything else stays.
@Suite struct SwitchSnippetTests {
  private func edited(_ text: String, _ edit: (inout SwitchSnippet) -> Void) -> String? {
    var snippet = SwitchSnippet(text)
    edit(&snippet)
    return snippet.text
  }

  @Test func firstSwitchMakesTheFileAndTheLastUnmakesIt() throws {
    let text = try #require(edited("") { $0.set("a", disabled: true) })
    #expect(text.hasPrefix("# Kept by inetctl enable and inetctl disable"))
    #expect(text.hasSuffix("\n\n[service a]\ndisable = yes\n"))
    #expect(edited(text) { $0.forget("a") } == nil)
    #expect(edited(text) { $0.forget("b") } == text)
    #expect(edited(text) { $0.set("a", disabled: false) } == text.replacing("yes", with: "no"))
  }

  @Test func othersLinesStay() {
    let text = "# mine\n[service a]\nnice = 5\n  disable=yes\n\n[service b]\ndisable = yes\n"
    #expect(edited(text) { $0.forget("a") } == "# mine\n[service a]\nnice = 5\n\n[service b]\ndisable = yes\n")
    #expect(edited(text) { $0.forget("b") } == "# mine\n[service a]\nnice = 5\n  disable=yes\n")
    #expect(
      edited(text) { $0.set("a", disabled: false) }
        == "# mine\n[service a]\ndisable = no\nnice = 5\n\n[service b]\ndisable = yes\n")
    #expect(edited("[service ab]\ndisable = yes\n") { $0.forget("a") } == "[service ab]\ndisable = yes\n")
  }

  @Test func idsAreQuotedAsTheSyntaxWantsIt() {
    #expect(edited("") { $0.set("a]b", disabled: true) }?.contains("[service \"a]b\"]") == true)
  }
}

@Suite struct PeerTextTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1", nil), ("192.0.2.1:80", "192.0.2.1", "80"), ("[::1]:80", "::1", "80"),
    ("[::1]", "::1", nil), ("2001:db8::1", "2001:db8::1", nil), ("[::1]x", "::1", "x"),
  ])
  func portsAreTakenOff(_ text: String, _ address: String, _ port: String?) {
    let parts = Test.split(text)
    #expect(parts.address == address && parts.port == port)
  }
}
