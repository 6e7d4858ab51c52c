import Foundation
import Testing

/// LISTEN_FDS that does not tell the truth: each lie is in the log once, and the daemon serves on.
@Suite struct FalseActivationTests {
  struct Lie: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Words of a shell, before it becomes the daemon.
    let shell: String
    /// Redirections of the daemon.
    let descriptors: String
    let faults: [String]
  }

  static let lies = [
    Lie(
      testDescription: "a file, and descriptors that are closed", shell: "LISTEN_PID=$$ LISTEN_FDS=3",
      descriptors: "3</etc/passwd 4<&- 5<&-",
      faults: [
        "passed descriptor 3 ('') is no socket; it is closed",
        "2 of the descriptors that LISTEN_FDS counts are not open",
      ]),
    Lie(
      testDescription: "a file under a kept socket's name",
      shell: "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=inetd/held/1", descriptors: "3</etc/passwd",
      faults: ["passed descriptor 3 ('inetd/held/1') is no socket; it is closed"]),
    Lie(
      testDescription: "another process is meant", shell: "LISTEN_PID=1 LISTEN_FDS=1", descriptors: "3</etc/passwd",
      faults: ["LISTEN_FDS is meant for process 1 and not for us, process "]),
    Lie(
      testDescription: "no process is meant", shell: "LISTEN_PID=me LISTEN_FDS=1", descriptors: "3</etc/passwd",
      faults: ["LISTEN_PID is 'me', which is no process id; no passed socket is used"]),
    Lie(
      testDescription: "too few names", shell: "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=one",
      descriptors: "3<&- 4<&-",
      faults: [
        "LISTEN_FDNAMES holds 1 names for 2 descriptors; the rest go without a name",
        "2 of the descriptors that LISTEN_FDS counts are not open",
      ]),
    Lie(
      testDescription: "too many names", shell: "LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=one:two:three",
      descriptors: "3</etc/passwd",
      faults: [
        "LISTEN_FDNAMES holds 3 names for 1 descriptors; the names behind are not used",
        "passed descriptor 3 ('one') is no socket; it is closed",
      ]),
    Lie(
      testDescription: "more than there can be", shell: "LISTEN_PID=$$ LISTEN_FDS=999999999", descriptors: "",
      faults: ["LISTEN_FDS is '999999999', which is no number of descriptors; no passed socket is used"]),
    Lie(
      testDescription: "many that are not there", shell: "LISTEN_PID=$$ LISTEN_FDS=65536", descriptors: "",
      faults: ["65536 of the descriptors that LISTEN_FDS counts are not open"]),
  ]

  @Test(arguments: DaemonBuild.present, lies)
  func isToldOnce(_ build: DaemonBuild, _ lie: Lie) throws {
    let setup = try ProbeServices(build)
    let held = try setup.service("held", "hold")
    try setup.start([held], prefix: ["sh", "-c", "export \(lie.shell); exec \"$@\" \(lie.descriptors)", "sh"])
    _ = try setup.connectGreeted(held)
    try setup.daemon.reload()
    _ = try setup.connectGreeted(held)
    #expect(try setup.daemon.stop() == .exited(0))
    let warnings = setup.daemon.log.lines.filter { $0.contains("]: warning: ") || $0.contains("]: error: ") }
    #expect(warnings.count == lie.faults.count, "\(warnings)")
    for fault in lie.faults { #expect(warnings.filter { $0.contains(fault) }.count == 1, "\(warnings)") }
    #expect(!setup.daemon.log.text.contains("the service manager"))
  }
}
