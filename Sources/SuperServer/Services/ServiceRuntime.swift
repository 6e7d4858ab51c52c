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
    /// See `serverPlan`.
    case program
    case streamBuiltin(Builtin)
    case datagramBuiltin(Builtin)
    case redirect(RedirectRuntime)
  }

  unowned(unsafe) let server: SuperServer
  private(set) var resolved: ResolvedService
  private(set) var handler: Handler
  // The small ones side by side: there are thousands of services.
  /// What the definition says, in the form that is asked for at every connection.
  private(set) var traits: ServiceTraits
  private(set) var holds: Holds = []
  /// No longer part of the server: only its running servers and conversations are left.
  private(set) var isRetired = false
  /// The files no longer give a usable definition; the service runs on as it was.
  package internal(set) var isStale = false
  private(set) var banners: BannerTexts
  /// The files of the load that the definition is of: a stale service's is older than the last one.
  var sourcePaths: [String] = []
  /// The walls around its servers and their bounds; nil where there are none.
  private(set) var walls: ServiceWalls?
  var listeners: [Listener] = []
  /// Nil until somebody comes.
  var activity: ServiceActivity?

  init(_ resolved: ResolvedService, server: SuperServer) {
    self.server = server
    self.resolved = resolved
    // What a load has made lies among what goes with it: a text of its own lets all of that be given back.
    self.resolved.entry.definition.id = String(decoding: Array(resolved.definition.id.utf8), as: UTF8.self)
    handler = ServiceRuntime.handler(for: resolved)
    banners = .of(resolved.definition.banners)
    traits = ServiceTraits(resolved.definition)
    walls = ServiceWalls.of(resolved.definition, server)
    // A long list is built while nobody waits for it.
    if resolved.definition.access != ServiceRuntime.openAccess { activity = ServiceActivity(resolved.definition) }
  }

  private static let openAccess = AccessDefinition()

  /// Lent, not copied: it is asked for all the time.
  package var definition: ServiceDefinition { _read { yield resolved.definition } }
  package var id: String { resolved.definition.id }
  /// The id as records that outlive the daemon hold it.
  var idHash: UInt64 { InstanceRecord.hash(id) }
  var ownership: UnixSocketOwnership { resolved.ownership }
  var loop: EventLoop { server.loop }
  var log: ServerLog { server.log }
  /// The loop's time as the pure policies count it.
  var nowNanoseconds: UInt64 { UInt64(max(loop.now.nanoseconds, 0)) }

  /// Takes over a new definition. Sockets are the caller's business; running servers and counters stay.
  func update(to resolved: ResolvedService, livePeers: [IPAddress]) {
    let id = self.id
    self.resolved = resolved
    self.resolved.entry.definition.id = id
    handler = ServiceRuntime.handler(for: resolved)
    banners = .of(resolved.definition.banners)
    traits = ServiceTraits(resolved.definition)
    walls?.close(server.cellKeepers)
    walls = ServiceWalls.of(resolved.definition, server)
    if let activity {
      activity.forgetDefinition()
      activity.admission.update(
        access: resolved.definition.access, limits: resolved.definition.limits, livePeers: livePeers,
        now: nowNanoseconds)
    } else if resolved.definition.access != ServiceRuntime.openAccess {
      activity = ServiceActivity(resolved.definition)
    }
    isStale = false
    endComplaints()
    release(.full)
    release(.limited)
  }

  /// Takes over the same definition written at another place.
  func move(to new: ResolvedService) {
    resolved.entry.location = new.entry.location
    resolved.entry.origins = new.entry.origins
    resolved.entry.isDropIn = new.entry.isDropIn
    isStale = false
  }

  /// The places to listen, to make listeners from, which have them from then on.
  func takePlans() -> [ListenPlan] {
    let plans = resolved.listeners
    resolved.listeners = []
    return plans
  }

  /// The service as it was resolved, with the places it listens on.
  var served: ResolvedService {
    var all = resolved
    all.listeners = listeners.map { $0.plan }
    return all
  }

  /// Where the value of a key was written, as `path:line:column`; where the service is defined, if it was not.
  func place(of key: String) -> String? {
    let range = resolved.range(of: key)
    let file = Int(range.file.index)
    guard sourcePaths.indices.contains(file) else { return nil }
    return "\(sourcePaths[file]):\(range.line):\(range.column)"
  }

  /// Where the service is defined.
  var definitionPlace: String? {
    let file = Int(resolved.entry.location.file.index)
    return sourcePaths.indices.contains(file) ? "\(sourcePaths[file]):\(resolved.entry.location.line)" : nil
  }

  /// Where the addresses to listen on were written.
  var listenPlace: String? {
    let written = ["listen", "port", "service"].first { resolved.isWritten($0) }
    return place(of: written ?? "service")
  }

  private static func handler(for resolved: ResolvedService) -> Handler {
    switch resolved.definition.handler {
    case .program: .program
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
    // What is left of a removed service has nothing to go on with, and must not leave a timer behind.
    if isRetired { return }
    holds.insert(reason)
    updateWatching()
    server.statusChanged()
    guard let time else { return }
    let activity = begun
    let timer =
      activity.holdTimer
      ?? ActionTimer { [unowned(unsafe) self] in release([.limited, .resources, .backingOff]) }
    activity.holdTimer = timer
    // One timer for all reasons: at the earliest end all are looked at anew, and what still holds holds back again.
    let end = loop.now + time
    if timer.isScheduled, let holdEnd = activity.holdEnd, holdEnd <= end { return }
    activity.holdEnd = end
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
        holdBack(after: error)
      }
    }
  }

  /// Whether a socket is one of this service's, rather than one it had before a reload.
  func owns(_ listener: Listener) -> Bool { listeners.contains { $0 === listener } }

  /// Ends all timers; the service is no longer part of the server.
  func retire() {
    isRetired = true
    walls?.close(server.cellKeepers)
    guard let activity else { return }
    if let timer = activity.holdTimer { loop.cancel(timer) }
    activity.postponed.removeAll()
    endComplaints()
    flushRefusals()
  }
}
