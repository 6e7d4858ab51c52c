import Foundation
import Testing

/// Where there is a syslog, the daemon speaks to it.
@Suite struct SyslogTests {
  /// Whether this process may have a /dev of its own.
  static let canHaveOwnDevices: Bool = {
    guard getuid() == 0 else { return false }
    let result = try? ChildProcess.run(
      "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /dev && mknod /dev/null c 1 3")
    return result?.succeeded == true
  }()

  @Test(.enabled(if: canHaveOwnDevices, "needs a mount name space"), arguments: DaemonBuild.present)
  func theBackgroundDaemonLogsThere(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let port = try Ports.free(), local = try Ports.free()
    try scratch.write(
      "\(Daemon.directoryName)/guarded.conf",
      "type = INTERNAL\nservice = echo\nport = \(port)\nprotocol = tcp4\nonly_from = 10.0.0.1\n")
    try scratch.write(
      "\(Daemon.directoryName)/local.conf",
      "type = INTERNAL\nservice = echo\nport = \(local)\nprotocol = tcp4\nlog_type = SYSLOG local3 notice\nonly_from = 10.0.0.1\n"
    )
    // A datagram socket that keeps what it gets has just the shape of a service manager's.
    let syslog = try NotifySocket(path: scratch("log"))
    let pidFile = scratch("inetd.pid")
    let command = ([build.path!, "--control", "none", "--pidfile", pidFile] + Daemon.files(in: scratch))
      .joined(separator: " ")
    let start = try ChildProcess.run(
      "unshare", "--mount", "sh", "-c",
      """
      mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && touch /dev/log &&
      mount --bind \(scratch("log")) /dev/log && exec \(command)
      """)
    let pid = ProcessFacts.read(pidFile).flatMap { pid_t($0.trimmingCharacters(in: .newlines)) }
    defer { if let pid, ProcessFacts.exists(pid) { kill(pid, SIGKILL) } }
    #expect(start.succeeded, "\(start)")
    let daemon = try #require(pid)
    #expect(try Client(.stream, "127.0.0.1", port).isClosedSilently())
    // <priority>, stamp, then the tag with the pid. Facility daemon is 3, xinetd's; severity is the daemon's choice.
    let expected = #/^<(\d+)>.* inetd\[(\d+)\]: FAIL: guarded address from=127.0.0.1$/#
    try Deadline.poll("the line in the syslog, now \(syslog.messages)") {
      syslog.messages.contains { $0.wholeMatch(of: expected) != nil }
    }
    let line = try #require(syslog.messages.compactMap { $0.wholeMatch(of: expected) }.first)
    #expect(try #require(Int(line.output.1)) >> 3 == 3)
    #expect(line.output.2 == "\(daemon)")
    // What a service says of its log: local3 is 19, notice is 5 (syslog(3)).
    #expect(try Client(.stream, "127.0.0.1", local).isClosedSilently())
    let own = #/^<(\d+)>.*: FAIL: local address from=127.0.0.1$/#
    try Deadline.poll("the service's own line, now \(syslog.messages)") {
      syslog.messages.contains { $0.wholeMatch(of: own)?.output.1 == "157" }
    }
    kill(daemon, SIGTERM)
    try Deadline.poll("the daemon gone") { !ProcessFacts.exists(daemon) }
  }
}
