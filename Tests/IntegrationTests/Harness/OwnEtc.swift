import Foundation

/// An /etc for one daemon alone: what a minimal system has there, and what the test writes. Seen through a mount name
/// space of the daemon's own.
struct OwnEtc {
  let scratch: Scratch

  /// Whether this process may give a child a mount name space.
  static let isPossible: Bool = {
    guard getuid() == 0, let scratch = try? Scratch(), let etc = try? OwnEtc(scratch) else { return false }
    let words = etc.prefix + ["cat", "/etc/hosts"]
    guard let child = try? ChildProcess(words), let status = try? child.wait() else { return false }
    return status == .exited(0) && (try? child.output.untilEnd()) == "127.0.0.1 localhost\n"
  }()

  private static let copied = ["passwd", "group", "services", "protocols", "ld.so.cache", "localtime"]

  init(_ scratch: Scratch) throws {
    self.scratch = scratch
    for name in Self.copied {
      if let data = FileManager.default.contents(atPath: "/etc/\(name)") {
        try scratch.write("etc/\(name)", bytes: [UInt8](data))
      }
    }
    try write("nsswitch.conf", "passwd: files\ngroup: files\nservices: files\nnetworks: files\nhosts: files dns\n")
    try write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    try write("hosts", "127.0.0.1 localhost\n")
    try write("hosts.allow", "")
    try write("hosts.deny", "")
  }

  func write(_ name: String, _ text: String) throws { try scratch.write("etc/\(name)", text) }

  /// Words that give what follows them this /etc.
  var prefix: [String] {
    [
      "unshare", "--mount", "--propagation", "private", "sh", "-c", #"mount --bind "$0" /etc && exec "$@""#,
      scratch("etc"),
    ]
  }
}
