import ControlProtocol
import Foundation
import LinuxSystem
import NetworkAddresses
import Testing

@testable import inetctl

/// A daemon that is stopped, or waits for its disk, holds nobody up for ever.
@Suite struct ControlConnectionTests {
  private final class Socket {
    let descriptor: FileDescriptor
    init() throws { descriptor = try FileDescriptor.socket(.unix, .stream) }
  }

  /// Listens and does nothing else.
  private final class SilentDaemon {
    let path = FileManager.default.temporaryDirectory.appending(path: "inetctl-\(UUID().uuidString)").path
    private let socket = Result { try Socket() }

    init(queue: Int32) throws {
      let listener = try socket.get().descriptor.borrowed
      try listener.bind(to: .unix(path: path))
      try listener.listen(backlog: queue, subject: path)
    }

    deinit { unlink(path) }
  }

  private func failure(_ connection: ControlConnection) throws -> String {
    let failure = #expect(throws: ControlFailure.self) { _ = try connection.ask(ControlRequest(.list)) }
    return try #require(failure).description
  }

  @Test func whoSaysNothingIsWaitedForAWhile() throws {
    let daemon = try SilentDaemon(queue: 8)
    #expect(
      try failure(ControlConnection(path: daemon.path, patience: .seconds(1)))
        == "the daemon at \(daemon.path) has said nothing for 1 s; is it stopped, or its disk out of order?")
  }

  @Test func aFullQueueIsWaitedForAWhile() throws {
    let daemon = try SilentDaemon(queue: 0)
    var waiting: [Socket] = []
    for _ in 0..<10 {
      let client = try Socket()
      guard (try? client.descriptor.borrowed.connect(to: .unix(path: daemon.path))) != nil else { break }
      waiting.append(client)
    }
    #expect((1..<10).contains(waiting.count))
    let text = try failure(ControlConnection(path: daemon.path, patience: .milliseconds(100)))
    #expect(text.hasPrefix("cannot ask the daemon at \(daemon.path): "))
    #expect(text.hasSuffix(": Resource temporarily unavailable"), "\(text)")
  }
}
