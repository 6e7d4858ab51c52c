import AdmissionControl
import EventLoop
import LinuxSystem
import ProcessSpawning
import ServiceModel

/// What only a service that is used has: made for its first connection, so that thousands of services that nobody asks
/// for cost little more than their definitions.
final class ServiceActivity {
  var admission: AdmissionController
  var counters = ServiceCounters()
  var refusals = RefusalLog()
  /// How the program is started; made by the first start after a load.
  var plan: SpawnPlan?
  /// The banners as the gate gets them; made for its first start after a load.
  var bannerFile: FileDescriptor?
  var hasTriedBannerFile = false
  /// Whose PROXY headers are believed; made for the first connection after a load.
  var proxyTrust: ProxyTrust?
  /// Connections that have yet to show a PROXY header.
  var proxiesWaiting = 0
  /// Where servers complain, once one has been started whose complaints are logged.
  var complaints: ServerComplaints?
  /// Accepted connections whose server could not be started yet for want of memory or processes.
  var postponed: [PostponedStart] = []
  var resourceBackoff = Backoff.resources
  var holdTimer: ActionTimer?
  /// When the earliest hold that ends by itself does.
  var holdEnd: MonotonicTime?
  /// The start rate that is used up, while `.limited` holds.
  var limitedBy: IntakeLimit?
  /// What had run out, while `.resources` holds.
  var resourceError: SystemError?

  init(_ definition: ServiceDefinition) {
    admission = AdmissionController(access: definition.access, limits: definition.limits)
  }

  /// Lets go of what was made from a definition that has changed.
  func forgetDefinition() {
    plan = nil
    proxyTrust = nil
    bannerFile = nil
    hasTriedBannerFile = false
  }
}

extension ServiceRuntime {
  private static let unusedCounters = ServiceCounters()

  /// The present activity, begun if there was none.
  var begun: ServiceActivity {
    if let activity { return activity }
    let begun = ServiceActivity(definition)
    activity = begun
    return begun
  }

  /// Whom to let in. A plain loan: with a choice of what to lend, each look would allocate.
  var admission: AdmissionController {
    _read { yield begun.admission }
    _modify { yield &begun.admission }
  }

  package internal(set) var counters: ServiceCounters {
    _read {
      if let activity { yield activity.counters } else { yield ServiceRuntime.unusedCounters }
    }
    _modify { yield &begun.counters }
  }

  /// Servers and conversations now.
  var live: Int { activity?.admission.live ?? 0 }

  var refusals: RefusalLog {
    _read { yield begun.refusals }
    _modify { yield &begun.refusals }
  }

  /// How the service's program is started.
  var serverPlan: SpawnPlan? {
    if let plan = activity?.plan { return plan }
    guard case .program(let program) = definition.handler else { return nil }
    let plan = ServerProgram.plan(program, of: resolved, cell: walls?.cell)
    begun.plan = plan
    return plan
  }

  var proxyTrust: ProxyTrust {
    if let trust = activity?.proxyTrust { return trust }
    let trust = ProxyTrust(definition.proxyFrom)
    begun.proxyTrust = trust
    return trust
  }

  var proxiesWaiting: Int {
    get { activity?.proxiesWaiting ?? 0 }
    set { begun.proxiesWaiting = newValue }
  }

  var complaints: ServerComplaints? {
    get { activity?.complaints }
    set { if newValue != nil || activity != nil { begun.complaints = newValue } }
  }

  var postponed: [PostponedStart] {
    _read { if let activity { yield activity.postponed } else { yield[] } }
    _modify { yield &begun.postponed }
  }

  var resourceBackoff: Backoff {
    _read { yield begun.resourceBackoff }
    _modify { yield &begun.resourceBackoff }
  }

  var holdEnd: MonotonicTime? { activity?.holdEnd }

  var limitedBy: IntakeLimit? {
    get { activity?.limitedBy }
    set { begun.limitedBy = newValue }
  }

  var resourceError: SystemError? {
    get { activity?.resourceError }
    set { begun.resourceError = newValue }
  }
}
