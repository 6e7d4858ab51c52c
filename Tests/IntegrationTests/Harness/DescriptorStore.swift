import Foundation

/// The descriptors that a service manager keeps for the next run (FDSTORE=1, sd_notify(3)).
final class DescriptorStore: @unchecked Sendable {
  private let lock = NSLock()
  private var kept: [(name: String, descriptor: Int32)] = []

  deinit { kept.forEach { close($0.descriptor) } }

  /// Does what a message asks for. Returns whether `passed` is kept.
  func handle(_ message: String, _ passed: Int32) -> Bool {
    let lines = message.split(separator: "\n")
    let name = lines.first { $0.hasPrefix("FDNAME=") }.map { String($0.dropFirst(7)) } ?? "stored"
    return lock.withLock {
      if lines.contains("FDSTOREREMOVE=1") {
        for entry in kept where entry.name == name { close(entry.descriptor) }
        kept.removeAll { $0.name == name }
      }
      guard lines.contains("FDSTORE=1"), passed >= 0 else { return false }
      kept.append((name, passed))
      return true
    }
  }

  var names: [String] { lock.withLock { kept.map { $0.name } } }
  var descriptors: [Int32] { lock.withLock { kept.map { $0.descriptor } } }
}
