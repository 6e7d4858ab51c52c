import CTestSupport
import Foundation
import Testing

/// A client that has a shell on the other side of a sandbox.
struct Shell {
  let client: Client

  init(_ setup: ProbeServices, _ service: Service) throws { client = try setup.connect(service) }

  /// Runs commands and returns what they wrote, line by line.
  func run(_ script: String) throws -> [String] {
    try client.send("{ \(script)\n} 2>&1; echo; echo =end=\n")
    var lines: [String] = []
    while true {
      let line = try client.receiveLine()
      if line == "=end=" { return lines.last == "" ? lines.dropLast() : lines }
      lines.append(line)
    }
  }

  /// Whether a command succeeds.
  func succeeds(_ command: String) throws -> Bool { try run("\(command) && echo =yes=").last == "=yes=" }
}

/// Each wall by itself, and the bundles.
@Suite struct SandboxTests {
  static let isRoot = getuid() == 0

  /// A shell behind the given keys, as an unprivileged user.
  static func shell(_ setup: ProbeServices, _ id: String, _ keys: (String, String)...) throws -> Service {
    var service = Service(id: id, port: "\(try Ports.free())", server: "/bin/sh", keys: keys)
    service.user = "nobody"
    return service
  }

  @Test(.enabled(if: isRoot, "only root makes namespaces"), arguments: DaemonBuild.present)
  func everyWallHolds(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let free = try Self.shell(setup, "free")
    let noNew = try Self.shell(setup, "no-new", ("no_new_privileges", "yes"))
    let capable = try Self.shell(setup, "capable", ("capabilities", "net_raw kill"))
    let temporary = try Self.shell(setup, "temporary", ("private_tmp", "yes"))
    let quiet = try Self.shell(setup, "quiet", ("private_network", "yes"))
    let alone = try Self.shell(setup, "alone", ("private_pids", "yes"))
    let system = try Self.shell(setup, "system", ("protect_system", "full"))
    let strict = try Self.shell(setup, "strict", ("protect_system", "strict"))
    let homeless = try Self.shell(setup, "homeless", ("protect_home", "yes"))
    let calls = try Self.shell(setup, "calls", ("system_calls", "~@namespaces ~mkdir ~mkdirat"))
    try setup.start([free, noNew, capable, temporary, quiet, alone, system, strict, homeless, calls])
    func status(_ shell: Shell, _ key: String) throws -> String {
      try shell.run("grep ^\(key): /proc/self/status").last?.split(separator: "\t").last.map(String.init) ?? ""
    }

    let open = try Shell(setup, free)
    #expect(try status(open, "NoNewPrivs") == "0")
    #expect(try status(open, "CapBnd") != "0000000000000000")
    #expect(try status(Shell(setup, noNew), "NoNewPrivs") == "1")

    let kept = try Shell(setup, capable)
    for set in ["CapEff", "CapPrm", "CapBnd", "CapAmb"] {
      #expect(try status(kept, set) == "0000000000002020", "\(set)")
    }

    let mark = "inetd-test-\(UUID().uuidString)"
    let own = try Shell(setup, temporary)
    for place in ["/tmp", "/var/tmp"] {
      #expect(try own.succeeds("echo mine >\(place)/\(mark) && grep -q mine \(place)/\(mark)"))
      #expect(!FileManager.default.fileExists(atPath: "\(place)/\(mark)"))
    }
    #expect(try !Shell(setup, temporary).succeeds("test -e /tmp/\(mark)"), "nor does a neighbour see it")
    #expect(try !own.succeeds("head -c 80M /dev/zero >/tmp/\(mark)"), "and it is bounded")

    #expect(try Shell(setup, quiet).run("tail -n +3 /proc/net/dev").map { $0.split(separator: ":")[0] } == ["    lo"])

    let solitary = try Shell(setup, alone)
    #expect(try solitary.run("echo $$") == ["2"])
    // The cell's first process may still be on its way when the server is there.
    try Deadline.poll("the cell has its own first process") {
      try solitary.run("cat /proc/1/comm") == ["inetd-cell"]
    }
    #expect(try !solitary.succeeds("kill -0 \(getpid())"))
    #expect(try solitary.run("(true & true & true); ls -d /proc/[0-9]*").count <= 4, "orphans are reaped")

    #expect(
      try Shell(setup, system).run("touch /usr/\(mark) /etc/\(mark)").allSatisfy {
        $0.hasSuffix("Read-only file system")
      })
    let frozen = try Shell(setup, strict)
    #expect(
      try frozen.run("touch /usr/\(mark) /var/\(mark) /tmp/\(mark)").allSatisfy {
        $0.hasSuffix("Read-only file system")
      })
    #expect(try frozen.succeeds("echo >/dev/null"))
    #expect(try frozen.run("ls -A /root /home").allSatisfy { !$0.contains("Read-only") })

    #expect(try Shell(setup, homeless).run("ls /home").first?.hasSuffix("Permission denied") == true)

    let filtered = try Shell(setup, calls)
    #expect(try status(filtered, "Seccomp") == "2")
    #expect(try filtered.run("mkdir /tmp/\(mark)").first?.hasSuffix("Operation not permitted") == true)
    #expect(try filtered.run("unshare -U true").first?.hasSuffix("Operation not permitted") == true)
  }

  /// What a bundle promises, `strict` and `ctf` with all their walls at once.
  @Test(.enabled(if: isRoot, "only root makes namespaces"), arguments: DaemonBuild.present)
  func bundlesHold(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let services = try ["basic", "strict", "ctf"].map { try Self.shell(setup, $0, ("sandbox", $0)) }
    try setup.start(services, options: ["-l"])
    for service in services {
      let shell = try Shell(setup, service)
      let status = try shell.run("cat /proc/self/status")
      #expect(status.contains("NoNewPrivs:\t1"))
      #expect(try shell.run("touch /usr/x").first?.hasSuffix("Read-only file system") == true)
      #expect(try shell.succeeds("echo x >/tmp/x && cat /tmp/x && echo y | sort && (sleep 0 & wait)"))
      if service.id == "basic" { continue }
      #expect(status.contains("CapBnd:\t0000000000000000"))
      #expect(status.contains("Seccomp:\t2"))
      #expect(try shell.run("echo $$") == ["2"])
      #expect(try !shell.succeeds("unshare -U true"))
      let devices = try shell.run("tail -n +3 /proc/net/dev").count
      #expect(service.id == "ctf" ? devices == 1 : devices >= 1)
    }
  }

  /// The server's exit status is its own, whoever stands in between; a signal is 128 more than its number.
  @Test(.enabled(if: isRoot, "only root makes namespaces"), arguments: DaemonBuild.present)
  func theFirstProcessPassesTheEndOn(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let service = try Self.shell(setup, "alone", ("private_pids", "yes"), ("log_on_success", "EXIT"))
    let strict = try Self.shell(setup, "strict", ("sandbox", "strict"), ("log_on_success", "EXIT"))
    try setup.start([service, strict])
    for (script, status) in [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)] {
      // The second and later servers of `strict` are given a cell that stands ready: their end is told the same.
      for service in [service, strict] {
        let client = try setup.connect(service)
        try client.send("\(script)\n")
        #expect(try client.receiveToEnd().isEmpty)
        try setup.daemon.log.wait(containing: "EXIT: \(service.id) status=\(status)")
      }
    }
  }

  /// pivot_root instead of chroot where there is a view of its own, and no way back out of it.
  @Test(.enabled(if: isRoot, "only root makes namespaces"), arguments: DaemonBuild.present)
  func aRootDirectoryIsTheRoot(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let root = try setup.scratch.makeDirectory("root")
    for name in ["tmp", "usr", "proc", "var/tmp"] { _ = try setup.scratch.makeDirectory("root/\(name)") }
    // A static shell is not everywhere: the root gets the host's files by way of a bind in a server of its own.
    _ = try setup.scratch.makeDirectory("root/bin")
    try setup.scratch.copyWithLibraries("/bin/sh", to: "root/bin/sh")
    var service = try Self.shell(
      setup, "rooted", ("root_directory", root), ("private_tmp", "yes"), ("private_pids", "yes"),
      ("protect_system", "strict"))
    service.server = "/bin/sh"
    try setup.start([service])
    let shell = try Shell(setup, service)
    #expect(try shell.run("cd /; echo *").last?.contains("usr") == true)
    #expect(try !shell.succeeds("test -e /etc/passwd || test -e /../etc/passwd"))
    #expect(try shell.succeeds("echo x >/tmp/x"))
    #expect(try !shell.succeeds("echo x >/usr/x"))
  }

  /// What this kernel lacks is an error for the service that needs it, unless it says otherwise.
  @Test(.enabled(if: isRoot, "only root makes namespaces"), arguments: DaemonBuild.present)
  func whatTheKernelLacksIsNoSilentHole(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let locked = try Self.shell(setup, "locked", ("landlock", "rx:/usr rx:/bin rx:/lib rx:/lib64 ro:/etc rw:/dev"))
    let lenient = try Self.shell(
      setup, "lenient", ("landlock", "rx:/usr rx:/bin rx:/lib rx:/lib64"), ("sandbox_fallback", "yes"))
    try setup.start([locked, lenient])
    #expect(try Shell(setup, lenient).run("echo hello") == ["hello"])
    let client = try setup.connect(locked)
    try client.send("echo x >/tmp/inetd-test-landlock || echo refused; exit\n")
    // What nobody reads turns the end into a reset.
    let answer = (try? client.receiveText()) ?? ""
    if test_landlock_version() > 0 {
      #expect(answer == "refused\n")
    } else {
      #expect(answer == "", "no server without its walls")
      try setup.daemon.log.wait(containing: "restrict its files with Landlock: ")
    }
  }

  /// Bounds without a control group that keeps them: nobody is served.
  @Test(.enabled(if: isRoot, "only root makes namespaces"), arguments: DaemonBuild.present)
  func boundsThatCannotBeKeptServeNobody(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let bounded = try Self.shell(setup, "bounded", ("memory_max", "64m"))
    let lenient = try Self.shell(setup, "lenient", ("memory_max", "64m"), ("sandbox_fallback", "yes"))
    try setup.start([bounded, lenient])
    // Where the tree of control groups is ours, the bound is kept; elsewhere it is said.
    let client = try setup.connect(bounded)
    try client.send("cat /proc/self/cgroup; exit\n")
    if let answer = try? client.receiveText(), answer.contains("service-bounded") { return }
    try setup.daemon.log.wait(containing: "bounded serves nobody: its bounds need a delegated control group")
    #expect(try Shell(setup, lenient).run("echo hello") == ["hello"])
  }
}

extension Scratch {
  /// Copies a program and the libraries it needs, so that it runs below `name`'s root (its first component).
  func copyWithLibraries(_ program: String, to name: String) throws {
    let root = name.split(separator: "/")[0]
    let words = try ChildProcess.run("ldd", program).output.split(whereSeparator: \.isWhitespace)
    let files = words.filter { $0.hasPrefix("/") }.map { (String($0), "\(root)\($0)") } + [(program, name)]
    for (source, target) in files {
      // What is copied is the file, not the link to it.
      let place = (self(target) as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      let copy = try ChildProcess.run("cp", "-L", source, self(target))
      guard copy.succeeded else { throw Failure(copy.errors) }
    }
  }
}
