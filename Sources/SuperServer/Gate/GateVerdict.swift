import EventLoop
import GateProtocol
import LinuxSystem

/// What a gate says of its connection, through a pipe that the server behind it does not inherit: a byte with the reason
/// of a refusal, a zero where it only judges, or nothing at all once it has become the server.
final class GateVerdict: EventSource {
  enum Verdict: Equatable {
    case passed
    case refused(GateOrder.Refusal)
  }

  private let reader: FileDescriptor
  private let loop: EventLoop
  private let completion: (Verdict) -> Void

  private init(_ reader: consuming FileDescriptor, _ loop: EventLoop, completion: @escaping (Verdict) -> Void) {
    self.reader = consume reader
    self.loop = loop
    self.completion = completion
    super.init()
  }

  static func expect(
    on reader: consuming FileDescriptor, in loop: EventLoop, completion: @escaping (Verdict) -> Void
  ) throws(SystemError) {
    let verdict = GateVerdict(consume reader, loop, completion: completion)
    try loop.add(verdict, verdict.reader.borrowed, .readable)
  }

  override func handle(_ events: EventSet) {
    var byte: UInt8 = 0
    let result = withUnsafeMutableBytes(of: &byte) { reader.borrowed.read(into: $0) }
    if result == .wouldBlock { return }
    loop.remove(self)
    if case .transferred(1) = result, byte != 0 {
      completion(.refused(GateOrder.Refusal(rawValue: Int32(byte)) ?? .failure))
    } else {
      completion(.passed)
    }
  }
}
