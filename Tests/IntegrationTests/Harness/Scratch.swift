import Foundation

/// A directory of its own for one test, below /tmp so that servers running as `nobody` reach it; removed afterwards.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/inetd-test-XXXXXX".utf8CString)
    guard template.withUnsafeMutableBufferPointer({ mkdtemp($0.baseAddress!) }) != nil else {
      throw Failure("mkdtemp: \(errorText())")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(path, 0o755)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The absolute path of `name` in here.
  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, and the directories on the way to it.
  @discardableResult
  func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
    try write(name, bytes: Array(text.utf8), mode: mode)
  }

  @discardableResult
  func write(_ name: String, bytes: [UInt8], mode: mode_t = 0o644) throws -> String {
    let file = self(name)
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    // Complete before anybody sees it: the daemon may be reading while a test writes.
    let draft = "\(path)/draft.\(UUID().uuidString)"
    try Data(bytes).write(to: URL(filePath: draft))
    chmod(draft, mode)
    guard rename(draft, file) == 0 else { throw Failure("rename to \(file): \(errorText())") }
    return file
  }

  func makeDirectory(_ name: String, mode: mode_t = 0o755) throws -> String {
    try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
    chmod(self(name), mode)
    return self(name)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self(name)) }

  /// Copies an executable in here, where every user can run it: the checkout may lie where only root can look.
  func install(_ program: String) throws -> String {
    let target = self((program as NSString).lastPathComponent)
    if !FileManager.default.fileExists(atPath: target) {
      // By another process: what another test forks meanwhile would have the file open for writing until it executes,
      // and nobody can execute it so long (ETXTBSY).
      let result = try ChildProcess.run("install", "-m", "755", program, target)
      guard result.succeeded else { throw Failure("install: \(result.errors)") }
    }
    return target
  }
}

/// Why a test could not go on.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The text of the thread's `errno`.
func errorText() -> String { String(cString: strerror(errno)) }
