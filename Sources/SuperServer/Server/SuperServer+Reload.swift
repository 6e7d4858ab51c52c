import AdmissionControl
import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ServiceModel
import ServiceResolution
import SystemdIntegration

// From a configuration to living services, at start-up and at every reload.
extension SuperServer {
  /// Brings up everything a configuration holds. Returns whether anything is served, or would be once it can be bound.
  @discardableResult
  @export(interface) package func start(_ load: ConfigurationLoad) -> Bool {
    report(load)
    takeOverServers()
    apply(plan(for: load), of: load)
    finishInheritance()
    return !services.isEmpty
  }

  /// SIGHUP: reads the files again and applies the difference. What did not change is not touched. `hard` also ends the
  /// servers of removed services and those whose peers the new rules refuse.
  @discardableResult
  package func reload(hard: Bool = false) -> ReloadOutcome {
    told(notifier.reloading(at: .now))
    askForTime(again: true)
    reloadCount += 1
    WallClock.reloadTimeZone()
    let (load, plan) = readChanges(asking: { [unowned(unsafe) self] in askForTime() })
    report(load)
    forgetFiles()
    systemCallFilters.removeAll()
    apply(plan, of: load)
    storeAgain()
    if hard { endUnwantedServers() }
    log.reopenFiles(keeping: logFiles)
    log.reloaded(ReloadSummary(plan.changes))
    notifyReady()
    loop.beforeSleep { CurrentProcess.releaseMemory() }
    return ReloadOutcome(changes: plan.changes, load: load)
  }

  /// What a reload would do now.
  func planReload() -> ReloadOutcome {
    let (load, plan) = readChanges()
    return ReloadOutcome(changes: plan.changes, load: load)
  }

  private func plan(for load: ConfigurationLoad) -> ReloadPlan {
    ReloadPlan(running: services.mapValues { $0.served }, order: order, load: load) { service in
      guard case .program(let program) = service.definition.handler, service.definition.process.rootDirectory == nil
      else { return true }
      return FileSystem.reasonNotExecutable(program.path)?.errno != ENOENT
    }
  }

  /// Reads the files and finds the difference. The errors of a service that runs on as it was say so.
  private func readChanges(asking: (() -> Void)? = nil) -> (load: ConfigurationLoad, plan: ReloadPlan) {
    var load = ConfigurationLoad.run(
      paths: settings.paths, options: settings.options, lookup: NameLookup(asksElsewhere: true, asking: asking))
    let plan = plan(for: load)
    load.table.conclude("the running service is kept as it was", of: plan.staleIDs)
    return (load, plan)
  }

  /// Ends servers of services that are gone, and of peers that would not be served any more.
  private func endUnwantedServers() {
    for instance in instances.all {
      let isGone = services[instance.service.definition.id] !== instance.service
      let isRefused = instance.peer.map { !instance.service.admission.allows($0.ip) } ?? false
      if isGone || isRefused { stop(instance.pid, .unwanted) }
    }
  }

  private func report(_ load: ConfigurationLoad) {
    configurationErrors = load.table.diagnostics.reduce(0) { $0 + ($1.severity == .error ? 1 : 0) }
    for diagnostic in load.table.diagnostics { log.diagnostic(diagnostic, in: load.table.sources) }
  }

  private var logFiles: Set<String> {
    var paths: Set<String> = []
    for service in services.values {
      if case .file(let path, _, _) = service.definition.log.destination { paths.insert(path) }
    }
    return paths
  }

