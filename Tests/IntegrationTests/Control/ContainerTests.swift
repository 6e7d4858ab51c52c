import Foundation
import Testing

/// As process 1 of a container: a PID namespace of its own, nobody's user, a log for machines, and a syslog that is there
/// and not spoken to.
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
    // Complaints go to the log, whatever its form.
    var complaining = try probes.service("complaining", keys: [("stderr", "log")])
    complaining.user = "nobody"
    complaining.server = try probes.scratch.script("complain", #"echo 'not "so" well' >&2"#)
    try probes.write([orphaning, held, complaining])
    let wrong = try probes.scratch.write(
      "\(Daemon.directoryName)/wrong.conf", "port = 81\nserver = /bin/cat\nuser = nobodi\n")
    chmod(probes.scratch.path, 0o777)

    // A datagram socket that keeps what it gets has just the shape of a service manager's.
    let syslog = try NotifySocket(path: probes.scratch("log"))
    // unshare(1) stays outside and waits: process 1 of the namespace is its child.
    let outside = try Daemon(
      build, in: probes.scratch, options: ["--log-format", "json"], user: 65534,
      prefix: [
        "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "sh", "-ec",
        #"""
        mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3; touch /dev/log; mount --bind "$0" /dev/log; exec "$@"
        """#, probes.scratch("log"),
      ])
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

    #expect(try probes.connect(complaining).isClosedSilently())
    try outside.log.wait(containing: #"complaining: not \"so\" well"#)
    // No descriptor leads to the syslog, as one does to the service manager.
    #expect(try Self.peers(of: inside, at: outside.notifyPath) == 1)
    #expect(try Self.peers(of: inside, at: syslog.path) == 0)

    // Every line of the log is one object, findings in the files among them, and there is no other output.
    kill(inside, SIGHUP)
    try outside.log.wait(containing: "reloaded: ")
    kill(inside, SIGTERM)
    #expect(try outside.process.wait() == .exited(0))
    #expect(syslog.messages == [])
    #expect(try outside.process.output.untilEnd() == "")
    #expect(outside.log.text.contains("\(wrong):3:8: "))
    for line in try outside.log.untilEnd().split(separator: "\n") {
      let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["message"] is String && object?["level"] is String && object?["time"] is String, "\(line)")
    }
    #expect(outside.log.text.contains("stopping on SIGTERM"))
  }

  /// How many sockets of a process are connected to the unix socket that was bound at a path (ss(8)).
  private static func peers(of pid: pid_t, at path: String) throws -> Int {
    let sockets = try ChildProcess.run("ss", "--unix", "--all", "--no-header").output.split(separator: "\n").map {
      $0.split(separator: " ")
    }
    let bound = try #require(sockets.first { $0.count > 7 && $0[4] == path }, "no socket at \(path)")
    let own = Set(ProcessFacts.descriptors(of: pid).values)
    return sockets.count { $0.count > 7 && $0[7] == bound[5] && own.contains("socket:[\($0[5])]") }
  }
}
