import Foundation

/// Work on another thread whose error is not lost.
final class ErrorBox: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var result: Result<Void, any Error> = .success(())

  func run(_ body: () throws -> Void) {
    result = Result { try body() }
    done.signal()
  }

  func wait(seconds: Double = Deadline.usual) throws {
    guard done.wait(timeout: .now() + seconds) == .success else { throw Failure("the other thread does not end") }
    try result.get()
  }
}
