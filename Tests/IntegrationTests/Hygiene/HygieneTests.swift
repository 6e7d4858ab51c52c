import Foundation
import Testing

/// A server of every kind tells all it was given; it is compared with an exact list, so that nothing can join it
/// unnoticed.
@Suite(.enabled(if: getuid() == 0, "servers change users")) struct HygieneTests {
  @Test(arguments: DaemonBuild.present, ServiceKind.allCases)
  func aServerGetsWhatIsMeantForItAndNothingElse(_ build: DaemonBuild, _ kind: ServiceKind) throws {
    let setup = try HygieneSetup(build, kind)
    let daemon = setup.daemon.pid
    let report = try setup.report()

    #expect(Self.descriptors(report) == kind.descriptors)
    #expect(Set(report.environment.keys) == kind.variables)
    #expect(report.arguments == ["probe-server", "report-to", setup.target])

    // Nothing of signals, terminal or parent is left over.
    let fixed = [
      "signals.blocked": "0000000000000000", "signals.ignored": "0000000000000000",
      "signals.pending": "0000000000000000", "seccomp": "0",
      "cap.inheritable": "0000000000000000", "cap.ambient": "0000000000000000", "securebits": "0",
      "parent_death": "0", "terminal": "none", "no_new_privs": "0", "umask": "022", "nice": "0", "cwd": "/",
      "oom_score_adjust": "\(ProcessFacts.read("/proc/\(daemon)/oom_score_adj")?.trimmed ?? "?")",
      "sid": report["pid"] ?? "?", "pgid": report["pid"] ?? "?", "ppid": "\(daemon)",
    ]
    for (key, value) in fixed { #expect(report[key] == value, "\(key)") }

    let isRoot = kind != .streamAsUser
    let user = isRoot ? getpwuid(0)!.pointee : getpwnam("games")!.pointee
    #expect(report["uid"] == "\(user.pw_uid) \(user.pw_uid) \(user.pw_uid)")
    #expect(report["gid"] == "\(user.pw_gid) \(user.pw_gid) \(user.pw_gid)")
    let none = "0000000000000000"
    for (key, own) in [("permitted", "CapPrm"), ("effective", "CapEff")] {
      #expect(report["cap.\(key)"] == (isRoot ? Self.status(own, of: daemon) : none), "\(key)")
    }
    #expect(report["cap.bounding"] == Self.status("CapBnd", of: daemon))

    for name in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
      let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(daemon)/ns/\(name)")
      #expect(report["ns.\(name)"] == own, "\(name)")
    }
    #expect(
      report["cgroup"]
        == ProcessFacts.read("/proc/\(daemon)/cgroup")?.trimmed.split(separator: "\n").last.map(String.init))
    try Self.expectLimits(report, of: daemon)
  }

  /// All limits are the daemon's own, except that a server may open 1024 files unless its service says more: programs
  /// that use select(2) break with higher numbers.
  private static func expectLimits(_ report: ProbeReport, of daemon: pid_t) throws {
    func rows(_ lines: [String]) -> [String: String] {
      var rows: [String: String] = [:]
      for line in lines where line.hasPrefix("Max ") {
        let words = line.split(separator: " ").map(String.init)
        let values = words.filter { $0 == "unlimited" || Int($0) != nil }
        rows[words.prefix { $0 != "unlimited" && Int($0) == nil }.joined(separator: " ")] = values.joined(
          separator: " ")
      }
      return rows
    }
    let own = rows((ProcessFacts.read("/proc/\(daemon)/limits") ?? "").split(separator: "\n").map(String.init))
    var theirs = rows(report.every("limits"))
    #expect(theirs.count > 10)
    let hard = own["Max open files"]?.split(separator: " ").last.map(String.init) ?? "?"
    #expect(theirs["Max open files"] == "1024 \(hard)")
    theirs["Max open files"] = own["Max open files"]
    #expect(theirs == own)
  }

  private static func descriptors(_ report: ProbeReport) -> [String: String] {
    let found = report.descriptors
    let first = found["3"] ?? found["0"]
    return found.mapValues {
      $0.hasPrefix("socket:") && $0 == first ? "connection" : $0.hasPrefix("pipe:") ? "pipe" : $0
    }
  }

  private static func status(_ key: String, of pid: pid_t) -> String? {
    (ProcessFacts.read("/proc/\(pid)/status") ?? "").split(separator: "\n").first { $0.hasPrefix("\(key):") }
      .map { $0.dropFirst(key.count + 1).trimmingCharacters(in: .whitespaces) }
  }
}

/// One service of a kind, met once.
private final class HygieneSetup {
  let daemon: Daemon
  let target: String
  private let kind: ServiceKind
  private let scratch: Scratch
  private let port: UInt16
  private let socket: String

  init(_ build: DaemonBuild, _ kind: ServiceKind) throws {
    self.kind = kind
    scratch = try Scratch()
    port = try Ports.free()
    socket = scratch("socket")
    target = try scratch.makeDirectory("reports", mode: 0o777) + "/report"
    let probe = try scratch.install(Checkout.product("probe-server"))
    let place = kind == .unixStream ? "listen = \(socket)" : kind == .multiplexed ? "" : "port = \(port)"
    let access = kind == .gated ? "no_access = nobody.invalid" : ""
    let user = kind == .streamAsUser ? "games" : "root"
    try scratch.write(
      "\(Daemon.directoryName)/probe.conf",
      "service = probe\n\(kind.keys)\n\(place)\n\(access)\nuser = \(user)\nserver = \(probe)\nserver_args = report-to \(target)\n"
    )
    if kind == .multiplexed {
      try scratch.write(
        "\(Daemon.directoryName)/tcpmux.conf", "type = INTERNAL\nprotocol = tcp4\nport = \(port)\n")
    }
    // Everything that a careless daemon would hand on: variables for it alone, an open terminal or file of its own.
    daemon = try Daemon(
      build, in: scratch,
      environment: [
        "SECRET": "1", "LISTEN_FDS": "1", "INVOCATION_ID": "1", "JOURNAL_STREAM": "1:1", "LD_LIBRARY_PATH": "/nowhere",
        "CREDENTIALS_DIRECTORY": "/nowhere", "WATCHDOG_USEC": "0", "TERM": "xterm",
      ])
  }

  func report() throws -> ProbeReport {
    let client: Client =
      switch kind {
      case .datagram, .waitDatagram: try Client(.datagram, "127.0.0.1", port)
      case .unixStream: try Client(unix: socket)
      default: try Client(.stream, "127.0.0.1", port)
      }
    if kind == .datagram || kind == .waitDatagram { try client.send("x") }
    if kind == .multiplexed { try client.send("probe\r\n") }
    try Deadline.poll("a report:\n\(daemon.log.text)") { FileManager.default.fileExists(atPath: target) }
    return try ProbeReport(ProcessFacts.read(target) ?? "")
  }
}

extension String {
  var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
