import Foundation
import Testing

/// The example for hosts of challenges, attacked by those it lets in: the daemon, the other connections and the host
/// are untouched, and everything is gone when the time is over.
@Suite(.serialized) struct ChallengeTests {
  /// The shipped file, with a port of this test and `times` in place of its own.
  private static func challenge(_ setup: ProbeServices, id: String, times: [String: String] = [:]) throws -> Service {
    let port = try Ports.free()
    let path = Checkout.root.appending(path: "config/examples/ctf/challenge.conf").path
    var text = try #require(ProcessFacts.read(path)).replacingOccurrences(of: "31337", with: "\(port)")
    for (key, value) in times {
      text = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
        line.hasPrefix(key + " ") ? "\(key) = \(value)" : String(line)
      }.joined(separator: "\n")
    }
    try setup.scratch.write("\(Daemon.directoryName)/\(id).conf", text)
    return Service(id: id, port: "\(port)", server: "/bin/sh")
  }

  /// Attack and neighbour: the neighbour's shell answers after the attack as before it.
  private static func attack(
    _ build: DaemonBuild, _ body: (ProbeServices, Shell, Shell, pid_t) throws -> Void
  ) throws {
    let setup = try ProbeServices(build)
    let service = try challenge(setup, id: "challenge")
    try setup.start([])
    let neighbour = try Shell(setup, service)
    #expect(try neighbour.run("echo secret >/tmp/flag; cat /tmp/flag") == ["secret"])
    let cell = try #require(setup.daemon.servers.first)
    let attacker = try Shell(setup, service)
    #expect(try attacker.run("echo in") == ["in"])
    try body(setup, neighbour, attacker, cell)
    #expect(try neighbour.run("cat /tmp/flag") == ["secret"])
    #expect(ProcessFacts.exists(cell))
    #expect(setup.daemon.process.isRunning)
    try setup.synchronise()
  }

  static let obstacle = getuid() == 0 ? nil : "only root makes namespaces"

  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func neighboursCannotBeSeenOrTouched(_ build: DaemonBuild) throws {
    try Self.attack(build) { setup, _, attacker, cell in
      #expect(try attacker.run("cat /tmp/flag").first?.hasSuffix("No such file or directory") == true)
      let victims = [cell, setup.daemon.pid] + ProcessFacts.children(of: cell)
      for pid in victims { #expect(try !attacker.succeeds("kill -9 \(pid)"), "\(pid)") }
      _ = try attacker.run("kill -9 1; echo $$")
      // PTRACE_ATTACH, by number: on its own first process, and on a pid of the host.
      let attach = "perl -e 'exit(syscall(101, 16, PID, 0, 0) == 0 ? 0 : 1)'"
      for pid in ["1", "\(cell)"] {
        #expect(try !attacker.succeeds(attach.replacingOccurrences(of: "PID", with: pid)))
      }
      #expect(try attacker.run("echo still here") == ["still here"])
    }
  }

  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func nothingCanBeWrittenOrReached(_ build: DaemonBuild) throws {
    try Self.attack(build) { setup, _, attacker, _ in
      for place in [
        "/", "/etc", "/usr", "/var", "/var/lib", "/run", "/srv", "/opt", "/home", "/root", "/boot", setup.scratch.path,
      ] {
        #expect(try !attacker.succeeds("touch \(place)/inetd-test"), "\(place)")
      }
      #expect(try !attacker.succeeds("head -c 100M /dev/zero >/tmp/fill"))
      // The daemon's own port, which does answer from outside.
      let own = try Self.challenge(setup, id: "second").port
      try setup.daemon.reload()
      _ = try Client(.stream, "127.0.0.1", UInt16(own)!)
      for port in [own, "22", "80"] {
        let address = "sockaddr_in(\(port), inet_aton(\"127.0.0.1\"))"
        let dial = "perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0) && connect(S, \(address)) || exit 1'"
        #expect(try !attacker.succeeds(dial), "\(port)")
      }
    }
  }

  /// A fork bomb, a hog of memory and one of descriptors stop at their bounds.
  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func bombsStopAtTheirBounds(_ build: DaemonBuild) throws {
    try Self.attack(build) { setup, _, attacker, cell in
      #expect(try !attacker.succeeds("perl -e '$x = \"a\" x (400 << 20); print length $x'"), "memory")
      #expect(
        try !attacker.succeeds("perl -e 'for (1..300) { open($f[$_], \"<\", \"/dev/null\") or exit 1 }'"), "files")
      // Children that stay: no more than tasks_max, whatever is asked.
      try attacker.client.send(
        "perl -e '$| = 1; for (1..500) { my $p = fork; defined $p or last; $p or do { sleep 1000; exit } } print \"bomb \\n\"; sleep 1000'\n"
      )
      _ = try attacker.client.receiveLine()
      let pids = setup.daemon.servers.filter { $0 != cell }
      let bombs = pids.flatMap { ProcessFacts.descendants(of: $0) }
      #expect(bombs.count >= 10 && bombs.count <= 70, "\(bombs.count)")
      attacker.client.finishSending()
      // Only the connection's end is awaited by nobody: the cell is ended by hand, as a time would.
      for pid in pids { kill(pid, SIGKILL) }
      for pid in bombs { try Deadline.poll("\(pid) gone") { !ProcessFacts.exists(pid) } }
    }
  }

  /// What is left behind, in another session and deaf to TERM, goes with the server; so does a server that never ends.
  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func nothingIsLeftBehind(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try Self.challenge(setup, id: "challenge", times: ["max_runtime": "6s", "stop_timeout": "1s"])
    try setup.start([])
    // One leaves children behind and ends; one ignores every request to end.
    let leaver = try Shell(setup, service)
    #expect(try leaver.run("trap '' TERM HUP; setsid sleep 1000 & setsid sleep 1000 & sleep 0") == [])
    let left = setup.daemon.servers.flatMap { ProcessFacts.descendants(of: $0) }
    #expect(left.count >= 3, "\(left)")
    try leaver.client.send("exit\n")
    for pid in left { try Deadline.poll("\(pid) gone") { !ProcessFacts.exists(pid) } }
    let deaf = try Shell(setup, service)
    #expect(try deaf.run("trap '' TERM HUP INT; setsid sleep 1000 & sleep 0") == [])
    let held = setup.daemon.servers.flatMap { [$0] + ProcessFacts.descendants(of: $0) }
    #expect(try deaf.client.receiveToEnd().isEmpty)
    for pid in held { try Deadline.poll("\(pid) gone") { !ProcessFacts.exists(pid) } }
    try setup.daemon.waitForServersToEnd()
  }

  /// A gigabyte of complaints, and a client that never reads: nobody else waits.
  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func floodsHoldUpNobody(_ build: DaemonBuild) throws {
    try Self.attack(build) { setup, neighbour, attacker, _ in
      let deaf = try Shell(
        setup, Service(id: "challenge", port: "\(try attacker.client.peerPort())", server: "/bin/sh"))
      try deaf.client.send("cat /dev/zero\n")
      // What is not optimised takes as long for a sixteenth.
      let size = build == .embedded ? "1G" : "64M"
      // Its own standard error is the log's; braces would join it to the connection.
      try attacker.client.send("yes complaint | head -c \(size) >&2; echo done\n")
      var answers = 0
      while attacker.client.receiveNow(1) == nil {
        #expect(try neighbour.run("echo \(answers)") == ["\(answers)"])
        answers += 1
      }
      #expect(answers > 0)
      try setup.daemon.log.wait(containing: "challenge: complaint")
      #expect(setup.daemon.log.text.utf8.count < 2 << 20, "complaints are bounded")
    }
  }
}

extension ProcessFacts {
  /// Children, their children, and so on.
  static func descendants(of pid: pid_t) -> [pid_t] {
    children(of: pid).flatMap { [$0] + descendants(of: $0) }
  }
}

extension Client {
  fileprivate func peerPort() throws -> UInt16 {
    var name = SocketName()
    guard name.fill({ getpeername(descriptor, $0, $1) }) == 0 else { throw Failure("getpeername: \(errorText())") }
    return name.port
  }
}