  /// New sockets open before old ones close, and a socket that both configurations want is handed on alive, so that no
  /// kept port ever refuses a connection.
  func apply(_ plan: ReloadPlan, of load: ConfigurationLoad) {
    var resolved: [String: ResolvedService] = [:]
    for service in load.services { resolved[service.definition.id] = service }
    var leaving: [Listener] = []
    /// Sockets whose options only a new socket can have.
    var rebuilt: [Listener] = []
    var changed: [ServiceRuntime] = []
    var newOrder: [String] = []

    for change in plan.changes {
      switch change {
      case .keep(let id):
        guard let service = services[id], let new = resolved[id] else { continue }
        service.move(to: new)
        newOrder.append(service.id)
      case .keepStale(let id):
        guard let service = services[id] else { continue }
        service.isStale = true
        newOrder.append(service.id)
      case .remove(let id):
        guard let service = services.removeValue(forKey: id) else { continue }
        leaving += service.listeners
        service.listeners = []
        service.retire()
      case .update(let id):
        guard let service = services[id], let new = resolved[id] else { continue }
        let isRebuilt = service.definition.socket.options.needsNewSocket(for: new.definition.socket.options)
        if isRebuilt { rebuilt += service.listeners }
        leaving += service.listeners
        update(service, to: new)
        changed.append(service)
        newOrder.append(service.id)
      case .add(let id):
        guard let new = resolved[id] else { continue }
        let service = ServiceRuntime(new, server: self)
        services[service.id] = service
        changed.append(service)
        newOrder.append(service.id)
      }
    }
    order = newOrder
    explainStale(plan.staleIDs, load)
    disabled = load.disabledServices(options: settings.options)
    rememberPlaces(load)
    connect(changed, replacing: leaving, exceptReusing: rebuilt)
    collectDatagramBuiltinPorts()
    registrar.socketsChanged(checksAll: true)
  }

  /// One list of files for all services: a hundred thousand of them share it.
  private func rememberPlaces(_ load: ConfigurationLoad) {
    let paths = load.table.sources.files.map { $0.path }
    for service in services.values where !service.isStale { service.sourcePaths = paths }
  }

  private func explainStale(_ ids: Set<String>, _ load: ConfigurationLoad) {
    staleFindings = [:]
    if ids.isEmpty { return }
    let findings = ServiceFindings(load.table)
    for id in ids { staleFindings[id] = findings[id] }
  }

  private func update(_ service: ServiceRuntime, to new: ResolvedService) {
    let livePeers = instances.instances(of: service).compactMap { $0.peer?.ip?.unmapped }
    service.update(to: new, livePeers: livePeers)
  }

  private func adjust(_ listener: Listener) {
    guard let socket = listener.descriptor, !listener.isInherited else { return }
    let service = listener.service
    do throws(SystemError) {
      try ListenerSocket.adjust(
        socket, listener.plan, service.definition.socket, ownership: service.ownership,
        learnsDestinations: listener.learnsDestinations)
    } catch {
      log.systemFailure(error, consequence: "\(service.definition.id) keeps its socket as it was")
    }
  }

  /// Gives each changed service its sockets: living ones where the plan is the same, new ones otherwise; then closes
  /// what nobody wants any more.
  private func connect(
    _ changed: [ServiceRuntime], replacing leaving: [Listener], exceptReusing rebuilt: [Listener]
  ) {
    var free: [ListenPlan: Listener] = [:]
    for listener in leaving where listener.isBound { free[listener.plan] = listener }
    for listener in rebuilt where !listener.isInherited { free[listener.plan] = nil }
    for service in changed {
      for error in service.banners.errors { log.systemFailure(error, consequence: "this banner is not sent") }
      service.listeners = service.takePlans().map { plan in
        guard let kept = free.removeValue(forKey: plan) else { return Listener(plan: plan, service: service) }
        kept.service = service
        adjust(kept)
        return kept
      }
    }
    adoptSockets(for: changed)
    for service in changed {
      markCovered(service)
      // What cannot be opened beside a socket that is about to close is opened after it.
      for listener in service.listeners where !listener.isBound { _ = listener.open() }
    }
    for listener in leaving where !listener.service.owns(listener) {
      forget(listener)
      listener.close(in: loop, unlink: true)
    }
    for service in changed {
      for listener in service.listeners where !listener.isBound { open(listener) }
      for listener in service.listeners { keep(listener) }
      service.updateWatching()
    }
  }
}

/// What a reload did, or would do.
package struct ReloadOutcome {
  package let changes: [ReloadPlan.Change]
  package let load: ConfigurationLoad
}

/// How many services a reload did what to.
package struct ReloadSummary: Equatable {
  package private(set) var added = 0
  package private(set) var changed = 0
  package private(set) var removed = 0
  package private(set) var unchanged = 0
  package private(set) var stale = 0

  init(_ changes: [ReloadPlan.Change]) {
    for change in changes { count(change) }
  }

  private mutating func count(_ change: ReloadPlan.Change) {
    switch change {
    case .keep: unchanged += 1
    case .update: changed += 1
    case .add: added += 1
    case .remove: removed += 1
    case .keepStale: stale += 1
    }
  }
}
