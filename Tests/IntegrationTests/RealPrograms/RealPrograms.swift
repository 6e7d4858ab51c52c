import Foundation

/// Debian's own servers behind one daemon, at their well-known ports on an address of their own, with the files they
/// serve. The same servers in each syntax.
struct RealPrograms {
  let daemon: Daemon
  let address: String
  let scratch: Scratch

  /// Programs by the name used here, with the package that has each.
  static let programs: [String: (package: String, path: String)] = [
    "tcpd": ("tcpd", "/usr/sbin/tcpd"),
    "fingerd": ("fingerd", "/usr/sbin/in.fingerd"),
    "micro-httpd": ("micro-httpd", "/usr/sbin/micro-httpd"),
    "git": ("git", "/usr/bin/git"),
    "rsync": ("rsync", "/usr/bin/rsync"),
    "tftpd": ("tftpd-hpa", "/usr/sbin/in.tftpd"),
    "ntalkd": ("talkd", "/usr/sbin/in.ntalkd"),
    "sshd": ("openssh-server", "/usr/sbin/sshd"),
    "telnetd": ("inetutils-telnetd", "/usr/sbin/telnetd"),
  ]

  static let clients = [
    "/usr/bin/finger", "/usr/bin/curl", "/usr/bin/tftp", "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/telnet",
  ]

  static let missing: [String] =
    programs.values.filter { Checkout.debian($0.package, $0.path) == nil }.map(\.path).sorted()
    + clients.filter { !FileManager.default.isExecutableFile(atPath: $0) }

  static let canRun = missing.isEmpty && getuid() == 0 && Ports.mayUseWellKnown

  init(_ variant: Variant) throws {
    scratch = try Scratch()
    address = Ports.loopbackAddress()
    var paths: [String: String] = ["scratch": scratch.path]
    for (name, program) in Self.programs {
      guard let path = Checkout.debian(program.package, program.path) else { throw Failure("no \(program.path)") }
      // Unpacked programs move to where `nobody` can start them; installed ones stay where their packages put them.
      paths[name] = path == program.path ? path : try scratch.install(path)
    }
    try Self.prepareFiles(in: scratch)
    func expanded(_ text: String) -> String {
      paths.reduce(text) { $0.replacingOccurrences(of: "{\($1.key)}", with: $1.value) }
    }
    switch variant.syntax {
    case .classic:
      try scratch.write(Daemon.classicName, expanded(Self.debianLines))
    case .xinetd:
      for (name, text) in Self.xinetdFiles { try scratch.write("\(Daemon.directoryName)/\(name)", expanded(text)) }
    case .flat:
      for (name, text) in Self.flatFiles { try scratch.write("\(Daemon.directoryName)/\(name).conf", expanded(text)) }
    }
    daemon = try Daemon(variant.build, in: scratch, options: ["-a", address])
  }

  /// What the servers serve and how they are configured themselves.
  private static func prepareFiles(in scratch: Scratch) throws {
    let blob = (0..<300_000).map { _ in UInt8.random(in: 0...255) }
    for place in ["www", "tftp", "module"] { try scratch.write("\(place)/file.bin", bytes: blob) }
    try scratch.write(
      "rsyncd.conf", "[module]\n  path = \(scratch("module"))\n  use chroot = no\n  read only = yes\n")

    let repository = scratch("repositories/project.git")
    try run("git", "init", "--quiet", "--initial-branch=main", scratch("work"))
    try scratch.write("work/hello.txt", "hello from git\n")
    try run("git", "-C", scratch("work"), "add", "hello.txt")
    try run(
      "git", "-C", scratch("work"), "-c", "user.name=Test", "-c", "user.email=test@localhost", "commit", "--quiet",
      "--message=First")
    try run("git", "clone", "--quiet", "--bare", scratch("work"), repository)
    // git serves a repository only to its owner, and it runs as nobody.
    try run("chown", "-R", "nobody", scratch("repositories"))

    for key in ["host_key", "client_key"] {
      try run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", scratch(key))
    }
    try scratch.write(
      "sshd_config",
      """
      HostKey \(scratch("host_key"))
      AuthorizedKeysFile \(scratch("client_key")).pub
      StrictModes no
      UsePAM no
      PermitRootLogin yes

      """)
    // What the package's unit makes at boot: sshd's empty directory for its unprivileged half.
    try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
  }

  @discardableResult
  static func run(_ words: String...) throws -> String {
    let child = try ChildProcess(words, environment: clientEnvironment)
    defer { child.end() }
    let status = try child.wait(seconds: 60)
    let output = try child.output.untilEnd()
    guard status == .exited(0) else {
      throw Failure("\(words.joined(separator: " ")): \(status)\n\(output)\n\(try child.errors.untilEnd())")
    }
    return output
  }

  /// Nothing of the machine's own configuration plays a part.
  static let clientEnvironment = ChildProcess.plainEnvironment.merging([
    "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "TERM": "dumb",
  ]) { $1 }
}
