import Foundation

/// Who may be under way: clients share it, a check wants it for itself, a re-execution wants it without those whose
/// conversations run inside the daemon.
final class Gate: @unchecked Sendable {
  private let condition = NSCondition()
  private var inLoop = 0
  private var others = 0
  private var isClosedForLoop = false
  private var isClosedForAll = false

  func enter(sharing isInLoop: Bool) {
    condition.withLock {
      while isClosedForAll || (isInLoop && isClosedForLoop) { condition.wait() }
      if isInLoop { inLoop += 1 } else { others += 1 }
    }
  }

  func leave(sharing isInLoop: Bool) {
    condition.withLock {
      if isInLoop { inLoop -= 1 } else { others -= 1 }
      condition.broadcast()
    }
  }

  /// Without conversations inside the daemon.
  func alone(_ body: () throws -> Void) throws {
    condition.withLock {
      isClosedForLoop = true
      while inLoop > 0 { condition.wait() }
    }
    defer { open() }
    try body()
  }

  /// Without any client.
  func quiet(_ body: () throws -> Void) throws {
    condition.withLock {
      isClosedForAll = true
      while inLoop + others > 0 { condition.wait() }
    }
    defer { open() }
    try body()
  }

  private func open() {
    condition.withLock {
      isClosedForLoop = false
      isClosedForAll = false
      condition.broadcast()
    }
  }
}

/// A thread that can be waited for.
final class Worker: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () -> Void) {
    Thread.detachNewThread { [done] in
      body()
      done.signal()
    }
  }

  func join() { done.wait() }
}
