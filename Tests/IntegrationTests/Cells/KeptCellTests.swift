import Foundation
import Testing

/// Cells that serve one connection after another, and only as long as nobody can tell.
@Suite struct KeptCellTests {
  private static let obstacle: Comment? = getuid() == 0 ? nil : "only root makes namespaces"

  /// A conversation behind a cell, until one is in a cell that others were in before: its shell is not the second
  /// process there.
  private func keptShell(_ setup: ProbeServices, _ service: Service) throws -> Shell {
    for _ in 0..<200 {
      let shell = try Shell(setup, service)
      #expect(try shell.run("ls -A /tmp /var/tmp /dev/shm").filter { !$0.hasSuffix(":") && !$0.isEmpty } == [])
      let pid = try #require(shell.run("echo $$").first.flatMap { Int($0) })
      if pid > 2 { return shell }
      try leave(shell)
    }
    throw Failure("no cell was used a second time")
  }

  /// Ends a conversation and waits until its server is gone.
  private func leave(_ shell: Shell, _ last: String = "exec true") throws {
    try shell.client.send(last + "\n")
    #expect(try shell.client.receiveToEnd().isEmpty)
  }

  /// The server ends, and leaves a process that is a child of the daemon as it was itself (clone(2), CLONE_PARENT).
  private static let siblingScript = """
    exec python3 -c 'import ctypes, os
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    if ctypes.CDLL(None).syscall(number, 0x8000 | 17, 0, 0, 0, 0) == 0:
        os.setsid(); os.closerange(0, 1024); os.execv("/bin/sleep", ["sleep", "1000"])'
    """

  private func space(_ shell: Shell) throws -> String { try shell.run("readlink /proc/self/ns/mnt").joined() }

  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func aCellServesAgainAsIfItWereNew(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try SandboxTests.shell(setup, "strict", ("sandbox", "strict"))
    try setup.start([service])
    let shell = try keptShell(setup, service)
    let status = try shell.run("cat /proc/self/status")
    for line in ["NoNewPrivs:\t1", "CapBnd:\t0000000000000000", "Seccomp:\t2"] { #expect(status.contains(line)) }
    #expect(try shell.run("cat /proc/1/comm") == ["inetd-keeper"])
    #expect(try shell.run("ls -d /proc/[0-9]*").count <= 3, "the keeper, the shell and ls")
    #expect(try !shell.succeeds("kill -0 1"))
    #expect(try shell.run("touch /usr/x").first?.hasSuffix("Read-only file system") == true)
    #expect(try shell.run("ls /proc/self/fd").count == 4, "no descriptor of the daemon's")

    // Who comes meanwhile is somewhere else.
    let neighbour = try Shell(setup, service)
    #expect(try space(neighbour) != space(shell))
  }

  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func whatIsLeftBehindKeepsOthersOut(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try SandboxTests.shell(setup, "strict", ("sandbox", "strict"))
    try setup.start([service])
    // A file, files and directories that were there for a moment, a process, and one that says it is our child.
    let traces = [
      "echo secret >/tmp/x", "touch /dev/shm/x; rm /dev/shm/x", "mkdir /var/tmp/d; rmdir /var/tmp/d",
      "setsid sleep 1000 </dev/null >/dev/null 2>&1 &", Self.siblingScript,
    ]
    for trace in traces {
      let shell = try keptShell(setup, service)
      let used = try space(shell)
      let keepers = Set(setup.daemon.keepers)
      // While this one is held, its cell's number cannot be another's.
      let held = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/\(try pid(in: used, setup))/ns/mnt"))
      if !trace.hasPrefix("exec ") { #expect(try shell.run(trace) == []) }
      try leave(shell, trace.hasPrefix("exec ") ? trace : "exec true")
      try Deadline.poll("the keeper gone after: \(trace)") { !Set(setup.daemon.keepers).isSuperset(of: keepers) }
      let next = try keptShell(setup, service)
      #expect(try space(next) != used, "\(trace)")
      try held.close()
    }
  }

  /// The host's number of a process in a namespace.
  private func pid(in space: String, _ setup: ProbeServices) throws -> pid_t {
    let found = ProcessFacts.children(of: setup.daemon.pid).first {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/ns/mnt")) == space
    }
    return try #require(found)
  }

  /// `basic` has no process namespace: a survivor is seen because it becomes the daemon's child.
  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func aSurvivorKeepsItsCellToItself(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try SandboxTests.shell(setup, "basic", ("sandbox", "basic"))
    try setup.start([service])
    func next() throws -> (space: String, shell: Shell) {
      let shell = try Shell(setup, service)
      return (try space(shell), shell)
    }
    // Two in a row, the first held open by us so that its number is not given again.
    var used: String?
    for _ in 0..<200 where used == nil {
      let one = try next()
      let held = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/\(try pid(in: one.space, setup))/ns/mnt"))
      try leave(one.shell)
      let two = try next()
      if two.space == one.space {
        used = one.space
        #expect(try two.shell.run("setsid sleep 1000 </dev/null >/dev/null 2>&1 &") == [])
        let survivor = try #require(
          ProcessFacts.descendants(of: setup.daemon.pid).first {
            (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8)) == "sleep\n"
          })
        defer { kill(survivor, SIGKILL) }
        try leave(two.shell)
        for _ in 0..<5 {
          let other = try next()
          #expect(other.space != used)
          try leave(other.shell)
        }
      } else {
        try leave(two.shell)
      }
      try held.close()
    }
    #expect(used != nil, "no cell was used a second time")
  }

