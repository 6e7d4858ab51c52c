import Testing

@testable import LinuxSystem

/// SELinux labels, as far as they are text.
@Suite struct SecurityContextTests {
  @Test func theRangeIsAllBehindTheThirdColon() {
    let server = "system_u:system_r:ftpd_t:s0"
    #expect(
      SecurityContext.label(server, withRangeOf: "user_u:user_r:user_t:s0-s2:c0.c3,c7")
        == "system_u:system_r:ftpd_t:s0-s2:c0.c3,c7")
    #expect(SecurityContext.label(server + ":c1", withRangeOf: "a:b:c:s3") == "system_u:system_r:ftpd_t:s3")
  }

  /// A policy without ranges has no levels to keep apart; a label that is none of those must not pass for one.
  @Test(arguments: ["", "a", "a:b:c", "a:b:c:"])
  func withoutARangeThereIsNoLabel(_ other: String) {
    #expect(SecurityContext.label("system_u:system_r:ftpd_t:s0", withRangeOf: other) == nil)
    #expect(SecurityContext.label(other, withRangeOf: "a:b:c:s0") == nil)
  }
}
