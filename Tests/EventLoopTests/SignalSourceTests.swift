import CLinux
import EventLoop
import Foundation
import LinuxSystem
import Testing

@Suite struct SignalSourceTests {
  @Test func signalsAreEvents() throws {
    // To this thread only: another thread of the test process would die of it.
    let before = SignalSet.blocked
    SignalSet([SIGUSR1, SIGWINCH]).block()
    defer { before.block() }

    let loop = try EventLoop()
    var seen: [SignalEvent] = []
    let source = try SignalSource(SignalSet([SIGUSR1, SIGWINCH])) { seen.append($0) }
    try source.register(with: loop)
    pthread_kill(pthread_self(), SIGWINCH)
    pthread_kill(pthread_self(), SIGUSR1)
    pthread_kill(pthread_self(), SIGUSR1)
    try loop.runBatch(limit: .seconds(20))
    // One signal pends once, and lower numbers come first.
    #expect(seen.map(\.number) == [SIGUSR1, SIGWINCH])
    #expect(seen.allSatisfy { $0.sender == CurrentProcess.pid && $0.senderUser == getuid() })
    try loop.runBatch(limit: .zero)
    #expect(seen.count == 2)
  }
}
