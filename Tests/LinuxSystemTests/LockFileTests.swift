import CLinux
import Foundation
import LinuxSystem
import Testing

@Suite struct LockFileTests {
  /// The lock is a process's own: the second holder must be another one.
  @Test func aSecondHolderIsRefusedAndToldWho() throws {
    let scratch = try Scratch()
    let path = try scratch.write("pid", [])
    let holder = try Holder(of: path)
    guard case .held(nil) = try LockFile.acquire(path) else {
      Issue.record("held, without a pid yet")
      return
    }
    // In place: the lock is on this file, not on its name.
    try Data("4711\n".utf8).write(to: URL(filePath: path), options: [])
    guard case .held(4711) = try LockFile.acquire(path) else {
      Issue.record("held by 4711")
      return
    }
    try holder.end()
    guard case .acquired(let lock) = try LockFile.acquire(path) else {
      Issue.record("nobody holds it any more")
      return
    }
    try lock.write(pid: 1_234_567)
    try lock.write(pid: 4711)
    #expect(try FileSystem.contents(of: path).bytes == Array("4711\n".utf8))
    lock.remove()
    #expect(try FileSystem.status(of: path) == nil)
  }

  /// Another process with the lock of a file.
  private struct Holder {
    private let process = Process()
    private let output = Foundation.Pipe()

    init(of path: String) throws {
      process.executableURL = URL(filePath: "/usr/bin/perl")
      process.arguments = [
        "-e",
        """
        $| = 1; open F, '+<', $ARGV[0]; my $lock = pack 's s x4 q q i x4', 1, 0, 0, 0, 0;
        fcntl F, 6, $lock or die $!; print "held\\n"; <STDIN>
        """,
        path,
      ]
      process.standardInput = Foundation.Pipe()
      process.standardOutput = output
      try process.run()
      try #require(output.fileHandleForReading.readData(ofLength: 5) == Data("held\n".utf8))
    }

    func end() throws {
      try (process.standardInput as? Foundation.Pipe)?.fileHandleForWriting.close()
      process.waitUntilExit()
    }
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
