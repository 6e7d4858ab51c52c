import CLinux
import CWrap
import GateProtocol
import LinuxSystem

/// Judges the connection on descriptor 0, then becomes the server in place: same process, same descriptors.
///
/// Descriptor 2 is at first a pipe to the daemon for the verdict; before the server starts, its standard error takes
/// that place, and the pipe closes with the execution.
struct Gate: ~Copyable {
  private let verdict: FileDescriptor
  private let order: GateOrder

  /// Resolvers have their own idea of patience: SIGALRM ends a gate that takes longer, which refuses the peer.
  private static let patience: UInt32 = 30

  private init(_ order: GateOrder, _ verdict: consuming FileDescriptor) {
    self.order = order
    self.verdict = consume verdict
  }

  /// Takes over descriptor 2 for the verdict.
  static func prepare(_ order: GateOrder) throws(SystemError) -> Gate {
    let verdict = try BorrowedDescriptor.standardError.duplicate()
    try CurrentProcess.setStandardError(toInput: order.keepsStandardError)
    return Gate(order, consume verdict)
  }

  /// Judges; returns the exit status when this process has not become a server.
  borrowing func run() -> Int32 {
    alarm(Gate.patience)
    if !NameJudgement(order).allowsPeer(of: .standardInput) { return refuse(.address) }
    if let name = order.libwrapName, cwrap_allows(0, name) == 0 { return refuse(.libwrap) }
    alarm(0)
    if order.command.isEmpty {
      tell(0)
      return 0
    }
    CurrentProcess.execute(order.command[0], arguments: Array(order.command.dropFirst()))
    return refuse(.failure)
  }

  /// Tells the peer what the service's banner says, and the daemon the reason.
  private func refuse(_ reason: GateOrder.Refusal) -> Int32 {
    if let path = order.failureBanner, let banner = try? FileSystem.contents(of: path, limit: 16 << 10).bytes {
      banner.withUnsafeBytes { _ = BorrowedDescriptor.standardInput.send($0) }
    }
    // A refused datagram is taken, or it would be judged again and again.
    if BorrowedDescriptor.standardInput.socketKind == .datagram { BorrowedDescriptor.standardInput.dropDatagram() }
    tell(UInt8(reason.rawValue))
    return reason.rawValue
  }

  private func tell(_ byte: UInt8) {
    withUnsafeBytes(of: byte) { _ = verdict.borrowed.write($0) }
  }
}
