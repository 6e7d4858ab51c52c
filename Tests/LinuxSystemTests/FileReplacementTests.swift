import CLinux
import Foundation
import LinuxSystem
import Testing

/// Files that are replaced as a whole, and the lock around it.
@Suite struct FileReplacementTests {
  private func names(_ scratch: Scratch) throws -> [String] { try FileSystem.names(in: scratch.path) }

  @Test func contentChangesAndEverythingElseStays() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.conf", Array("old".utf8), mode: 0o640)
    if geteuid() == 0 { #expect(chown(path, 65534, 65534) == 0) }
    let hasAttribute = setxattr(path, "user.note", "kept", 4, 0) == 0
    let before = try FileSystem.contents(of: path)
    try FileSystem.replace(path, with: Array("new".utf8), model: before.status)
    let after = try FileSystem.contents(of: path)
    #expect(after.bytes == Array("new".utf8))
    #expect(after.status.mode == 0o640)
    #expect(after.status.owner == before.status.owner && after.status.group == before.status.group)
    #expect(after.status.inode != before.status.inode)
    if hasAttribute {
      var value = [UInt8](repeating: 0, count: 8)
      #expect(getxattr(path, "user.note", &value, 8) == 4)
    }
    #expect(try names(scratch) == ["a.conf"], "no draft is left")
  }

  @Test func newFileHasTheModeThatIsWanted() throws {
    let scratch = try Scratch()
    try FileSystem.replace("\(scratch.path)/b.conf", with: [], model: nil, mode: 0o600)
    #expect(try FileSystem.status(of: "\(scratch.path)/b.conf")?.mode == 0o600)
  }

  @Test func whatChangedMeanwhileIsNotOverwritten() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a.conf", Array("old".utf8))
    let seen = try FileSystem.contents(of: path).status
    try FileSystem.replace(path, with: Array("theirs".utf8), model: seen)
    #expect(throws: SystemError("replace", path, errno: EBUSY)) {
      try FileSystem.replace(path, with: Array("ours".utf8), model: seen)
    }
    #expect(throws: SystemError("replace", path, errno: EBUSY)) {
      try FileSystem.replace(path, with: Array("ours".utf8), model: nil)
    }
    #expect(try FileSystem.contents(of: path).bytes == Array("theirs".utf8))
    #expect(try names(scratch) == ["a.conf"])
  }

  @Test func lockIsThereOnlyWhileItIsHeld() throws {
    let scratch = try Scratch()
    let lock = try EditLock.acquire(in: scratch.path)
    #expect(try names(scratch) == [".inetctl.lock"])
    #expect(try FileSystem.status(of: "\(scratch.path)/.inetctl.lock")?.mode == 0o600)
    withExtendedLifetime(lock) {}
  }

  /// Many at once: each finds what the one before it wrote.
  @Test func oneAtATimeHasTheLock() throws {
    let scratch = try Scratch()
    let path = try scratch.write("count", Array("0".utf8))
    let directory = scratch.path
    let failures = ErrorCount()
    DispatchQueue.concurrentPerform(iterations: 40) { _ in
      do {
        let lock = try EditLock.acquire(in: directory)
        try withExtendedLifetime(lock) {
          let before = try FileSystem.contents(of: path)
          let number = (Int(String(decoding: before.bytes, as: UTF8.self)) ?? -1) + 1
          try FileSystem.replace(path, with: Array("\(number)".utf8), model: before.status)
        }
      } catch {
        failures.add()
      }
    }
    #expect(failures.count == 0)
    #expect(try FileSystem.contents(of: path).bytes == Array("40".utf8))
    #expect(try names(scratch) == ["count"])
  }

  private final class ErrorCount: @unchecked Sendable {
    private let lock = NSLock()
    private var number = 0
    func add() { lock.withLock { number += 1 } }
    var count: Int { lock.withLock { number } }
  }

  @Test func parentsAndSums() {
    #expect(FileSystem.parent(of: "/etc/inetd.conf") == "/etc")
    #expect(FileSystem.parent(of: "/x") == "/")
    #expect(FileSystem.parent(of: "x") == ".")
    let clock = WallClock(seconds: 10, nanoseconds: 900_000_000)
    #expect(clock + .milliseconds(200) == WallClock(seconds: 11, nanoseconds: 100_000_000))
    #expect(clock + .milliseconds(-1900) == WallClock(seconds: 9, nanoseconds: 0))
    #expect(clock + .milliseconds(-2000) == WallClock(seconds: 8, nanoseconds: 900_000_000))
  }
}
