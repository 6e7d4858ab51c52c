import LinuxSystem

/// A delay that doubles with every failure up to a limit, and starts again after a success.
struct Backoff: Equatable {
  let first: TimeSpan
  let most: TimeSpan
  private var next: TimeSpan

  init(from first: TimeSpan, to most: TimeSpan) {
    self.first = first
    self.most = most
    next = first
  }

  /// Whether a failure has been counted since the last success.
  var isActive: Bool { next != first }

  /// The delay for a failure that has just happened.
  mutating func fail() -> TimeSpan {
    let delay = next
    next = min(next * 2, most)
    return delay
  }

  mutating func succeed() { next = first }
}

extension Backoff {
  /// A socket that cannot be bound: the address is not there yet, or somebody else has it.
  static var binding: Backoff { Backoff(from: .seconds(1), to: .seconds(60)) }
  /// Descriptors, memory or processes have run out.
  static var resources: Backoff { Backoff(from: .milliseconds(10), to: .seconds(1)) }
  /// A wait server that ends without having taken anything off its socket.
  static var waitServer: Backoff { Backoff(from: .milliseconds(100), to: .seconds(10)) }
}
