import CLinux
import Foundation
import LinuxSystem
import Testing

/// A directory that is removed at the end of a test.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "inetd-system-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws -> String {
    let file = "\(path)/\(name)"
    try #require(FileManager.default.createFile(atPath: file, contents: Data(bytes)))
    try FileSystem.setMode(mode, of: file)
    return file
  }
}

extension BorrowedDescriptor {
  /// Waits until there is something to read, or a connection to accept; fails after 20 s.
  func waitReadable() throws {
    var poll = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    try #require(CLinux.poll(&poll, 1, 20_000) > 0, "nothing came for 20 s")
  }

  var isCloseOnExec: Bool { clinux_fcntl(raw, F_GETFD, 0) & FD_CLOEXEC != 0 }
  var isNonblocking: Bool { clinux_fcntl(raw, F_GETFL, 0) & O_NONBLOCK != 0 }

  func receiveText(limit: Int = 4096) throws -> String {
    try waitReadable()
    var bytes = [UInt8](repeating: 0, count: limit)
    guard case .transferred(let count) = bytes.withUnsafeMutableBytes({ read(into: $0) }) else {
      throw SystemError.last("read")
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

/// The error a call throws; fails the test when it throws none.
func error(of body: () throws(SystemError) -> Void) throws -> SystemError {
  do throws(SystemError) {
    try body()
  } catch {
    return error
  }
  throw NoError()
}

struct NoError: Error {}
