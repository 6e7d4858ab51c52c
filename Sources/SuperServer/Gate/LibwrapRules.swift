import LinuxSystem

/// Whether /etc/hosts.allow and /etc/hosts.deny hold any rule: where they do not, libwrap allows everybody and need not
/// be asked.
final class LibwrapRules {
  private static let files = ["/etc/hosts.allow", "/etc/hosts.deny"]
  /// The files are looked at no more often than this.
  private static let interval = TimeSpan.seconds(1)

  private var checkedAt: MonotonicTime?
  private var stamps: [Int64?] = []
  private var answer = false

  /// Whether there is a rule, as of the last second. A file that exists but cannot be read counts as a rule: libwrap
  /// itself shall say what that means.
  func exist(at now: MonotonicTime) -> Bool {
    if let checkedAt, now - checkedAt < LibwrapRules.interval { return answer }
    checkedAt = now
    let present = LibwrapRules.files.map { path in (try? FileSystem.status(of: path))?.modified }
    if present != stamps {
      stamps = present
      answer = LibwrapRules.files.contains(where: LibwrapRules.holdsRule)
    }
    return answer
  }

  private static func holdsRule(_ path: String) -> Bool {
    do throws(SystemError) {
      guard try FileSystem.status(of: path) != nil else { return false }
      return holdsRule(try FileSystem.contents(of: path, limit: 1 << 20).bytes)
    } catch {
      return true
    }
  }

  /// hosts_access(5): empty lines and lines beginning with # are no rules.
  static func holdsRule(_ text: [UInt8]) -> Bool {
    text.split(separator: UInt8(ascii: "\n")).contains { line in
      guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }) else { return false }
      return first != UInt8(ascii: "#")
    }
  }
}
