import CLinux
import LinuxSystem
import NetworkAddresses
import Testing

@Suite struct UnixSocketFileTests {
  static func bound(_ path: String, mode: UInt32 = 0o660, kind: SocketKind = .stream) throws -> FileDescriptorBox {
    let socket = try FileDescriptor.socket(.unix, kind)
    try UnixSocketFile.bind(socket.borrowed, path: path, user: nil, group: nil, mode: mode)
    return FileDescriptorBox(socket)
  }

  @Test(arguments: [UInt32(0o600), 0o660, 0o666, 0o777]) func theFileHasItsMode(_ mode: UInt32) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/s"
    let socket = try Self.bound(path, mode: mode)
    let status = try #require(try FileSystem.status(ofLink: path))
    #expect(status.kind == .socket)
    #expect(status.mode == mode)
    #expect(try socket.borrowed.localAddress().endpoint == .unix(path: path))
  }

  @Test(.enabled(if: CurrentProcess.isRoot, "changing owners needs root"))
  func theFileHasItsOwner() throws {
    let scratch = try Scratch()
    let socket = try FileDescriptor.socket(.unix, .datagram)
    let path = scratch.path + "/s"
    try UnixSocketFile.bind(socket.borrowed, path: path, user: 65534, group: 12, mode: 0o620)
    let status = try #require(try FileSystem.status(of: path))
    #expect((status.owner, status.group, status.mode) == (65534, 12, 0o620))
  }

  @Test func onlyADeadSocketIsRemoved() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/s"
    #expect(try !UnixSocketFile.removeStale(path: path, kind: .stream))

    var socket: FileDescriptorBox? = try Self.bound(path)
    try socket?.borrowed.listen(backlog: 1)
    let alive = try error { () throws(SystemError) in try UnixSocketFile.removeStale(path: path, kind: .stream) }
    #expect(alive.description == "bind \(path): Address already in use")
    let other = try error { () throws(SystemError) in try UnixSocketFile.removeStale(path: path, kind: .datagram) }
    #expect(other.errno == EADDRINUSE)

    socket = nil
    #expect(socket == nil)
    #expect(try UnixSocketFile.removeStale(path: path, kind: .stream))
    #expect(try FileSystem.status(of: path) == nil)
  }

  @Test func aFileIsNeverRemoved() throws {
    let scratch = try Scratch()
    let path = try scratch.write("precious", [1])
    let failure = try error { () throws(SystemError) in try UnixSocketFile.removeStale(path: path, kind: .stream) }
    #expect(failure.description == "replace \(path): File exists")
    #expect(try FileSystem.contents(of: path).bytes == [1])
  }

  @Test(arguments: [SocketKind.datagram, .seqpacket]) func otherKindsAreTestedInTheirOwnWay(_ kind: SocketKind) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/s"
    var socket: FileDescriptorBox? = try Self.bound(path, kind: kind)
    if kind == .seqpacket { try socket?.borrowed.listen(backlog: 1) }
    #expect(
      try error { () throws(SystemError) in try UnixSocketFile.removeStale(path: path, kind: kind) }.errno
        == EADDRINUSE)
    socket = nil
    #expect(socket == nil)
    #expect(try UnixSocketFile.removeStale(path: path, kind: kind))
  }
}
