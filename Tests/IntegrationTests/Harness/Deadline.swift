import Foundation

/// Until when a test waits. Generous, because a busy machine is no failure; passing one is.
struct Deadline {
  static let usual = 20.0

  private let instant: ContinuousClock.Instant

  init(seconds: Double = Deadline.usual) { instant = ContinuousClock.now + .seconds(seconds) }

  var remaining: Double {
    let left = (instant - ContinuousClock.now).components
    return max(0, Double(left.seconds) + Double(left.attoseconds) / 1e18)
  }

  var hasPassed: Bool { remaining == 0 }
  var milliseconds: Int32 { Int32(remaining * 1000 + 1) }

  /// Waits for a fact that nobody announces, such as a process being gone. Where there is an event, wait for that.
  static func poll(
    _ what: @autoclosure () -> String, seconds: Double = Deadline.usual, until holds: () throws -> Bool
  ) throws {
    let deadline = Deadline(seconds: seconds)
    while try !holds() {
      guard !deadline.hasPassed else { throw Failure("waited \(seconds) s in vain for: \(what())") }
      usleep(2000)
    }
  }
}
