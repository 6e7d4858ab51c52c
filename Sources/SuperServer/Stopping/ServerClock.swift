import EventLoop
import LinuxSystem
import ServiceModel

/// Why a server is ended before it ends by itself.
enum StopReason: Equatable, Sendable {
  case maxRuntime
  case idleTimeout
  case idleStop
  /// A reload removed its service or refuses its peer now.
  case unwanted
  /// An administrator asked.
  case byHand

  /// To complete "is ended: ...".
  var text: String {
    switch self {
    case .maxRuntime: "max_runtime is over"
    case .idleTimeout: "nothing has passed over its connection for idle_timeout"
    case .idleStop: "there has been no traffic for idle_stop"
    case .unwanted: "the configuration does not want it any more"
    case .byHand: "by hand"
    }
  }
}

/// The two ends of a server's TCP connection, to ask the kernel about.
struct ConnectionEnds {
  let local: SocketAddress
  let remote: SocketAddress
}

/// One server's times: when it has run for long enough, when its connection has been silent for too long, and, once it
/// has been asked to end, when it is made to.
///
/// One timer of the loop's heap for each server that has such times, whatever the number of servers; a silent
/// connection costs one question to the kernel for each `idle_timeout` it lasts.
final class ServerClock: LoopTimer {
  /// What the silence of a connection is measured by.
  private struct Idleness {
    let span: TimeSpan
    let ends: ConnectionEnds
    var since: MonotonicTime
    var received: UInt64?
    var acknowledged: UInt64 = 0
  }

  private unowned(unsafe) let server: SuperServer
  private let pid: Int32
  private let stopTimeout: TimeSpan
  private let runtimeEnd: MonotonicTime?
  private var idleness: Idleness?
  /// A wait server's traffic; watched until it ends.
  var traffic: WaitServerTraffic?
  /// Since it was asked to end (TERM); nil while it serves.
  private(set) var askedToStop = false

  /// `ends`: where there is a connection whose silence counts.
  init(_ server: SuperServer, pid: Int32, startedAt: MonotonicTime, _ times: TimeoutDefinition, ends: ConnectionEnds?) {
    self.server = server
    self.pid = pid
    stopTimeout = .seconds(Int64(times.stop))
    runtimeEnd = times.maxRuntime.map { startedAt + .seconds(Int64($0)) }
    super.init()
    if let idle = times.idle, let ends {
      idleness = Idleness(span: .seconds(Int64(idle)), ends: ends, since: startedAt)
    }
  }

  /// Starts to run. A clock without times waits for `ask`.
  func start() {
    guard let next else { return }
    server.loop.schedule(self, at: next)
  }

  private var next: MonotonicTime? {
    let idleEnd = idleness.map { $0.since + $0.span }
    guard let runtimeEnd else { return idleEnd }
    return idleEnd.map { min($0, runtimeEnd) } ?? runtimeEnd
  }

  /// The server is gone.
  func cancel() {
    server.loop.cancel(self)
    traffic?.end()
    traffic = nil
  }

  override func fire() {
    if askedToStop { return server.kill(pid) }
    let now = server.loop.now
    if let runtimeEnd, runtimeEnd <= now { return server.stop(pid, .maxRuntime) }
    lookForTraffic(now)
    if let idleness, idleness.since + idleness.span <= now { return server.stop(pid, .idleTimeout) }
    start()
  }

  /// TERM has been sent: KILL follows after the time the service allows.
  func ask() {
    guard !askedToStop else { return }
    askedToStop = true
    traffic?.end()
    traffic = nil
    server.loop.schedule(self, after: stopTimeout)
  }

  /// Moves the begin of the silence to the last byte, if there has been one since it was measured last.
  private func lookForTraffic(_ now: MonotonicTime) {
    guard var idleness else { return }
    defer { self.idleness = idleness }
    guard let traffic = server.traffic(between: idleness.ends) else {
      // The connection is gone, or cannot be seen: a server that works on without it is max_runtime's business.
      idleness.since = now
      return
    }
    // Counters, not times alone: a segment that is sent again and again to a peer that takes nothing is no traffic.
    let isFirst = idleness.received == nil
    if isFirst || traffic.received != idleness.received || traffic.acknowledged != idleness.acknowledged {
      idleness.since = max(idleness.since, now - traffic.idle)
    }
    idleness.received = traffic.received
    idleness.acknowledged = traffic.acknowledged
  }
}
