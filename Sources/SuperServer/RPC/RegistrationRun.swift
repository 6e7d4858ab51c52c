import EventLoop
import LinuxSystem
import ProcessSpawning
import RegistrationProtocol

/// One run of `inetd-rpc`: what it answers through a pipe, and how it ends. Both are awaited, in whatever order they
/// come.
final class RegistrationRun: EventSource {
  /// More than it ever says: one line for each step.
  private static let mostBytes = 1 << 20

  let order: RegistrationOrder
  let pid: Int32
  private let reader: FileDescriptor
  private let loop: EventLoop
  private let completion: ([RegistrationOutcome]) -> Void
  private var answer: [UInt8] = []
  private var hasAnswered = false
  private var end: SpawnOutcome?

  private init(
    _ order: RegistrationOrder, pid: Int32, _ reader: consuming FileDescriptor, _ loop: EventLoop,
    completion: @escaping ([RegistrationOutcome]) -> Void
  ) {
    self.order = order
    self.pid = pid
    self.reader = consume reader
    self.loop = loop
    self.completion = completion
    super.init()
  }

  /// Starts the program at `path`; `completion` gets one outcome for each step.
  static func start(
    _ order: RegistrationOrder, path: String, with spawner: Spawner, in loop: EventLoop,
    completion: @escaping ([RegistrationOutcome]) -> Void
  ) throws(SystemError) -> RegistrationRun {
    let pipe = try FileDescriptor.pipe(nonblocking: true)
    var parameters = SpawnParameters(serviceID: "inetd-rpc", program: path, arguments: order.arguments)
    parameters.standardError = .null
    let pid = try spawner.spawn(
      SpawnPlan(parameters), socket: pipe.writer.borrowed, makesBlocking: false, context: .none)
    let run = RegistrationRun(order, pid: pid, pipe.takeReader(), loop, completion: completion)
    try loop.add(run, run.reader.borrowed, .readable)
    return run
  }

  override func handle(_ events: EventSet) {
    let isOver = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Bool in
      switch reader.borrowed.read(into: buffer) {
      case .transferred(let count) where count > 0:
        answer += buffer[..<count]
        return answer.count > RegistrationRun.mostBytes
      case .wouldBlock: return false
      default: return true
      }
    }
    guard isOver else { return }
    loop.remove(self)
    hasAnswered = true
    finish()
  }

  /// The process has been collected.
  func ended(_ outcome: SpawnOutcome) {
    end = outcome
    finish()
  }

  private func finish() {
    guard hasAnswered, let end else { return }
    let lines = answer.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let missing = RegistrationOutcome.failed("inetd-rpc " + RegistrationRun.words(end))
    completion(
      order.steps.indices.map { index in
        guard index < lines.count else { return missing }
        return RegistrationOutcome(line: String(decoding: lines[index], as: UTF8.self)) ?? missing
      })
  }

  private static func words(_ end: SpawnOutcome) -> String {
    switch end {
    case .failed(let stage, let errno): "does not start: cannot \(stage.phrase): \(SystemError.text(errno))"
    case .ended(.exited(let status)): "ended with status \(status) and no answer"
    case .ended(.killed(let signal, _)): "was ended by SIG\(ExitStatus.signalName(signal)) and gave no answer"
    }
  }
}
