import CTestSupport
import Foundation

/// A program started by a test: output collected, waited for with a deadline, killed by its pid when forgotten.
final class ChildProcess: @unchecked Sendable {
  enum Status: Equatable {
    case exited(Int32)
    case signalled(Int32)
  }

  let pid: pid_t
  let output: LineLog
  let errors: LineLog
  private let condition = NSCondition()
  private var status: Status?

  /// Starts `words[0]` (a path, or a name to look up) with exactly `environment`, standard input from `input` or
  /// /dev/null, `passed` from 3 on, and no other descriptor.
  init(
    _ words: [String], environment: [String: String] = ChildProcess.plainEnvironment, input: Int32? = nil,
    passing passed: [Int32] = []
  ) throws {
    let (outputEnd, outputWriter) = try Self.pipe()
    let (errorsEnd, errorsWriter) = try Self.pipe()
    defer {
      close(outputWriter)
      close(errorsWriter)
    }
    let arguments = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var child: pid_t = 0
    let result = test_spawn(
      arguments, variables, input ?? -1, outputWriter, errorsWriter, passed, Int32(passed.count), &child)
    guard result == 0 else {
      close(outputEnd)
      close(errorsEnd)
      throw Failure("start \(words[0]): \(String(cString: strerror(result)))")
    }
    pid = child
    output = LineLog(reading: outputEnd)
    errors = LineLog(reading: errorsEnd)
    Thread.detachNewThread { [self] in reap() }
  }

  /// A search path, and what the sanitizers of a build by Tests/sanitize have to be told.
  static let plainEnvironment = ProcessInfo.processInfo.environment
    .filter { ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"].contains($0.key) }
    .merging(["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 }

  private static func pipe() throws -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    let result = test_pipe(&ends)
    guard result == 0 else { throw Failure("pipe2: \(String(cString: strerror(result)))") }
    return (ends[0], ends[1])
  }

  private func reap() {
    var word: Int32 = 0
    while waitpid(pid, &word, 0) < 0 && errno == EINTR {}
    condition.withLock {
      status = word & 0x7f == 0 ? .exited(word >> 8 & 0xff) : .signalled(word & 0x7f)
      condition.broadcast()
    }
  }

  var isRunning: Bool { condition.withLock { status == nil } }

  /// Waits for the end.
  func wait(seconds: Double = Deadline.usual) throws -> Status {
    condition.lock()
    defer { condition.unlock() }
    let limit = Date(timeIntervalSinceNow: seconds)
    while status == nil {
      guard condition.wait(until: limit) else {
        throw Failure("process \(pid) has not ended:\n\(errors.text)")
      }
    }
    return status!
  }

  /// Sends a signal, unless the process has been reaped and its pid may be another's.
  func send(_ signal: Int32) {
    condition.withLock { if status == nil { kill(pid, signal) } }
  }

  /// Ends the process if it still runs.
  func end() {
    send(SIGKILL)
    _ = try? wait()
  }

  struct Result {
    let status: Status
    let output: String
    let errors: String
    var succeeded: Bool { status == .exited(0) }
  }

  /// Runs a program to its end.
  static func run(
    _ words: String..., environment: [String: String] = plainEnvironment, input: Int32? = nil,
    seconds: Double = 60
  ) throws -> Result {
    let child = try ChildProcess(words, environment: environment, input: input)
    defer { child.end() }
    let status = try child.wait(seconds: seconds)
    return Result(status: status, output: try child.output.untilEnd(), errors: try child.errors.untilEnd())
  }
}
