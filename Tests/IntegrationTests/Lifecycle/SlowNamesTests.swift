import Foundation
import Testing

/// Name servers that do not answer, while the configuration names hosts.
@Suite struct SlowNamesTests {
  /// Whether this process may give a daemon a resolver configuration of its own.
  static let canReplaceFiles: Bool = {
    guard getuid() == 0, FileManager.default.fileExists(atPath: "/etc/resolv.conf") else { return false }
    let words = ["unshare", "--mount", "sh", "-c", "mount --bind /dev/null /etc/resolv.conf"]
    guard let trial = try? ChildProcess(words) else { return false }
    return (try? trial.wait()) == .exited(0)
  }()

  /// Three servers, two attempts, five seconds each: the resolver takes half a minute for one name, and there are ten.
  @Test(.enabled(if: canReplaceFiles, "needs a mount name space"), arguments: DaemonBuild.present)
  func theyDelayAReloadByABoundedTime(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let port = try Ports.free()
    // Bound and never read: a closed port would refuse at once.
    let address = Ports.loopbackAddress()
    let silent = try SilentSocket(SocketName(address, 53))
    let servers = try scratch.write("resolv.conf", String(repeating: "nameserver \(address)\n", count: 3))
    let names = try scratch.write("nsswitch.conf", "passwd: files\ngroup: files\nservices: files\nhosts: files dns\n")
    for number in 0..<10 {
      try scratch.write(
        "\(Daemon.directoryName)/named\(number).conf",
        "type = INTERNAL\nservice = echo\nport = \(try Ports.free())\nbind = host\(number).example\nprotocol = tcp4\n")
    }
    try scratch.write("\(Daemon.directoryName)/own.conf", "type = INTERNAL\nservice = echo\nport = \(port)\n")
    let daemon = try Daemon(
      build, in: scratch,
      prefix: [
        "unshare", "--mount", "sh", "-c",
        """
        mount --bind \(servers) /etc/resolv.conf &&
        { [ ! -e /etc/nsswitch.conf ] || mount --bind \(names) /etc/nsswitch.conf; } && exec "$@"
        """, "sh",
      ])
    try daemon.log.wait(for: "findings", count: 10) {
      $0.contains("known host: the name servers do not answer in time; service skipped")
    }
    // The service manager is asked for time again and again, as one name after the other keeps silent.
    let asked = daemon.notified.prefix { !$0.hasPrefix("READY=1") }
    #expect(asked.count >= 2 && asked.allSatisfy { $0 == "EXTEND_TIMEOUT_USEC=60000000" }, "\(daemon.notified)")
    try daemon.reload()
    let client = try Client(.stream, "127.0.0.1", port)
    try client.send("served\n")
    #expect(try client.receiveLine() == "served")
    withExtendedLifetime(silent) {}
  }
}

/// A bound datagram socket that nobody reads.
final class SilentSocket {
  private let descriptor: Int32

  init(_ name: SocketName) throws {
    descriptor = socket(name.family, Client.Kind.datagram.type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, name.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
      throw Failure("bind: \(errorText())")
    }
  }

  deinit { close(descriptor) }
}
