import Foundation

/// Another super-server at work, with services of a test's own on a host of its own: where it cannot listen it would try
/// again after minutes. Nothing of it outlives the value.
final class Peer {
  enum Kind: String, CaseIterable {
    case openbsd, xinetd

    /// Where Tests/prepare has put Debian's.
    var program: String? {
      switch self {
      case .openbsd: Checkout.debian("openbsd-inetd", "/usr/sbin/inetd")
      case .xinetd: Checkout.debian("xinetd", "/usr/sbin/xinetd")
      }
    }
  }

  /// Both write below /run and are told by root alone where to look.
  static let canRun =
    Kind.allCases.allSatisfy { $0.program != nil } && PrivateHost.canRun && SyslogTests.canHaveOwnDevices

  let kind: Kind
  let scratch: Scratch
  let host: PrivateHost
  /// `accept` and the like, for services.
  let probe: String
  private let syslog: NotifySocket
  private(set) var process: ChildProcess!
  private(set) var pid: pid_t = 0
  /// Servers that its earlier runs have left behind.
  private var left: [pid_t] = []

  init(_ kind: Kind, on host: PrivateHost? = nil) throws {
    self.kind = kind
    self.host = try host ?? PrivateHost()
    scratch = try Scratch()
    chmod(scratch.path, 0o777)
    probe = try scratch.install(Checkout.product("probe-server"))
    // A datagram socket that keeps what it gets has just the shape of a service manager's.
    syslog = try NotifySocket(path: scratch("syslog"))
    try self.host.shell(
      """
      chmod 777 /run; mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3; touch /dev/log
      mount --bind \(syslog.path) /dev/log
      """)
  }

  deinit {
    let children = left + (pid == 0 ? [] : ProcessFacts.children(of: pid))
    if pid != 0, pid != process.pid { kill(pid, SIGKILL) }
    process?.end()
    for child in children { kill(child, SIGKILL) }
  }

  func service(_ id: String, _ arguments: String...) throws -> Service {
    Service(id: id, port: "\(try Ports.free())", server: probe, arguments: arguments)
  }

  var file: String { scratch("configuration") }
  /// What it has logged: openbsd-inetd to the system's log, xinetd where it was told.
  var log: String {
    kind == .openbsd ? syslog.messages.joined(separator: "\n") : ProcessFacts.read(scratch("messages")) ?? ""
  }

  /// What stands in the file for services.
  func text(_ services: [Service]) -> String {
    services.map { service in
      guard kind == .xinetd else { return "127.0.0.1:\(service.text(.classic))" }
      var service = service
      service.keys.append(("bind", "127.0.0.1"))
      return service.text(.xinetd)
    }.joined()
  }

  /// Writes the file in place, as update-inetd and editors do.
  func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: file)) }

  /// Starts it with a file, and returns when it listens on `port`. `asContainer`: as process 1 of a PID name space, and
  /// as nobody.
  func start(_ text: String, listeningOn port: String, asContainer: Bool = false) throws {
    try write(text)
    let words =
      kind == .openbsd
      ? [kind.program!, "-i", file]
      : [kind.program!, "-dontfork", "-f", file, "-filelog", scratch("messages"), "-pidfile", scratch("pid")]
    let container =
      ["unshare", "--pid", "--fork", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let command = host.prefix + (asContainer ? container : []) + words
    // One that said that it works and listened nowhere was seen once, on a busy machine. How they start is not what is
    // tried here: twice they get another chance.
    for _ in 0..<2 {
      process = try ChildProcess(command)
      if (try? waitUntilListening(on: port, asContainer: asContainer, seconds: 8)) != nil { return }
      process.end()
    }
    process = try ChildProcess(command)
    try waitUntilListening(on: port, asContainer: asContainer, seconds: Deadline.usual)
  }

  private func waitUntilListening(on port: String, asContainer: Bool, seconds: Double) throws {
    try Deadline.poll("\(kind) listens on \(port): \(log)\(process.errors.text)", seconds: seconds) {
      pid = (asContainer ? ProcessFacts.children(of: process.pid).first : process.pid) ?? 0
      return pid != 0 && listens(port)
    }
  }

  func reload() { kill(pid, SIGHUP) }

  /// Ends it as an administrator does; its servers are left as it leaves them.
  func stop() throws -> ChildProcess.Status {
    left += ProcessFacts.children(of: pid)
    kill(pid, SIGTERM)
    let status = try process.wait()
    pid = 0
    return status
  }

  func listens(_ port: String) -> Bool { !inodes(port).isEmpty }
  /// The sockets on which it listens.
  func inodes(_ port: String) -> Set<String> { ProcessFacts.socketInodes(of: pid, port: UInt16(port)!) }

  /// Whether somebody who comes now is greeted by a server; false where nobody listens or the connection is ended.
  func serves(_ service: Service) -> Bool { (try? connect(service).receivePid()) != nil }

  /// Somebody who is served by a `hold` server.
  func conversation(_ service: Service) throws -> (client: Client, server: pid_t) {
    let client = try connect(service)
    return (client, try client.receivePid())
  }

  func connect(_ service: Service, from address: String? = nil) throws -> Client {
    try connect(UInt16(service.port)!, from: address)
  }

  func connect(_ port: UInt16, to address: String = "127.0.0.1", from own: String? = nil) throws -> Client {
    try Client(.stream, address, port, from: own.map { try SocketName($0, 0) }, namespaceOf: host.pid)
  }
}

extension Client {
  /// Whether a `hold` server still answers.
  func goesOn() -> Bool {
    do {
      try send("still here\n")
      return try receiveLine() == "still here"
    } catch {
      return false
    }
  }
}
