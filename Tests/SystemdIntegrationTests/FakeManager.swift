import CLinux
import LinuxSystem
import NetworkAddresses

/// Where nothing is yet. By hand: beside CLinux, Foundation brings libc's types along a second time, differently.
func unusedPath(_ name: String) -> String { "/tmp/inetd-\(name)-\(getpid())-\(UInt64.random(in: 0...(.max)))" }

/// A service manager's end of NOTIFY_SOCKET, read when the test wants to.
final class FakeManager {
  let path: String
  private let socket: FileDescriptor

  init(path: String? = nil) throws {
    self.path = path ?? unusedPath("notify")
    socket = try FileDescriptor.socket(.unix, .datagram)
    try socket.borrowed.bind(to: .unix(path: self.path))
    setenv("NOTIFY_SOCKET", self.path, 1)
  }

  deinit { unlink(path) }

  /// The next message; nil when there is none.
  func receive() throws -> String? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    switch bytes.withUnsafeMutableBytes({ socket.borrowed.receive(into: $0) }) {
    case .transferred(let count): return String(decoding: bytes[..<count], as: UTF8.self)
    case .wouldBlock: return nil
    case .failed(let number): throw SystemError("receive", errno: number)
    }
  }
}
