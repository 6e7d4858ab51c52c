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
  package mutating func resolve(_ table: inout ServiceTable) -> [ResolvedService] {
    var services: [ResolvedService] = []
    services.reserveCapacity(table.entries.count)
    var isRejected: [Bool]?
    for index in table.entries.indices {
      let isEnabled = table.entries[index].definition.enabled
      let service = resolve(table.entries[index])
      if !findings.isEmpty {
        table.diagnostics += isEnabled ? findings : findings.map { $0.asWarningOfDisabledService }
      }
      guard isEnabled else { continue }
      if var service {
        if let previous = services.last { service.shareParts(with: previous) }
        table.entries[index] = service.entry
        services.append(service)
      } else {
        let entry = table.entries[index]
        table.rejected.append(RejectedService(id: entry.definition.id, location: entry.location))
        if isRejected == nil { isRejected = Array(repeating: false, count: table.entries.count) }
        isRejected?[index] = true
      }
    }
    if let isRejected {
      table.entries = zip(table.entries, isRejected).filter { !$0.1 }.map { $0.0 }
    }
    return services
  }

  /// Resolves one service; nil when it is in error. `findings` are those of this service.
  package mutating func resolve(_ entry: ServiceEntry) -> ResolvedService? {
    findings = []
    isInError = false
    var entry = entry
    resolveNames(in: &entry)
    let listeners = entry.definition.tcpmux == nil ? listenPlans(of: entry) : []
    var credentials: ServiceCredentials?
    if case .program(let program) = entry.definition.handler {
      credentials = self.credentials(of: entry)
      check(program, of: entry)
    }
    let ownership = self.ownership(of: entry)
    if isInError { return nil }
    var service = ResolvedService(entry: entry, listeners: listeners, credentials: credentials)
    service.ownership = ownership
    return service
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
    if let patterns = entry.definition.access.onlyFrom { entry.definition.access.onlyFrom = resolved(patterns) }
    if !entry.definition.access.noAccess.isEmpty {
      entry.definition.access.noAccess = resolved(entry.definition.access.noAccess)
    }
    if !entry.definition.proxyFrom.isEmpty { entry.definition.proxyFrom = resolved(entry.definition.proxyFrom) }
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

  private mutating func check(_ program: ProgramDefinition, of entry: ServiceEntry) {
    let root = entry.definition.process.rootDirectory ?? ""
    if let reason = lookup.reasonNotExecutable(root + program.path) {
      fail(
        .unusableProgram(
          root + program.path, reason, near: lookup.programNear(root + program.path), at: entry.range(of: "server")))
    }
  }
}
