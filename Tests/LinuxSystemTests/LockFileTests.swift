import CLinux
import LinuxSystem
import Testing

@Suite struct LockFileTests {
  @Test func aSecondHolderIsRefusedAndToldWho() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/pid"
    guard case .acquired(let lock) = try LockFile.acquire(path) else {
      Issue.record("nobody holds it")
      return
    }
    guard case .held(nil) = try LockFile.acquire(path) else {
      Issue.record("held, without a pid yet")
      return
    }
    try lock.write(pid: 1_234_567)
    try lock.write(pid: 4711)
    #expect(try FileSystem.contents(of: path).bytes == Array("4711\n".utf8))
    guard case .held(4711) = try LockFile.acquire(path) else {
      Issue.record("held by 4711")
      return
    }
    lock.remove()
    #expect(try FileSystem.status(of: path) == nil)
  }

  @Test func aFileLeftByACrashIsTakenOver() throws {
    let scratch = try Scratch()
    let path = try scratch.write("pid", Array("99999999999999999999 and more\n".utf8))
    guard case .acquired(let lock) = try LockFile.acquire(path) else {
      Issue.record("nobody holds it")
      return
    }
    try lock.write(pid: 1)
    #expect(try FileSystem.contents(of: path).bytes == Array("1\n".utf8))
  }

  @Test func anothersFileIsNotRemoved() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/pid"
    guard case .acquired(let lock) = try LockFile.acquire(path) else {
      Issue.record("nobody holds it")
      return
    }
    try FileSystem.unlink(path)
    _ = try scratch.write("pid", [])
    lock.remove()
    #expect(try FileSystem.status(of: path) != nil)
  }

  @Test func aLinkIsNotFollowed() throws {
    let scratch = try Scratch()
    try #require(symlink(try scratch.write("target", [1]), scratch.path + "/pid") == 0)
    #expect(
      try error { () throws(SystemError) in _ = try LockFile.acquire(scratch.path + "/pid") }.errno == ELOOP)
  }
}
