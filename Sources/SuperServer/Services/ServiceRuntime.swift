import AdmissionControl
import EventLoop
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceModel
import ServiceResolution

/// A living service: what it is configured to be, its sockets, its counters and why it may be holding back.
package final class ServiceRuntime {
  /// What serves a connection, prepared so that nothing is left to decide when one comes.
  enum Handler {
    case program(SpawnPlan)
    case streamBuiltin(Builtin)
    case datagramBuiltin(Builtin)
    case redirect(RedirectRuntime)
  }

  unowned(unsafe) let server: SuperServer
  private(set) var resolved: ResolvedService
  private(set) var handler: Handler
  private(set) var banners: BannerTexts
  /// The files of the load that the definition is of: a stale service's is older than the last one.
  var sourcePaths: [String] = []
  var listeners: [Listener] = []
  var admission: AdmissionController
  package internal(set) var counters = ServiceCounters()
  /// The files no longer give a usable definition; the service runs on as it was.
  package internal(set) var isStale = false
  /// The errors because of which it is.
  var staleFindings: [String] = []
  private(set) var holds: Holds = []
  /// The start rate that is used up, while `.limited` holds.
  var limitedBy: IntakeLimit?
  /// What had run out, while `.resources` holds.
  var resourceError: SystemError?
  var refusals = RefusalLog()
  /// Where servers complain, once one has been started whose complaints are logged.
  var complaints: ServerComplaints?
  /// Accepted connections whose server could not be started yet for want of memory or processes.
  var postponed: [PostponedStart] = []
  var resourceBackoff = Backoff.resources
  /// The id as records that outlive the daemon hold it.
  let idHash: UInt64
  private var holdTimer: ActionTimer?
  /// When the earliest hold that ends by itself does.
  private(set) var holdEnd: MonotonicTime?

  init(_ resolved: ResolvedService, server: SuperServer) {
    self.server = server
    idHash = InstanceRecord.hash(resolved.definition.id)
    self.resolved = resolved
    handler = ServiceRuntime.handler(for: resolved)
    banners = BannerTexts(resolved.definition.banners)
    admission = AdmissionController(access: resolved.definition.access, limits: resolved.definition.limits)
  }

  package var definition: ServiceDefinition { resolved.definition }
  var ownership: UnixSocketOwnership { resolved.ownership }
  var loop: EventLoop { server.loop }
  var log: ServerLog { server.log }
  /// The loop's time as the pure policies count it.
  var nowNanoseconds: UInt64 { UInt64(max(loop.now.nanoseconds, 0)) }

  /// Takes over a new definition. Sockets are the caller's business; running servers and counters stay.
  func update(to resolved: ResolvedService, livePeers: [IPAddress]) {
    self.resolved = resolved
    handler = ServiceRuntime.handler(for: resolved)
    banners = BannerTexts(resolved.definition.banners)
    admission.update(
      access: resolved.definition.access, limits: resolved.definition.limits, livePeers: livePeers,
      now: nowNanoseconds)
    isStale = false
    endComplaints()
    release(.full)
    release(.limited)
  }

  /// Takes over the same definition written at another place.
  func move(to resolved: ResolvedService) {
    self.resolved = resolved
    isStale = false
  }

  /// Where the value of a key was written, as `path:line:column`; where the service is defined, if it was not.
  func place(of key: String) -> String? {
    let range = resolved.entry.range(of: key)
    let file = Int(range.file.index)
    guard sourcePaths.indices.contains(file) else { return nil }
    return "\(sourcePaths[file]):\(range.line):\(range.column)"
  }

  /// Where the service is defined.
  var definitionPlace: String? {
    let file = Int(resolved.entry.location.file.index)
    return sourcePaths.indices.contains(file) ? "\(sourcePaths[file]):\(resolved.entry.location.line)" : nil
  }

  private static func handler(for resolved: ResolvedService) -> Handler {
    switch resolved.definition.handler {
    case .program(let program): .program(ServerProgram.plan(program, of: resolved))
    case .builtin(let builtin):
      resolved.definition.socket.type == .dgram ? .datagramBuiltin(builtin) : .streamBuiltin(builtin)
    case .redirect(let target): .redirect(RedirectRuntime(target))
    }
  }
}

// Holding back and going on.
extension ServiceRuntime {
  /// Stops taking connections for `reason`; with `time`, goes on by itself after it.
  func hold(_ reason: Holds, for time: TimeSpan? = nil) {
    holds.insert(reason)
    updateWatching()
    server.statusChanged()
    guard let time else { return }
    let timer = holdTimer ?? ActionTimer { [unowned(unsafe) self] in release([.limited, .resources, .backingOff]) }
    holdTimer = timer
    // One timer for all reasons: at the earliest end all are looked at anew, and what still holds holds back again.
    let end = loop.now + time
    if timer.isScheduled, let holdEnd, holdEnd <= end { return }
    holdEnd = end
    loop.schedule(timer, at: end)
  }

  /// Ends reasons to hold back; goes on when none is left.
  func release(_ reasons: Holds) {
    guard !holds.isDisjoint(with: reasons) else { return }
    let retries = holds.contains(.resources) && reasons.contains(.resources)
    holds.subtract(reasons)
    server.statusChanged()
    if retries { startPostponed() }
    updateWatching()
  }

  /// Watches the sockets that may be served, and only those.
  func updateWatching() {
    for listener in listeners {
      do throws(SystemError) {
        try listener.setWatched(holds.isEmpty && !listener.isHandedOver, in: loop)
      } catch {
        log.systemFailure(error, consequence: "\(definition.id) does not take connections until the next reload")
      }
    }
  }

  /// Whether a socket is one of this service's, rather than one it had before a reload.
  func owns(_ listener: Listener) -> Bool { listeners.contains { $0 === listener } }

  /// Ends all timers; the service is no longer part of the server.
  func retire() {
    if let holdTimer { loop.cancel(holdTimer) }
    postponed.removeAll()
    endComplaints()
    flushRefusals()
  }
}
