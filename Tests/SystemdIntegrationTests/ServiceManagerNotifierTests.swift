import CLinux
import Foundation
import LinuxSystem
import NetworkAddresses
import SystemdIntegration
import Testing

/// What a service manager receives. Each test has a process of its own, as NOTIFY_SOCKET belongs to the whole process.
@Suite struct ServiceManagerNotifierTests {
  /// A service manager's end of the socket.
  final class FakeManager {
    private let socket: FileDescriptor
    private let path: String

    init() throws {
      path = FileManager.default.temporaryDirectory.appending(path: "inetd-notify-\(UUID().uuidString)").path
      socket = try FileDescriptor.socket(.unix, .datagram)
      try socket.borrowed.bind(to: .unix(path: path))
      setenv("NOTIFY_SOCKET", path, 1)
    }

    deinit {
      unsetenv("NOTIFY_SOCKET")
      unlink(path)
    }

    func receive() throws -> String? {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      switch bytes.withUnsafeMutableBytes({ socket.borrowed.receive(into: $0) }) {
      case .transferred(let count): return String(decoding: bytes[..<count], as: UTF8.self)
      case .wouldBlock: return nil
      case .failed(let number): throw SystemError("receive", errno: number)
      }
    }
  }

  @Test func withoutAManagerNothingHappens() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      let notifier = ServiceManagerNotifier()
      #expect(!notifier.isActive)
      #expect(notifier.ready(status: "x") == .notWanted)
    }
  }

  @Test func theManagerIsToldInItsWords() async {
    await #expect(processExitsWith: .success) {
      let manager = try FakeManager()
      let notifier = ServiceManagerNotifier()
      #expect(notifier.isActive)
      #expect(notifier.ready() == .sent)
      #expect(try manager.receive() == "READY=1")
      #expect(notifier.ready(status: "12 services, 3 active") == .sent)
      #expect(try manager.receive() == "READY=1\nSTATUS=12 services, 3 active")
      #expect(notifier.reloading(at: MonotonicTime(nanoseconds: 1_234_567_890)) == .sent)
      #expect(try manager.receive() == "RELOADING=1\nMONOTONIC_USEC=1234567")
      #expect(notifier.status("fine") == .sent)
      #expect(try manager.receive() == "STATUS=fine")
      #expect(notifier.stopping() == .sent)
      #expect(try manager.receive() == "STOPPING=1")
      #expect(try manager.receive() == nil)
    }
  }

  @Test func aStatusIsOneLine() async {
    await #expect(processExitsWith: .success) {
      let manager = try FakeManager()
      ServiceManagerNotifier().status("one\nREADY=1\ttwo")
      #expect(try manager.receive() == "STATUS=one READY=1 two")
    }
  }

  @Test func anUnreachableManagerDoesNoHarm() async {
    await #expect(processExitsWith: .success) {
      setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1)
      defer { unsetenv("NOTIFY_SOCKET") }
      let delivery = ServiceManagerNotifier().ready()
      #expect(delivery == .failed(SystemError("notify the service manager", errno: ENOENT)))
    }
  }
}
