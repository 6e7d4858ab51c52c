import AdmissionControl

/// What has happened to a service since it was first configured. Counters survive reloads.
package struct ServiceCounters: Equatable, Sendable {
  package var accepted: UInt64 = 0
  package var started: UInt64 = 0
  package internal(set) var failedStarts: UInt64 = 0
  package var successfulExits: UInt64 = 0
  package var failedExits: UInt64 = 0
  package var killedExits: UInt64 = 0
  /// Servers that were ended because memory_max was reached.
  package var memoryKills: UInt64 = 0
  /// Bytes from and to clients, as far as they pass through the daemon.
  package var receivedBytes: UInt64 = 0
  package var sentBytes: UInt64 = 0
  package var startLatency = Histogram.startLatency
  package var duration = Histogram.duration
  private var refusals: [UInt64] = []
  private var failures: [UInt64] = []

  package init() {}

  package mutating func refuse(_ reason: RefusalReason) {
    // Most services never refuse anyone: the table is made by the first refusal.
    if refusals.isEmpty { refusals = Array(repeating: 0, count: RefusalReason.allCases.count) }
    refusals[Int(reason.rawValue)] += 1
  }

  package func refused(_ reason: RefusalReason) -> UInt64 {
    refusals.isEmpty ? 0 : refusals[Int(reason.rawValue)]
  }

  /// Counts a start that came to nothing.
  package mutating func fail(_ stage: FailureStage) {
    failedStarts += 1
    if failures.isEmpty { failures = Array(repeating: 0, count: FailureStage.all.count) }
    failures[stage.place] += 1
  }

  package func failed(at stage: FailureStage) -> UInt64 { failures.isEmpty ? 0 : failures[stage.place] }

  /// Ends of servers by kind.
  package var exits: [(String, UInt64)] {
    [("success", successfulExits), ("failure", failedExits), ("signal", killedExits)]
  }

  package var refusedInAll: UInt64 { refusals.reduce(0, +) }
}
