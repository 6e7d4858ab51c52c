import AdmissionControl

/// Keeps a flood of refusals from becoming a flood of log lines: a burst is logged line by line, the rest as a sum.
struct RefusalLog {
  private static let shape = TokenBucket.Shape(count: 50, seconds: 10)
  private var bucket = TokenBucket()
  private(set) var suppressed = 0

  enum Decision: Equatable {
    case write
    /// So many lines were left out since the last one that was written.
    case writeAfterSum(Int)
    case suppress
  }

  mutating func decide(now: UInt64) -> Decision {
    guard bucket.take(RefusalLog.shape, now: now) else {
      suppressed += 1
      return .suppress
    }
    if suppressed == 0 { return .write }
    return .writeAfterSum(takeSum())
  }

  /// The lines left out, which the caller now reports.
  mutating func takeSum() -> Int {
    defer { suppressed = 0 }
    return suppressed
  }
}
