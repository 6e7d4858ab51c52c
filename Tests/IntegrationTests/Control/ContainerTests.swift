import Foundation
import Testing

/// As process 1 of a container: a PID namespace of its own, nobody's user, no syslog, a log for machines.
@Suite struct ContainerTests {
  static let mayUnshare = {
    let result = try? ChildProcess.run("unshare", "--pid", "--fork", "--kill-child", "true")
    return result?.succeeded == true
  }()

  @Test(
    .enabled(if: getuid() == 0 && ContainerTests.mayUnshare, "no PID namespace can be made here"),
    arguments: DaemonBuild.present)
  func processOneReapsServesAndStops(_ build: DaemonBuild) throws {
    let probes = try ProbeServices(build)
    var orphaning = try probes.service("orphaning")
    orphaning.user = "nobody"
    // The grandchild outlives its parent, becomes process 1's, and ends when its pipe does.
    let fifo = probes.scratch("fifo")
    #expect(mkfifo(fifo, 0o666) == 0)
    chmod(fifo, 0o666)
    orphaning.server = try probes.scratch.write(
      "orphan", "#!/bin/sh\n(cat \(fifo) >/dev/null 2>&1 </dev/null & echo $!)\n", mode: 0o755)
    var held = try probes.service("held", "hold")
    held.user = "nobody"
    try probes.write([orphaning, held])
    chmod(probes.scratch.path, 0o777)

    // unshare(1) stays outside and waits: process 1 of the namespace is its child.
    let outside = try Daemon(
      build, in: probes.scratch, options: ["--log-format", "json"], user: 65534,
      prefix: ["unshare", "--pid", "--fork", "--kill-child=KILL"])
    let inside = try #require(ProcessFacts.children(of: outside.pid).first)
    #expect(ProcessFacts.read("/proc/\(inside)/status")?.contains("\nNSpid:\t\(inside)\t1\n") == true)
    #expect(ProcessFacts.read("/proc/\(inside)/status")?.contains("\nUid:\t65534\t65534\t65534\t65534\n") == true)

    // A server, and its pid as the namespace numbers it.
    let (client, pid) = try probes.connectGreeted(held)
    #expect(pid > 1 && pid < 100)
    client.finishSending()
    #expect(try client.receiveToEnd().isEmpty)

    // An orphan, adopted by process 1 and reaped when it ends.
    #expect(try probes.connect(orphaning).receiveLine() != "")
    let writer = open(fifo, O_WRONLY | O_CLOEXEC)
    #expect(writer >= 0)
    try Deadline.poll("the orphan is adopted, children \(ProcessFacts.children(of: inside))") {
      ProcessFacts.children(of: inside).contains { ProcessFacts.read("/proc/\($0)/comm") == "cat\n" }
    }
    close(writer)
    try Deadline.poll("nothing is left, children \(ProcessFacts.children(of: inside))") {
      ProcessFacts.children(of: inside).isEmpty
    }

    // Every line of the log is one object.
    kill(inside, SIGHUP)
    try outside.log.wait(containing: "reloaded: ")
    kill(inside, SIGTERM)
    #expect(try outside.process.wait() == .exited(0))
    for line in try outside.log.untilEnd().split(separator: "\n") {
      let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["message"] is String && object?["level"] is String && object?["time"] is String, "\(line)")
    }
    #expect(outside.log.text.contains("stopping on SIGTERM"))
  }
}
