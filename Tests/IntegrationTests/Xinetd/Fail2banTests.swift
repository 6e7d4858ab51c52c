import Foundation
import Testing

enum Fail2ban {
  /// The checker that comes with fail2ban, and where its package has been unpacked.
  static let checker: (program: String, root: String)? = {
    guard let program = Checkout.debian("fail2ban", "/usr/bin/fail2ban-regex"),
      (try? ChildProcess.run("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 9))"))?.succeeded == true
    else { return nil }
    return (program, String(program.dropLast("/usr/bin/fail2ban-regex".count)))
  }()
}

/// fail2ban's own filter for xinetd reads what we log: files as they are, the system's log with two lines of ours.
@Suite(.enabled(if: Fail2ban.checker != nil, "needs fail2ban (Tests/prepare) and python3"))
struct Fail2banTests {
  /// The addresses that a filter finds in `log`, in order of their lines.
  private func addresses(in log: String, _ filter: [String]) throws -> [String] {
    let (program, root) = Fail2ban.checker!
    var environment = ChildProcess.plainEnvironment
    environment["PYTHONPATH"] = root + "/usr/lib/python3/dist-packages"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    let child = try ChildProcess(
      ["python3", program, "--out", "ip"] + filter.dropLast() + [log, filter.last!],
      environment: environment)
    defer { child.end() }
    let status = try child.wait(seconds: 60)
    let output = try child.output.untilEnd()
    let errors = try child.errors.untilEnd()
    #expect(status == .exited(0), "\(output)\n\(errors)")
    return output.split(separator: "\n").map(String.init)
  }

  @Test(arguments: DaemonBuild.present)
  func theFilterFindsWhoWasRefused(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let file = setup.scratch("service.log")
    let filed = try setup.service(
      "filed", "hold",
      keys: [("only_from", "127.0.0.1"), ("log_type", "FILE \(file)"), ("log_on_success", "PID HOST EXIT")])
    let plain = try setup.service("plain", "hold", keys: [("only_from", "127.0.0.1")])
    try setup.start([filed, plain])
    for service in [filed, plain] {
      _ = try setup.connectGreeted(service)
      for host in ["127.0.0.2", "127.0.0.3"] { #expect(try setup.connect(service, from: host).isClosedSilently()) }
    }
    try Deadline.poll("both refusals in the file") {
      (ProcessFacts.read(file) ?? "").contains("FAIL: filed address from=127.0.0.3")
    }
    try setup.daemon.log.wait(containing: "FAIL: plain address from=127.0.0.3")
    let root = Fail2ban.checker!.root
    #expect(
      try addresses(in: file, ["\(root)/etc/fail2ban/filter.d/xinetd-fail.conf"]) == ["127.0.0.2", "127.0.0.3"])

    // What a syslog daemon makes of our lines: stamp and host in front.
    let lines = setup.daemon.log.lines.filter { $0.contains("FAIL: ") || $0.contains("START: ") }
    let syslog = try setup.scratch.write("syslog", lines.map { "Nov 26 04:50:01 host \($0)\n" }.joined())
    try FileManager.default.copyItem(atPath: "\(root)/etc/fail2ban", toPath: setup.scratch("fail2ban"))
    let local = try String(
      contentsOf: Checkout.root.appending(path: "config/fail2ban/filter.d/xinetd-fail.local"), encoding: .utf8)
    try setup.scratch.write("fail2ban/filter.d/xinetd-fail.local", local)
    #expect(
      try addresses(in: syslog, ["-c", setup.scratch("fail2ban"), "xinetd-fail"]) == ["127.0.0.2", "127.0.0.3"])
  }
}
