import CLinux
import CWrap
import GateProtocol
import LinuxSystem
import NetworkAddresses

/// Judges the peer of a socket, then becomes the server in place: same process, same descriptors.
///
/// One more descriptor is a pipe to the daemon for the verdict, another the file with the banners. Both close with the
/// execution.
struct Gate: ~Copyable {
  private let verdict: FileDescriptor
  private let order: GateOrder

  /// Resolvers have their own idea of patience: SIGALRM ends a gate that takes longer, which refuses the peer.
  private static let patience: UInt32 = 30

  private init(_ order: GateOrder, _ verdict: consuming FileDescriptor) {
    self.order = order
    self.verdict = consume verdict
  }

  /// Takes over the descriptors that are its own, which the daemon could not pass close-on-exec.
  static func prepare(_ order: GateOrder) throws(SystemError) -> Gate {
    let verdict = FileDescriptor(owning: order.verdict)
    try verdict.borrowed.setCloseOnExec(true)
    if let banners = order.banners { try BorrowedDescriptor(raw: banners.file).setCloseOnExec(true) }
    return Gate(order, consume verdict)
  }

  private var socket: BorrowedDescriptor { BorrowedDescriptor(raw: order.socket) }

  /// Judges; returns the exit status when this process has not become a server.
  borrowing func run() -> Int32 {
    alarm(Gate.patience)
    if !NameJudgement(order).allowsPeer(of: socket) { return refuse(.address) }
    if let name = order.libwrapName, !libwrapAllows(name, socket) { return refuse(.libwrap) }
    alarm(0)
    if order.command.isEmpty {
      tell(GateOrder.passed)
      return 0
    }
    if order.takesPeerLabel && !takePeerLabel() { return refuse(.label) }
    sendBanner { $0.successPlace }
    tell(GateOrder.passed)
    let error = CurrentProcess.execute(order.command[0], arguments: Array(order.command.dropFirst()))
    tell(UInt8(clamping: error.errno))
    return GateOrder.Refusal.failure.rawValue
  }

  /// Has the server run under the label that it would have if this process had the range of its peer's and executed it:
  /// what the policy says of ranges holds. A peer without a label cannot be served under it.
  private func takePeerLabel() -> Bool {
    do throws(SystemError) {
      let peer = try SecurityContext.peer(of: socket)
      guard let own = SecurityContext.label(try SecurityContext.own(), withRangeOf: peer) else { return false }
      try SecurityContext.setForExecution(try SecurityContext.ofExecuting(order.command[0], by: own))
      return true
    } catch {
      return false
    }
  }

  private func libwrapAllows(_ name: String, _ socket: BorrowedDescriptor) -> Bool {
    guard let client = order.client else { return cwrap_allows(socket.raw, nil, name) != 0 }
    guard let ip = IPAddress(client) else { return false }
    return SocketAddress(ip, port: 0).withPointer { address, _ in cwrap_allows(socket.raw, address, name) } != 0
  }

  /// Tells the peer what the service's banner says, and the daemon the reason.
  private func refuse(_ reason: GateOrder.Refusal) -> Int32 {
    sendBanner { $0.failurePlace }
    // A refused datagram is taken, or it would be judged again and again.
    if socket.socketKind == .datagram { socket.dropDatagram() }
    tell(UInt8(reason.rawValue))
    return reason.rawValue
  }

  /// As far as the fresh socket takes it: nobody waits for a stranger.
  private func sendBanner(_ which: (GateOrder.Banners) -> Range<Int>) {
    guard let banners = order.banners, socket.socketKind != .datagram else { return }
    let place = which(banners)
    if place.isEmpty { return }
    let file = BorrowedDescriptor(raw: banners.file)
    withUnsafeTemporaryAllocation(byteCount: place.count, alignment: 1) { buffer in
      guard file.read(into: buffer, at: place.lowerBound) == .transferred(place.count) else { return }
      _ = socket.send(UnsafeRawBufferPointer(buffer))
    }
  }

  private func tell(_ byte: UInt8) {
    // Nobody may be left to hear it: a daemon that executed itself, or was restarted meanwhile. Its client is served all
    // the same, and the server has the signal as it was.
    CurrentProcess.ignoreSignal(SIGPIPE)
    withUnsafeBytes(of: byte) { _ = verdict.borrowed.write($0) }
    CurrentProcess.restoreDefaultSignal(SIGPIPE)
  }
}
