import Foundation

/// A directory of a test's own, removed with its owner.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/inetd-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    chmod(path, 0o755)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, with the directories above it.
  @discardableResult
  func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
    try write(Array(text.utf8), to: name, mode: mode)
  }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o644) throws -> String {
    let target = path + "/" + name
    let directory = (target as NSString).deletingLastPathComponent
    if !FileManager.default.fileExists(atPath: directory) { try makeDirectory(directory) }
    try Data(bytes).write(to: URL(fileURLWithPath: target))
    chmod(target, mode)
    return target
  }

  private func makeDirectory(_ directory: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    chmod(directory, 0o755)
  }

  @discardableResult
  func makeDirectory(named name: String, mode: mode_t = 0o755) throws -> String {
    try makeDirectory(path + "/" + name)
    chmod(path + "/" + name, mode)
    return path + "/" + name
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
  }
}
