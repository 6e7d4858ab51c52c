import CLinux
import Foundation
import LinuxSystem
import Testing

@Suite struct FileDescriptorTests {
  @Test func everyDescriptorIsBornCloseOnExec() throws {
    let file = try FileDescriptor.open("/dev/null")
    let pipe = try FileDescriptor.pipe()
    let socket = try FileDescriptor.socket(.ipv4, .stream)
    let counter = try FileDescriptor.eventCounter()
    let memory = try FileDescriptor.memory(name: "test")
    let poll = try FileDescriptor.epoll()
    let signals = try FileDescriptor.signals(SignalSet([SIGUSR1]))
    let timer = try FileDescriptor.timer()
    let process = try FileDescriptor.process(CurrentProcess.pid)
    let copy = try file.borrowed.duplicate()
    let all = [
      file.borrowed, pipe.reader.borrowed, pipe.writer.borrowed, socket.borrowed, counter.borrowed, memory.borrowed,
      poll.borrowed, signals.borrowed, timer.borrowed, process.borrowed, copy.borrowed,
    ]
    #expect(all.allSatisfy { $0.isCloseOnExec })
    #expect([socket.borrowed, counter.borrowed, signals.borrowed, timer.borrowed].allSatisfy { $0.isNonblocking })
  }

  @Test func theEndOfAValueClosesAndReleaseDoesNot() throws {
    let pipe = try FileDescriptor.pipe()
    let reader = try pipe.reader.borrowed.duplicate()
    var writer: FileDescriptor? = try pipe.writer.borrowed.duplicate()
    _ = pipe.takeReader()
    writer = nil
    #expect(writer?.raw == nil)
    // All writers are gone: the end of the stream.
    var byte: UInt8 = 0
    #expect(withUnsafeMutableBytes(of: &byte) { reader.borrowed.read(into: $0) } == .transferred(0))

    let raw = try FileDescriptor.open("/dev/null").release()
    #expect(clinux_fcntl(raw, F_GETFD, 0) != -1)
    _ = FileDescriptor(owning: raw)
  }

  @Test func nothingToReadIsNotAnError() throws {
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    var byte: UInt8 = 0
    #expect(withUnsafeMutableBytes(of: &byte) { pipe.reader.borrowed.read(into: $0) } == .wouldBlock)
    #expect(withUnsafeMutableBytes(of: &byte) { pipe.writer.borrowed.read(into: $0) } == .failed(EBADF))
  }

  @Test func writeAllGoesOnUntilAllIsWritten() throws {
    // More than a pipe holds: a thread reads while the pipe is full again and again.
    let pipe = try FileDescriptor.pipe()
    let text = String(repeating: "0123456789abcdef", count: 20_000)
    let reader = PipeReader(try pipe.reader.borrowed.duplicate())
    reader.start()
    try pipe.writer.borrowed.writeAll(text)
    _ = pipe.takeReader()  // closes the writing end
    #expect(reader.finish() == text.utf8.count)
  }

  @Test func splicePassesBytesThroughAPipe() throws {
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    let target = try FileDescriptor.pipe()
    try pipe.writer.borrowed.writeAll("through")
    #expect(pipe.reader.borrowed.splice(to: target.writer.borrowed, count: 100) == .transferred(7))
    #expect(try target.reader.borrowed.receiveText() == "through")
    #expect(pipe.reader.borrowed.splice(to: target.writer.borrowed, count: 100) == .wouldBlock)
  }

  @Test func errorsNameTheirSubject() throws {
    let missing = try error { () throws(SystemError) in _ = try FileDescriptor.open("/nonexistent/x") }
    #expect(missing.description == "open /nonexistent/x: No such file or directory")
    let closed = try error { () throws(SystemError) in
      try BorrowedDescriptor(raw: 999_999).setNonblocking(true)
    }
    #expect(closed.description == "change blocking mode of descriptor 999999: Bad file descriptor")
  }

  @Test func anInterruptedCallIsRepeated() {
    var attempts = 0
    let result = retryingInterrupted { () -> Int32 in
      attempts += 1
      clinux_set_errno(EINTR)
      return attempts < 3 ? -1 : 7
    }
    #expect(result == 7)
    #expect(attempts == 3)
  }
}

/// Reads a pipe to its end on a thread of its own, and counts.
private final class PipeReader {
  private let descriptor: FileDescriptor
  private var thread = pthread_t()
  private var count = 0

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  func start() {
    pthread_create(
      &thread, nil, { Unmanaged<PipeReader>.fromOpaque($0!).takeUnretainedValue().run() },
      Unmanaged.passUnretained(self).toOpaque())
  }

  private func run() -> UnsafeMutableRawPointer? {
    var chunk = [UInt8](repeating: 0, count: 1000)
    while case .transferred(let size) = chunk.withUnsafeMutableBytes({ descriptor.borrowed.read(into: $0) }), size > 0 {
      count += size
    }
    return nil
  }

  func finish() -> Int {
    pthread_join(thread, nil)
    return count
  }
}
