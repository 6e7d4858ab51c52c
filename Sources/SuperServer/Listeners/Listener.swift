import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel
import ServiceResolution
import SystemdIntegration

/// One listening socket of a service, or the intention to have one while it cannot be bound.
package final class Listener: EventSource {
  // The small ones side by side: there are thousands of listeners.
  /// Nil while the socket cannot be bound.
  private(set) var socket: FileDescriptor?
  /// A wait server has the socket now; the daemon leaves it alone.
  private(set) var isHandedOver = false
  private(set) var isWatched = false
  /// The socket is a socket unit's, or another parent's: never unlinked or rebuilt by us.
  private(set) var isInherited = false
  /// An inherited socket that was named after the service, whatever its address.
  private(set) var isNamed = false
  /// An inherited IPv6 wildcard that also takes IPv4.
  private(set) var coversIPv4 = false
  /// An inherited dual-stack socket of the service does this one's work: there is nothing to open.
  var isCovered = false
  /// A datagram socket that is reached at one address only, which is no group's: what arrives was meant for this host.
  private(set) var hasOneAddress = false
  package let plan: ListenPlan
  /// Who serves what arrives here. A reload can give a living socket to another service.
  /// The service lets go of a socket it gives up, so that the two do not keep each other alive.
  var service: ServiceRuntime
  /// The name under which the service manager keeps the socket; nil when it does not.
  var keptName: String?
  /// Nil for a socket that was bound at once, as nearly all are.
  private var trouble: BindTrouble?
  /// Nil until a wait server has been started.
  private(set) var waitServer: WaitServerRuntime?
  /// Tells the socket apart over restarts; nil without a socket.
  private(set) var inode: UInt64?

  init(plan: ListenPlan, service: ServiceRuntime) {
    self.plan = plan
    self.service = service
    super.init()
  }

  var descriptor: BorrowedDescriptor? { socket?.borrowed }
  /// Whether the kernel notes where each datagram was sent to: a reply must come from there, unless it was a group's. A
  /// built-in has nothing to ask at its one address. A server that gets the socket may ask (tftpd does), about a datagram
  /// that came before it could set the option itself.
  var learnsDestinations: Bool {
    if hasOneAddress, case .builtin = service.definition.handler { return false }
    return plan.type == .dgram
  }
  /// Why the socket could not be bound at the last attempt.
  var bindError: SystemError? { trouble?.error }
  /// When the next attempt is due.
  var nextAttempt: MonotonicTime? { trouble?.nextAttempt }
  var isBound: Bool { socket != nil || isCovered }
  /// Half of a plain tcp or udp service, for a family that the host does not speak: no fault of anyone.
  var isMissingOptionalFamily: Bool { plan.isFamilyOptional && bindError?.isMissingFamily == true }

  override package func handle(_ events: EventSet) { service.ready(self) }

  /// Opens the socket. The error is returned rather than thrown: it is a state that a service can be in for long.
  func open() -> SystemError? {
    guard !isBound else { return nil }
    do throws(SystemError) {
      hasOneAddress = plan.type == .dgram && ListenerSocket.isPlainAddress(plan.endpoint)
      let opened = try ListenerSocket.open(
        plan, service.definition.socket, ownership: service.ownership, learnsDestinations: learnsDestinations)
      inode = try? opened.borrowed.status().inode
      socket = consume opened
      trouble?.end()
      return nil
    } catch {
      begunTrouble.error = error
      return error
    }
  }

  /// Plans the next attempt to open the socket; returns the delay for the log.
  func scheduleOpen(in loop: EventLoop, attempt: @escaping () -> Void) -> TimeSpan {
    let trouble = begunTrouble
    let delay = trouble.backoff.fail()
    let timer = trouble.timer ?? ActionTimer(attempt)
    trouble.timer = timer
    trouble.nextAttempt = loop.now + delay
    loop.schedule(timer, after: delay)
    return delay
  }

  var begunWaitServer: WaitServerRuntime {
    if let waitServer { return waitServer }
    let begun = WaitServerRuntime()
    waitServer = begun
    return begun
  }

  private var begunTrouble: BindTrouble {
    if let trouble { return trouble }
    let begun = BindTrouble()
    trouble = begun
    return begun
  }

  /// Takes a socket that was open before this process began; `isHandedOver` when a wait server holds it still.
  func adopt(_ socket: consuming FileDescriptor, from inherited: InheritedSocket, isHandedOver: Bool) {
    self.socket = consume socket
    self.isHandedOver = isHandedOver
    hasOneAddress = false
    inode = inherited.inode
    isInherited = inherited.origin == .unit
    isNamed = isInherited && inherited.name == service.definition.id
    coversIPv4 = isInherited && inherited.isDualStack && inherited.endpoint.ip == .any(.ipv6) && !plan.isDualStack
    keptName = isInherited || inherited.name.isEmpty ? nil : inherited.name
    trouble?.error = nil
  }

  /// Puts a new socket in place of the present one, which the caller gets.
  func replaceSocket(with new: consuming FileDescriptor, in loop: EventLoop) throws(SystemError) -> FileDescriptor {
    try setWatched(false, in: loop)
    guard let old = socket.take() else { throw SystemError("replace socket", errno: EBADF) }
    inode = try? new.borrowed.status().inode
    socket = consume new
    try setWatched(true, in: loop)
    return old
  }

  /// Watches the socket or leaves it to the kernel's queue.
  func setWatched(_ wanted: Bool, in loop: EventLoop) throws(SystemError) {
    guard wanted != isWatched, let descriptor else { return }
    if wanted { try loop.add(self, descriptor, .readable) } else { loop.remove(self) }
    isWatched = wanted
  }

  /// Gives the socket to a wait server: blocking, as every program expects it, and out of the loop.
  func handOver(in loop: EventLoop) throws(SystemError) {
    try setWatched(false, in: loop)
    try descriptor?.setNonblocking(false)
    isHandedOver = true
  }

  /// The wait server is gone.
  func takeBack() throws(SystemError) {
    isHandedOver = false
    try descriptor?.setNonblocking(true)
  }

  /// In a copy of the process, whose loop does not watch the socket: closes it here and leaves the daemon's alone.
  func letGo() {
    isWatched = false
    socket = nil
  }

  /// Closes the socket. `unlink` removes the file of a unix socket, which is ours unless we inherited it.
  func close(in loop: EventLoop, unlink: Bool) {
    if isWatched { loop.remove(self) }
    isWatched = false
    // Whoever listens from beside lets go before the socket closes.
    if let ear = waitServer?.ear { loop.remove(ear) }
    waitServer?.ear = nil
    if let timer = trouble?.timer { loop.cancel(timer) }
    trouble?.timer = nil
    isCovered = false
    guard socket.take() != nil else { return }
    inode = nil
    defer {
      isInherited = false
      coversIPv4 = false
    }
    if unlink, !isInherited, case .unix(let path) = plan.endpoint { try? FileSystem.unlink(path) }
  }
}

/// What is known of a socket that could not be bound.
private final class BindTrouble {
  /// Of the last attempt.
  var error: SystemError?
  var nextAttempt: MonotonicTime?
  var backoff = Backoff.binding
  var timer: ActionTimer?

  /// The socket is bound.
  func end() {
    error = nil
    nextAttempt = nil
    backoff.succeed()
  }
}
