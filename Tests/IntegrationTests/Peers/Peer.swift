import Foundation

/// Another super-server at work, with services of a test's own in a network of its own: where it cannot listen it would
/// try again after minutes. Nothing of it outlives the value.
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
  static let canRun: Bool = {
    guard getuid() == 0, Kind.allCases.allSatisfy({ $0.program != nil }) else { return false }
    let result = try? ChildProcess.run(
      "unshare", "--mount", "--net", "--pid", "--fork", "sh", "-ec", "mount -t tmpfs none /run; ip link set lo up")
    return result?.succeeded == true
  }()

  let kind: Kind
  let scratch: Scratch
  /// `accept` and the like, for services.
  let probe: String
  private var process: ChildProcess!
  private(set) var pid: pid_t = 0

  init(_ kind: Kind) throws {
    self.kind = kind
    scratch = try Scratch()
    chmod(scratch.path, 0o777)
    probe = try scratch.install(Checkout.product("probe-server"))
  }

  deinit {
    let children = pid == 0 ? [] : ProcessFacts.children(of: pid)
    if pid != 0, pid != process.pid { kill(pid, SIGKILL) }
    process?.end()
    for child in children { kill(child, SIGKILL) }
  }

  func service(_ id: String, _ arguments: String...) throws -> Service {
    Service(id: id, port: "\(try Ports.free())", server: probe, arguments: arguments)
  }

  var file: String { scratch("configuration") }
  var log: String { ProcessFacts.read(scratch("messages")) ?? "" }

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
  func start(_ text: String, listeningOn port: String, options: [String] = [], asContainer: Bool = false) throws {
    try write(text)
    let words =
      kind == .openbsd
      ? [kind.program!, "-i"] + options + [file]
      : [kind.program!, "-dontfork", "-f", file, "-filelog", scratch("messages"), "-pidfile", scratch("pid")] + options
    let own = ["unshare", "--mount", "--net"] + (asContainer ? ["--pid", "--fork"] : [])
    let user = asContainer ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
    process = try ChildProcess(
      own + ["sh", "-ec", #"ip link set lo up; mount -t tmpfs none /run; chmod 777 /run; exec "$@""#, "sh"] + user
        + words)
    try Deadline.poll("\(kind) listens on \(port): \(log)\(process.errors.text)") {
      pid = (asContainer ? ProcessFacts.children(of: process.pid).first : process.pid) ?? 0
      return pid != 0 && listens(port)
    }
  }

  func reload() { kill(pid, SIGHUP) }

  func listens(_ port: String) -> Bool { !ProcessFacts.socketInodes(of: pid, port: UInt16(port)!).isEmpty }

  /// Whether somebody who comes now is greeted by a server; false where nobody listens or the connection is ended.
  func serves(_ service: Service) -> Bool { (try? connect(service).receivePid()) != nil }

  func connect(_ service: Service) throws -> Client { try connect(UInt16(service.port)!) }
  func connect(_ port: UInt16) throws -> Client { try Client(.stream, "127.0.0.1", port, namespaceOf: pid) }

  func wait() throws -> ChildProcess.Status { try process.wait() }
}
