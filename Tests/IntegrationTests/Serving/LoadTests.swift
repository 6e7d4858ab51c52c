import Foundation
import Testing

/// max_load, judged by the kernel's own figure.
@Suite struct LoadTests {
  /// The one-minute average in hundredths, which the kernel works out anew every five seconds.
  private static var load: Int {
    var load = 0.0
    return getloadavg(&load, 1) == 1 ? Int(load * 100) : 0
  }

  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func aBusyMachineServesNobody(_ build: DaemonBuild, _ syntax: Syntax) throws {
    // A machine that builds and tests is busy; one that is not yet becomes so.
    let burner = try ChildProcess(["sh", "-c", "while :; do :; done"])
    defer { burner.end() }
    try Deadline.poll("the load is above 0.02") { Self.load > 2 }
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let banner = try setup.scratch.write("banner", "too busy\n")
    let closed = try setup.service(
      "closed", "hold", keys: [("max_load", "0.01"), ("banner_fail", banner), ("log_on_failure", "HOST")])
    let open = try setup.service("open", "hold", keys: [("max_load", "9999.5")])
    try setup.start([closed, open])
    #expect(try setup.connect(closed).receiveText() == "too busy\n")
    // xinetd's words.
    let line = try setup.daemon.log.wait(containing: "FAIL: ")
    #expect(line.hasSuffix("FAIL: closed load from=127.0.0.1"), "\(line)")
    _ = try setup.connectGreeted(open)
    #expect(setup.daemon.servers.count <= 1, "nothing is started for who is refused")
  }
}