  /// A view shows what was mounted when it was built; what is mounted later must not be open in it.
  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func aChangedMountTableMakesNewCells(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try SandboxTests.shell(setup, "strict", ("sandbox", "strict"))
    // Not below /tmp, which is the cell's own there; shared, as all mounts are on a machine with systemd.
    let shared = "/mnt/inetd-test-\(UUID().uuidString)"
    let place = shared + "/later"
    try mount(at: shared)
    defer { unmount(shared) }
    _ = try ChildProcess.run("mount", "--make-shared", shared)
    try setup.start([service])
    let early = try keptShell(setup, service)
    try mount(at: place)
    defer { unmount(place) }
    #expect(try early.succeeds("touch \(place)/x"), "who is there already sees it as it is")
    for round in 0..<5 {
      let shell = try Shell(setup, service)
      #expect(try shell.run("touch \(place)/x").first?.hasSuffix("Read-only file system") == true, "\(round)")
      try leave(shell)
      // Its cell is older than the change when new ones stand ready.
      if round == 1 { try leave(early) }
    }
  }

  private func mount(at place: String) throws {
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let result = try ChildProcess.run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", place)
    try #require(result.succeeded, "\(result.errors)")
  }

  private func unmount(_ place: String) {
    _ = try? ChildProcess.run("umount", "-l", place)
    try? FileManager.default.removeItem(atPath: place)
  }

  /// A keeper never outlives the daemon, nor does it end before the server in its cell does.
  @Test(.enabled(if: obstacle == nil), arguments: DaemonBuild.present)
  func keepersEndWithTheDaemonOrTheLastServer(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try SandboxTests.shell(setup, "strict", ("sandbox", "strict"))
    try setup.start([service])
    let shell = try keptShell(setup, service)
    let first = setup.daemon.keepers
    #expect(!first.isEmpty)
    try setup.daemon.reexecute()
    #expect(try shell.run("echo still here") == ["still here"])
    try leave(shell)
    for keeper in first { try Deadline.poll("keeper \(keeper) gone") { !ProcessFacts.exists(keeper) } }

    try leave(try keptShell(setup, service))
    let second = setup.daemon.keepers
    #expect(!second.isEmpty)
    // However the daemon ends.
    setup.daemon.process.send(SIGKILL)
    for keeper in second { try Deadline.poll("keeper \(keeper) gone") { !ProcessFacts.exists(keeper) } }
  }
}
