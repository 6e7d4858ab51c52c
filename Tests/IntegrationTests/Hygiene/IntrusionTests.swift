import Foundation
import Testing

/// What somebody with an account on the machine, or a hostile server, might try.
@Suite(.enabled(if: getuid() == 0, "plays another user")) struct IntrusionTests {
  static let nobody: uid_t = 65534

  /// Runs `inetctl` as another user.
  private func control(_ path: String, as user: uid_t, in scratch: Scratch, _ words: String...) throws
    -> ChildProcess.Result
  {
    let program = try scratch.install(Checkout.product("inetctl"))
    let child = try ChildProcess(
      ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", program] + words + ["--control", path])
    defer { child.end() }
    let status = try child.wait()
    return ChildProcess.Result(
      status: status, output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
  }

  /// The control socket is root's; where an administrator opens it, others may look and not touch.
  @Test(arguments: DaemonBuild.present) func theControlSocketIsNotForEverybody(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let path = setup.scratch("control")
    try setup.start([], options: ["--control", path])
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o660)
    #expect(status.st_uid == 0 && status.st_gid == 0)
    #expect(try !control(path, as: Self.nobody, in: setup.scratch, "list").succeeded)

    chmod(path, 0o666)
    #expect(try control(path, as: Self.nobody, in: setup.scratch, "list").succeeded)
    for words in [["reload"], ["pause", "zz-sync"], ["deny", "127.0.0.1"], ["kill", "zz-sync"]] {
      let result = try control(
        path, as: Self.nobody, in: setup.scratch, words[0], words.count > 1 ? words[1] : "--hard")
      #expect(!result.succeeded, "\(words)")
      #expect((result.errors + result.output).contains("only root and the daemon's own user"), "\(result.errors)")
    }
    try setup.synchronise()
  }

  /// A request is a line of 4096 bytes at the most, and a client that sends nothing does not keep others waiting.
  @Test(arguments: DaemonBuild.present) func theControlSocketIsBounded(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let path = setup.scratch("control")
    try setup.start([], options: ["--control", path])
    let silent = try (0..<100).map { _ in try Client(unix: path) }
    let long = try Client(unix: path)
    try long.send([UInt8](repeating: 0x61, count: 8000))
    #expect(try long.receiveText().contains("longer than 4096 bytes"))
    for bytes in [[0xff, 0xfe, 10], Array("status \"unclosed\n".utf8), Array("\n".utf8), Array("list\0\n".utf8)] {
      let client = try Client(unix: path)
      try client.send(bytes)
      let reply = try client.receiveText()
      #expect(reply.contains("status = error"), "\(reply)")
      #expect(reply.utf8.allSatisfy { $0 == 10 || (0x20...0x7e).contains($0) }, "escaped")
    }
    withExtendedLifetime(silent) {}
    try setup.synchronise()
  }

  /// What a server writes to a logged standard error cannot pass for a line of the daemon or move a terminal's cursor.
  @Test(arguments: DaemonBuild.present) func aServerCannotForgeLogLines(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let script = try setup.scratch.script(
      "forger", #"printf 'a\033[2Jb\rFAIL: sshd address from=192.0.2.1\033]0;x\007\n%05000d\n' 0 >&2; echo done"#)
    let service = Service(
      id: "forger", port: "\(try Ports.free())", server: script, keys: [("stderr", "log")])
    try setup.start([service])
    #expect(try setup.connect(service).receiveText() == "done\n")
    let line = try setup.daemon.log.wait(containing: "FAIL: sshd")
    #expect(line.contains(#"forger: a\x1b[2Jb\x0dFAIL: sshd address"#), "\(line)")
    for line in setup.daemon.log.lines { #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "\(line)") }
    try setup.daemon.log.wait(for: "the long line, cut") { $0.contains("forger: 0000") && $0.utf8.count < 1400 }
  }

  /// A path for a unix socket that somebody has put a link or a file at: neither followed nor removed.
  @Test(arguments: DaemonBuild.present, ["link", "dangling", "file", "directory"])
  func whatLiesAtASocketsPathIsLeftAlone(_ build: DaemonBuild, _ obstacle: String) throws {
    let setup = try ProbeServices(build)
    let path = setup.scratch("socket")
    let victim = setup.scratch("victim")
    if obstacle != "dangling" { try setup.scratch.write("victim", "precious\n") }
    switch obstacle {
    case "link", "dangling": #expect(symlink(victim, path) == 0)
    case "file": try setup.scratch.write("socket", "precious\n")
    default: _ = try setup.scratch.makeDirectory("socket")
    }
    try setup.scratch.write(
      "\(Daemon.directoryName)/local.conf",
      "listen = \(path)\nuser = root\nserver = \(setup.probe)\nserver_args = hold\n")
    try setup.start([])
    try setup.daemon.log.wait(containing: path)
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & S_IFMT != S_IFSOCK)
    switch obstacle {
    case "link": #expect(ProcessFacts.read(victim) == "precious\n")
    case "dangling": #expect(!FileManager.default.fileExists(atPath: victim), "nothing was made through the link")
    case "file": #expect(ProcessFacts.read(path) == "precious\n")
    default: break
    }
    // The others serve, and the service itself does once the way is free.
    try setup.synchronise()
    try FileManager.default.removeItem(atPath: path)
    try setup.daemon.reload()
    try Deadline.poll("a socket at \(path)") { (try? Client(unix: path).receivePid()) != nil }
  }

  /// Files that the daemon makes are for nobody else to write, and its pid file follows no link.
  @Test(arguments: DaemonBuild.present) func filesAreTheDaemonsOwn(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let log = setup.scratch("service.log"), pidfile = setup.scratch("inetd.pid")
    var service = try setup.service("logged", "hold")
    service.keys = [("log_type", "FILE \(log)"), ("log_on_success", "PID HOST")]
    try setup.start([service], options: ["--pidfile", pidfile])
    _ = try setup.connectGreeted(service)
    try Deadline.poll("a line in \(log)") { (ProcessFacts.read(log) ?? "").contains("START: logged") }
    for (path, mode) in [(log, mode_t(0o640)), (pidfile, 0o644)] {
      var status = stat()
      #expect(lstat(path, &status) == 0)
      #expect(status.st_mode & 0o7777 == mode, "\(path)")
      #expect(status.st_uid == 0)
    }
    #expect(ProcessFacts.read(pidfile) == "\(setup.daemon.pid)\n")

    let victim = try setup.scratch.write("victim", "precious\n")
    let link = setup.scratch("link.pid")
    #expect(symlink(victim, link) == 0)
    let second = try ChildProcess(
      Daemon.command(build, in: setup.scratch) + [
        "--config", "none", "--directory", "none", "--stay", "--pidfile", link,
      ])
    defer { second.end() }
    #expect(try second.wait() != .exited(0))
    #expect(ProcessFacts.read(victim) == "precious\n")
  }
}
