import EventLoop
import GateProtocol
import LinuxSystem

/// What a gate says of its connection, through a pipe that the server behind it does not inherit.
final class GateVerdict: EventSource {
  enum Verdict: Equatable {
    /// The gate is the server by now, or it has judged and that was all it had to do.
    case passed
    case refused(GateOrder.Refusal)
    /// The peer may enter, but there is no server for it: the program could not be executed.
    case notExecuted(errno: Int32)
    /// The pipe has ended without a word: the gate is gone, or libwrap has put another program in its place (`twist`).
    case silent
  }

  private let reader: FileDescriptor
  private let server: SuperServer
  private let completion: (Verdict) -> Void
  /// The peer may enter; what is left to hear is whether the server has been executed.
  private var hasPassed = false

  private init(_ reader: consuming FileDescriptor, _ server: SuperServer, completion: @escaping (Verdict) -> Void) {
    self.reader = consume reader
    self.server = server
    self.completion = completion
    super.init()
  }

  static func expect(
    on reader: consuming FileDescriptor, for server: SuperServer, completion: @escaping (Verdict) -> Void
  ) throws(SystemError) {
    let verdict = GateVerdict(consume reader, server, completion: completion)
    try server.loop.add(verdict, verdict.reader.borrowed, .readable)
    server.verdicts[ObjectIdentifier(verdict)] = verdict
  }

  override func handle(_ events: EventSet) { read() }

  /// Takes the verdict if it is there.
  func read() {
    guard let verdict = next() else { return }
    server.loop.remove(self)
    server.verdicts[ObjectIdentifier(self)] = nil
    completion(verdict)
  }

  /// Nil while something is missing.
  private func next() -> Verdict? {
    var byte: UInt8 = 0
    while true {
      let result = withUnsafeMutableBytes(of: &byte) { reader.borrowed.read(into: $0) }
      if result == .wouldBlock { return nil }
      guard case .transferred(1) = result else { return hasPassed ? .passed : .silent }
      if hasPassed { return .notExecuted(errno: Int32(byte)) }
      if byte != GateOrder.passed { return .refused(GateOrder.Refusal(rawValue: Int32(byte)) ?? .failure) }
      hasPassed = true
    }
  }
}

extension SuperServer {
  /// Takes the verdicts that are there but have not had their turn in the loop; returns how many there were.
  func settleVerdicts() -> Int {
    let waiting = verdicts
    for verdict in waiting.values { verdict.read() }
    return waiting.count - verdicts.count
  }
}
