import AdmissionControl
import EventLoop
import LinuxSystem
import ServiceModel

// `stderr = log`: each line that a server writes to its standard error is an entry of the log.
extension ServiceRuntime {
  /// What a server gets as standard error where complaints are logged; nil for /dev/null.
  var complaintsDescriptor: BorrowedDescriptor? {
    guard traits.contains(.logsComplaints) else { return nil }
    if let complaints { return complaints.writer }
    do throws(SystemError) {
      let budget = ComplaintBudget(definition, log, loop)
      let complaints = try ServerComplaints.open(in: loop) {
        budget.log($0)
      } flood: {
        budget.skip($0)
      }
      self.complaints = complaints
      return complaints.writer
    } catch {
      log.systemFailure(error, consequence: "what servers of \(definition.id) complain about is lost")
      return nil
    }
  }

  /// Servers that are started from now on get another pipe, or none.
  func endComplaints() {
    complaints?.close()
    complaints = nil
  }
}

/// Logs a service's lines as long as they are no flood; what is left out is counted and told with the next line. Knows
/// the definition its servers were started by, not the service, which may be gone before they are.
private final class ComplaintBudget {
  private static let shape = TokenBucket.Shape(count: 200, seconds: 10)

  private let definition: ServiceDefinition
  private let output: ServerLog
  private let loop: EventLoop
  private var bucket = TokenBucket()
  private var suppressed = 0

  init(_ definition: ServiceDefinition, _ output: ServerLog, _ loop: EventLoop) {
    self.definition = definition
    self.output = output
    self.loop = loop
  }

  /// While nothing may be logged, lines are only counted.
  func skip(_ count: () -> Int) -> Bool {
    if bucket.hasToken(ComplaintBudget.shape, now: UInt64(max(loop.now.nanoseconds, 0))) { return false }
    suppressed += count()
    return true
  }

  func log(_ line: [UInt8]) {
    guard bucket.take(ComplaintBudget.shape, now: UInt64(max(loop.now.nanoseconds, 0))) else {
      suppressed += 1
      return
    }
    if suppressed > 0 { output.complaintsSuppressed(definition, count: suppressed) }
    suppressed = 0
    output.complained(definition, line)
  }
}
