import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel
import Testing

@testable import ServiceResolution

/// The exact sentences of what the machine says about a configuration. Most need a machine in some state; here they are
/// made by hand, and the other suites show when they come.
@Suite struct MessageTests {
  private static let place = SourceRange(file: SourceFileID(index: 0), line: 1, column: 1)

  private static func entry(_ id: String) -> ServiceEntry {
    ServiceEntry(definition: ServiceDefinition(id: id, handler: .builtin(.echo)), location: place)
  }

  static let findings: [(Diagnostic, String)] = [
    (.skippedFile("/d/x.conf", "is a directory"), "warning: is a directory; ignored [not-a-file]"),
    (
      .unusableDirectory("/d", id: "unreadable-directory", "cannot be read: Permission denied"),
      "error: cannot be read: Permission denied; directory skipped [unreadable-directory]"
    ),
    (
      .unknownUser("ftpp", near: "ftp", at: place),
      "error: user 'ftpp' does not exist; service skipped [unknown-user] ftp"
    ),
    (.unknownGroup("x", near: nil, at: place), "error: group 'x' does not exist; service skipped [unknown-group]"),
    (
      .lookupFailed(SystemError("look up user", "x", errno: 5), at: place),
      "error: cannot look up user x: Input/output error; service skipped [lookup-failed]"
    ),
    (
      .needsRoot("user", "nobody", at: place),
      "error: only root can start a server as user 'nobody', and the daemon does not run as root; service skipped "
        + "[needs-root]"
    ),
    (
      .unusableProgram("/bin/cta", SystemError("execute", errno: 2), near: "/bin/cat", at: place),
      "error: cannot execute '/bin/cta': No such file or directory; service skipped [unusable-program] /bin/cat"
    ),
    (
      .unknownProgramNumber("foo", at: place),
      "error: RPC program 'foo' is not in /etc/rpc; rpc_number can name it; service skipped [unknown-rpc-program]"
    ),
    (
      .unknownService("fingr", protocol: "tcp", near: "finger", at: place),
      "error: service 'fingr' has no tcp port in /etc/services; service skipped [unknown-service] finger"
    ),
    (
      .portOfOtherProtocol("x", port: 7, wanted: "tcp", other: "udp", at: place),
      "warning: service 'x' has no tcp port in /etc/services; its udp port 7 is used [port-of-other-protocol]"
    ),
    (
      .wrongFamily(.loopback6, at: place),
      "error: ::1 is not of the family that the protocol names; service skipped [wrong-family]"
    ),
    (
      .missingInterface("eth9", at: place),
      "warning: there is no interface 'eth9' now; tried again until it appears [missing-interface]"
    ),
    (
      .interfaceWithoutAddress("eth9", at: place),
      "error: interface 'eth9' has no address; service skipped [interface-without-address]"
    ),
    (
      .unknownListenHost("h", reason: "Name or service not known", at: place),
      "error: 'h' is neither an address nor an interface nor a known host: Name or service not known; service skipped "
        + "[unknown-address]"
    ),
    (
      .noAddressOfFamily("h", at: place),
      "error: 'h' has no address of the family that the protocol names; service skipped [no-address-of-family]"
    ),
    (
      .withoutSELinux(at: place),
      "warning: flag LABELED has nothing to go by: this host has no SELinux, hence no labels; served without a label "
        + "[no-selinux]"
    ),
    (
      .tooManySockets(4096, at: place),
      "error: this is more than 4096 sockets for one service; service skipped [too-many-sockets]"
    ),
    (
      .socketPathTooLong(107, at: place),
      "error: the name of a unix socket has at most 107 bytes; service skipped [socket-path-too-long]"
    ),
    (
      .addressTaken(.ip(.loopback4, port: 7), by: entry("a"), of: entry("b")),
      "error: 'b' and 'a' both listen on 127.0.0.1:7; left to 'a' [address-taken] 'a' is defined here"
    ),
  ]

  @Test(arguments: findings.indices)
  func sentencesAreExact(_ index: Int) {
    let (finding, expected) = MessageTests.findings[index]
    let parts =
      ["\(finding.severity.word): \(finding.fullMessage) [\(finding.id)]"]
      + [finding.suggestion].compactMap { $0 } + finding.notes.map { $0.message }
    #expect(parts.joined(separator: " ") == expected)
  }

  @Test func ofDisabledServicesTheyAreWarnings() {
    let finding = Diagnostic.unknownUser("x", near: nil, at: MessageTests.place).asWarningOfDisabledService
    #expect(finding.severity == .warning)
    #expect(finding.fullMessage == "user 'x' does not exist; the service is disabled; enabled, it would be skipped")
    let warning = Diagnostic.skippedFile("/x", "y")
    #expect(warning.asWarningOfDisabledService == warning)
  }
}
