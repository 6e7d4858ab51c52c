import Testing

@testable import ServiceResolution

@Suite struct GlobPatternTests {
  @Test(arguments: [
    ("*", "a", true), ("*", ".a", false), (".*", ".a", true), ("*.conf", "a.conf", true), ("*.conf", "a.confx", false),
    ("a?c", "abc", true), ("a?c", "ac", false), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[^a]x", "bx", true),
    ("[]]", "]", true), ("[a", "[a", true), ("\\*", "*", true), ("\\*", "a", false), ("", "", true), ("", "a", false),
    ("**a*b", "xxaxxb", true), ("a*b*c", "aXbXbXc", true), ("a*b*c", "aXbXb", false), ("[a-]", "-", true),
    ("a\\", "a\\", true), ("é*", "éa", true),
  ])
  func matching(pattern: String, name: String, isMatch: Bool) {
    #expect(GlobPattern(pattern[...]).matches(name) == isMatch)
  }

  @Test func wildcards() {
    #expect(!GlobPattern("a\\*b").hasWildcards)
    #expect(GlobPattern("a\\*b").literal == "a*b")
    #expect(GlobPattern("a?").hasWildcards)
  }

  /// Exponential matchers need minutes for this.
  @Test func hostilePatternIsQuick() {
    let pattern = GlobPattern(String(repeating: "a*", count: 200)[...] + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 5000)))
  }
}
