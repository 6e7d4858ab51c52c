import CLinux
import Foundation
import LinuxSystem
import Testing

@Suite struct FileSystemTests {
  @Test(arguments: [0, 1, 4095, 4096, 4097, 100_000]) func aFileIsReadWhole(_ size: Int) throws {
    let scratch = try Scratch()
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let path = try scratch.write("file", bytes, mode: 0o640)
    let contents = try FileSystem.contents(of: path)
    #expect(contents.bytes == bytes)
    #expect(contents.status.kind == .regular)
    #expect(contents.status.mode == 0o640)
    #expect(contents.status.owner == geteuid())
    #expect(contents.status.size == Int64(size))
  }

  @Test func theLimitIsExact() throws {
    let scratch = try Scratch()
    let path = try scratch.write("file", Array(repeating: 7, count: 10_000))
    #expect(try FileSystem.contents(of: path, limit: 10_000).bytes.count == 10_000)
    let failure = try error { () throws(SystemError) in _ = try FileSystem.contents(of: path, limit: 9_999) }
    #expect(failure.description == "read \(path): File too large")
  }

  @Test func aFileOfProcIsReadWithoutASize() throws {
    let status = try FileSystem.contents(of: "/proc/self/status").bytes
    #expect(String(decoding: status, as: UTF8.self).hasPrefix("Name:"))
  }

  @Test func whatIsNoFileIsRefusedWithoutWaiting() throws {
    let scratch = try Scratch()
    let fifo = scratch.path + "/fifo"
    try #require(mkfifo(fifo, 0o600) == 0)
    let cases: [(String, Int32)] = [
      (fifo, EINVAL), (scratch.path, EISDIR), ("/dev/zero", EINVAL), (scratch.path + "/none", ENOENT),
      (scratch.path + "/none/none", ENOENT),
    ]
    for (path, number) in cases {
      let failure = try error { () throws(SystemError) in _ = try FileSystem.contents(of: path) }
      #expect(failure.errno == number, "\(path)")
      #expect(failure.subject == path)
    }
    #expect(try FileSystem.contents(of: "/dev/null").bytes.isEmpty)
    #expect(try FileSystem.status(of: "/dev/null")?.isNull == true)
    #expect(try FileSystem.status(of: "/dev/zero")?.isNull == false)
  }

  @Test func namesAreSortedBytewise() throws {
    let scratch = try Scratch()
    for name in ["b", "a", ".hidden", "B", "ä", "a.conf", "10", "9"] { _ = try scratch.write(name, []) }
    #expect(try FileSystem.names(in: scratch.path) == [".hidden", "10", "9", "B", "a", "a.conf", "b", "ä"])
    #expect(try error { () throws(SystemError) in _ = try FileSystem.names(in: "/dev/null") }.errno == ENOTDIR)
  }

  @Test func linksAreFollowedOrNot() throws {
    let scratch = try Scratch()
    let link = scratch.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/nonexistent")
    #expect(try FileSystem.status(of: link) == nil)
    #expect(try FileSystem.status(ofLink: link)?.kind == .link)
  }

  @Test(arguments: [
    (0o644, false), (0o640, false), (0o664, false), (0o646, true), (0o777, true),
  ]) func whoElseCanWriteIsSeen(_ mode: Int, _ isOpen: Bool) throws {
    try #require(geteuid() == 0, "the file's group must be root")
    let scratch = try Scratch()
    let path = try scratch.write("file", [], mode: UInt32(mode))
    let status = try #require(try FileSystem.status(of: path))
    #expect(status.isWritable(byOthersThan: 0) == isOpen)
  }

  @Test(.enabled(if: CurrentProcess.isRoot, "changing owners needs root"))
  func anotherOwnerOrGroupCanWrite() throws {
    let scratch = try Scratch()
    let path = try scratch.write("file", [], mode: 0o664)
    chown(path, 0, 12)
    #expect(try FileSystem.status(of: path)?.isWritable(byOthersThan: 0) == true)
    chown(path, 65534, 0)
    try FileSystem.setMode(0o600, of: path)
    #expect(try FileSystem.status(of: path)?.isWritable(byOthersThan: 0) == true)
    #expect(try FileSystem.status(of: path)?.isWritable(byOthersThan: 65534) == false)
  }

  @Test func aStickyDirectoryIsNotWritableInThisSense() throws {
    #expect(try FileSystem.status(of: "/tmp")?.mode == 0o1777)
    #expect(try FileSystem.status(of: "/tmp")?.isWritable(byOthersThan: 0) == false)
  }

  @Test func whyAProgramCannotRunIsSaid() throws {
    let scratch = try Scratch()
    let plain = try scratch.write("plain", [])
    #expect(FileSystem.reasonNotExecutable("/bin/sh") == nil)
    #expect(FileSystem.reasonNotExecutable(plain)?.description == "execute \(plain): Permission denied")
    #expect(FileSystem.reasonNotExecutable("/nonexistent")?.errno == ENOENT)
    #expect(FileSystem.reasonNotExecutable("/tmp")?.errno == EACCES)
  }

  @Test func filesAreRenamedAndRemoved() throws {
    let scratch = try Scratch()
    let old = try scratch.write("old", [1])
    let new = scratch.path + "/new"
    try FileSystem.rename(old, to: new)
    #expect(try FileSystem.status(of: old) == nil)
    try FileSystem.unlink(new)
    #expect(
      try error { () throws(SystemError) in try FileSystem.unlink(new) }.description
        == "remove \(new): No such file or directory")
  }
}
