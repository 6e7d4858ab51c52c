import LinuxSystem
import NetworkAddresses
import ServiceConfiguration
import ServiceModel

/// Looks up everything a service needs from the machine: accounts, ports, addresses, its program.
///
/// Whatever is missing becomes a diagnostic at the place where the value was written. A service that could not start is
/// in error: its port then refuses at once, which clients and monitoring understand, and a running one stays as it was.
package struct ServiceResolver {
  let lookup: NameLookup
  let runsAsRoot: Bool
  var findings: [Diagnostic] = []
  var isInError = false

  package init(lookup: NameLookup, runsAsRoot: Bool) {
    self.lookup = lookup
    self.runsAsRoot = runsAsRoot
  }

  /// Resolves all entries of a table. Entries in error move to `rejected`; disabled ones are checked, and what is wrong
  /// with them is only a warning.
  package mutating func resolve(_ table: inout ServiceTable, keepsServices: Bool = true) -> [ResolvedService] {
    // Only where names lead to addresses can one service be in the way of another here.
    let isKept = keepsServices || table.entries.contains { ServiceResolver.usesNames($0.definition.socket) }
    var services: [ResolvedService] = []
    services.reserveCapacity(isKept ? table.entries.count : 0)
    var rejected: Set<Int> = []
    for (index, entry) in table.entries.enumerated() {
      let isEnabled = entry.definition.enabled
      let service = resolve(entry)
      if !findings.isEmpty {
        table.diagnostics += isEnabled ? findings : findings.map { $0.asWarningOfDisabledService }
      }
      guard isEnabled else { continue }
      if var service {
        if !isKept { continue }
        if let previous = services.last { service.shareParts(with: previous) }
        // The findings are made; what a running service has to say of its own can do with the line.
        service.entry.forgetPlacesOnItsLine()
        services.append(service)
      } else {
        table.rejected.append(RejectedService(id: entry.definition.id, location: entry.location))
        rejected.insert(index)
      }
    }
    let empty = settleNamedAddresses(&services)
    forgetAddresses(&services)
    table.diagnostics += findings
    for place in empty.reversed() {
      let entry = services.remove(at: place).entry
      table.rejected.append(RejectedService(id: entry.definition.id, location: entry.location))
      if let index = table.entries.firstIndex(where: { $0.location == entry.location }) { rejected.insert(index) }
    }
    examine(&table)
    if !rejected.isEmpty {
      table.entries = zip(table.entries.indices, table.entries).filter { !rejected.contains($0.0) }.map { $0.1 }
    }
    return services
  }

  /// What the services listen on is in their plans now: without their addresses most are alike in the rest of their
  /// sockets' definition.
  private func forgetAddresses(_ services: inout [ResolvedService]) {
    var previous: ServiceDefinition?
    for index in services.indices {
      services[index].entry.definition.forgetAddresses(sharingSocketWith: previous)
      previous = services[index].definition
    }
  }

  /// Resolves one service; nil when it is in error. `findings` are those of this service.
  package mutating func resolve(_ entry: ServiceEntry) -> ResolvedService? {
    findings = []
    isInError = false
    var entry = entry
    resolveNames(in: &entry)
    let listeners = entry.definition.tcpmux == nil ? listenPlans(of: entry.definition.socket, entry) : []
    var credentials: ServiceCredentials?
    if case .program(let program) = entry.definition.handler {
      credentials = self.credentials(for: entry.definition.process, entry)
      check(program, entry.definition.process, entry)
    }
    if entry.definition.process.takesPeerLabel && !SecurityContext.isAvailable {
      findings.append(.withoutSELinux(at: entry.range(of: "flags")))
    }
    let ownership = self.ownership(of: entry.definition.socket, entry)
    if isInError { return nil }
    var service = ResolvedService(entry: entry, listeners: listeners, credentials: credentials)
    service.ownership = ownership
    return service
  }

  /// Looks up what is certain of services in error, for the sake of the findings: nothing of them is served. Warnings
  /// would say what is done instead.
  private mutating func examine(_ table: inout ServiceTable) {
    for service in table.faulty {
      examine(service)
      let errors = findings.filter { $0.severity == .error }
      table.diagnostics += service.entry.definition.enabled ? errors : errors.map { $0.asWarningOfDisabledService }
    }
    table.faulty = []
  }

  private mutating func examine(_ service: FaultyService) {
    findings = []
    var entry = service.entry
    if !service.doubts.contains(.socket) {
      resolveNames(in: &entry)
      if entry.definition.tcpmux == nil { _ = listenPlans(of: entry.definition.socket, entry) }
    }
    if case .program(let program) = entry.definition.handler, !program.path.isEmpty {
      _ = credentials(for: entry.definition.process, entry)
      if !service.doubts.contains(.program) { check(program, entry.definition.process, entry) }
    }
    _ = ownership(of: entry.definition.socket, entry)
  }

  mutating func fail(_ finding: Diagnostic) {
    findings.append(finding)
    isInError = true
  }

  // MARK: Names in the definition

  /// Replaces what /etc/rpc and /etc/networks know, so that nobody has to ask again.
  private mutating func resolveNames(in entry: inout ServiceEntry) {
    if let rpc = entry.definition.rpc, rpc.number == nil, let name = rpc.name {
      if let number = lookup.rpcNumber(of: name) {
        entry.definition.rpc?.number = number
      } else {
        fail(.unknownProgramNumber(name, at: entry.range(of: "service")))
      }
    }
    // Written only where a name was found: a definition that stays as it is stays shared.
    if let patterns = entry.definition.access.onlyFrom, patterns.contains(where: isLocalName) {
      entry.definition.access.onlyFrom = resolved(patterns)
    }
    if entry.definition.access.noAccess.contains(where: isLocalName) {
      entry.definition.access.noAccess = resolved(entry.definition.access.noAccess)
    }
    if entry.definition.proxyFrom.contains(where: isLocalName) {
      entry.definition.proxyFrom = resolved(entry.definition.proxyFrom)
    }
  }

  /// Whether this machine's files may know the name.
  private func isLocalName(_ pattern: AccessPattern) -> Bool {
    switch pattern {
    case .host(let name): !name.utf8.contains(UInt8(ascii: "."))
    case .network: true
    case .prefix, .domain: false
    }
  }

  /// `localhost` is the loopback whatever a resolver says (RFC 6761 6.3); a name without a dot may be a network.
  private func resolved(_ patterns: [AccessPattern]) -> [AccessPattern] {
    patterns.flatMap { pattern -> [AccessPattern] in
      switch pattern {
      case .host("localhost"): [.prefix(IPPrefix(.loopback4)), .prefix(IPPrefix(.loopback6))]
      case .host(let name) where !name.utf8.contains(UInt8(ascii: ".")), .network(let name):
        [lookup.network(named: name).map { .prefix($0) } ?? pattern]
      default: [pattern]
      }
    }
  }

  // MARK: Program

  private mutating func check(_ program: ProgramDefinition, _ process: ProcessDefinition, _ entry: ServiceEntry) {
    let path = process.rootDirectory.map { $0 + program.path } ?? program.path
    if let reason = lookup.reasonNotExecutable(path) {
      fail(.unusableProgram(path, reason, near: lookup.programNear(path), at: entry.range(of: "server")))
    }
  }
}
