import Foundation
import Testing

/// The lines that fail2ban and others read.
@Suite struct LogTests {
  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func startAndExitAreXinetds(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let service = try setup.service(
      "logged", "hold", "5", keys: [("log_on_success", "PID HOST EXIT DURATION")])
    try setup.start([service])
    let (client, pid) = try setup.connectGreeted(service)
    try setup.daemon.log.wait(containing: "START: logged pid=\(pid) from=127.0.0.1")
    client.finishSending()
    let line = try setup.daemon.log.wait(containing: "EXIT: logged ")
    #expect(line.firstMatch(of: #/EXIT: logged status=5 pid=(\d+) duration=(\d+)\(sec\)$/#)?.output.1 == "\(pid)")

    let killed = try setup.connectGreeted(service)
    kill(killed.pid, SIGKILL)
    try setup.daemon.log.wait(containing: "EXIT: logged signal=9 pid=\(killed.pid) duration=")
  }

  /// Without a request for it, success is silent.
  @Test(arguments: DaemonBuild.present, [Syntax.classic, .flat])
  func successIsSilent(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let service = try setup.service("silent", "fail", "0")
    try setup.start([service])
    #expect(try setup.connect(service).isClosedSilently())
    try setup.daemon.waitForServersToEnd()
    #expect(try setup.daemon.stop() == .exited(0))
    let text = try setup.daemon.log.untilEnd()
    #expect(!text.contains("START:") && !text.contains("EXIT:"), "\(text)")
  }

  @Test(arguments: DaemonBuild.present)
  func theOptionLogsAllServices(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: .classic))
    let service = try setup.service("any", "hold")
    try setup.start([service], options: ["-l"])
    let (_, pid) = try setup.connectGreeted(service)
    try setup.daemon.log.wait(containing: "START: \(service.port)/tcp pid=\(pid) from=127.0.0.1")
  }

  /// `log_type = FILE`: xinetd's file, stamp and all.
  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func filesAreAsXinetdWritesThem(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let setup = try ProbeServices(Variant(build: build, syntax: syntax))
    let path = setup.scratch("service.log")
    let service = try setup.service(
      "filed", "hold",
      keys: [("log_type", "FILE \(path)"), ("log_on_success", "PID HOST"), ("only_from", "127.0.0.1")])
    try setup.start([service])
    let (_, pid) = try setup.connectGreeted(service)
    #expect(try setup.connect(service, from: "127.0.0.2").isClosedSilently())
    func lines() -> [Substring] { (ProcessFacts.read(path) ?? "").split(separator: "\n") }
    try Deadline.poll("two lines in the file, now \(lines())") { lines().count == 2 }
    let stamp = #/^\d\d/\d{1,2}/\d{1,2}@\d\d:\d\d:\d\d: /#
    let texts = lines().map { $0.replacing(stamp, with: "<stamp>") }
    #expect(texts == ["<stamp>START: filed pid=\(pid) from=127.0.0.1", "<stamp>FAIL: filed address from=127.0.0.2"])
  }

  @Test(arguments: DaemonBuild.present)
  func jsonIsOneObjectALine(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("logged", "hold", keys: [("log_on_success", "PID HOST")])
    try setup.start([service], options: ["--log-format", "json"])
    let (_, pid) = try setup.connectGreeted(service)
    try setup.daemon.log.wait(containing: "START: logged pid=\(pid)")
    #expect(try setup.daemon.stop() == .exited(0))
    let lines = try setup.daemon.log.untilEnd().split(separator: "\n")
    #expect(!lines.isEmpty)
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      #expect(object is [String: Any], "\(line)")
    }
  }

  /// A refused flood leaves a bounded number of lines.
  @Test(arguments: DaemonBuild.present)
  func refusalsDoNotFloodTheLog(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try setup.service("guarded", "hold", keys: [("only_from", "10.0.0.0/8")])
    try setup.start([service])
    for _ in 0..<500 { #expect(try setup.connect(service).isClosedSilently()) }
    #expect(try setup.daemon.stop() == .exited(0))
    let lines = try setup.daemon.log.untilEnd().split(separator: "\n").filter { $0.contains("FAIL: guarded") }
    #expect(!lines.isEmpty)
    #expect(lines.count < 250, "\(lines.count) lines for 500 refusals")
  }
}
