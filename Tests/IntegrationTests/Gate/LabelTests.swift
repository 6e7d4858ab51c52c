import Foundation
import Testing

enum SELinux {
  static let isHere = FileManager.default.fileExists(atPath: "/sys/fs/selinux/enforce")
}

/// LABELED where there is SELinux: a directory made to look like selinuxfs, since no host of the tests has it. That a
/// label is applied by a real policy is shown by Tests/SELinux.
@Suite(.enabled(if: OwnEtc.isPossible && !SELinux.isHere, "needs a mount name space, and no SELinux"))
struct LabelTests {
  /// Words that give what follows them a /sys/fs of its own, with what is read of selinuxfs.
  private static let prefix = [
    "unshare", "--mount", "--propagation", "private", "sh", "-ec",
    """
    mount -t tmpfs tmpfs /sys/fs
    mkdir -p /sys/fs/selinux/class/process
    echo 1 >/sys/fs/selinux/enforce
    echo 2 >/sys/fs/selinux/class/process/index
    exec "$@"
    """, "sh",
  ]

  /// A peer whose label nobody knows cannot be served under it: refused by the gate, and nothing starts.
  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func aPeerWithoutALabelIsRefused(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let mark = setup.scratch("started")
    let script = try setup.scratch.script("mark", "echo x >>\(mark)")
    let labelled = Service(
      id: "labelled", port: "\(try Ports.free())", server: script,
      keys: [("flags", "LABELED"), ("instances", "1"), ("overflow", "refuse"), ("log_on_success", "PID HOST EXIT")])
    let plain = try setup.service("plain", "hold")
    try setup.start([labelled, plain], prefix: Self.prefix)
    #expect(!setup.daemon.log.text.contains("SELinux"), "the host has it")
    for turn in 1...2 {
      #expect(try setup.connect(labelled).isClosedSilently())
      try setup.daemon.log.wait(for: "refusals", count: turn) { $0.hasSuffix("FAIL: labelled label from=127.0.0.1") }
    }
    #expect(!FileManager.default.fileExists(atPath: mark))
    #expect(!setup.daemon.log.text.contains("START: labelled"))
    _ = try setup.connectGreeted(plain)
  }

  /// Where there is none the flag has nothing to go by, which a warning says with its place; everybody is served.
  @Test(arguments: DaemonBuild.present)
  func withoutSELinuxAWarningSaysSo(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let labelled = try setup.service("labelled", "hold", keys: [("flags", "LABELED")])
    try setup.start([labelled])
    let line = try setup.daemon.log.wait(containing: "flag LABELED has nothing to go by: this host has no SELinux")
    #expect(line.contains("labelled.conf:"), "\(line)")
    _ = try setup.connectGreeted(labelled)
  }
}
