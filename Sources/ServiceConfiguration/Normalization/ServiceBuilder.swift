import NetworkAddresses
import ServiceModel

/// Makes a definition out of a draft: what follows from several keys, and whether they fit together.
struct ServiceBuilder {
  let raw: RawService
  let options: LoadOptions
  let findings: Findings
  var draft: ServiceDraft
  /// No setting was in error.
  var isSound = true
  var hasFailed = false

  init(_ draft: ServiceDraft, of raw: RawService, options: LoadOptions, findings: Findings) {
    self.draft = draft
    self.draft.origins.reserve(draft.origins.entries.count + raw.settings.count + raw.overrides.count)
    self.raw = raw
    self.options = options
    self.findings = findings
  }

  /// The definition, to be served unless something does not fit (`hasFailed`); the findings say what.
  mutating func build() -> ServiceEntry {
    nameService()
    chooseSocket()
    chooseAddresses()
    chooseHandler()
    chooseRPC()
    chooseAccess()
    chooseRest()
    checkCombinations()
    // A line of inetd.conf needs no more places than looking things up can ask for; there may be very many lines.
    if raw.dialect == .classic { draft.origins.keep(ServiceBuilder.keysLookedUp) }
    var entry = ServiceEntry(definition: draft.definition, location: raw.name.range, origins: draft.origins)
    entry.isDropIn = raw.isDropIn
    return entry
  }

  /// `service` is where the line itself is.
  private static let keysLookedUp = KeySet(
    ["bind", "listen", "user", "group", "server", "socket_user", "socket_group"].compactMap(KeyTable.number))

  /// The id of a service, also of one in error.
  static func id(of draft: ServiceDraft, _ raw: RawService) -> String {
    if let id = draft.id { return id }
    guard raw.dialect == .classic else { return raw.name.text }
    let name = draft.types.contains(.rpc) ? raw.name.text + "/rpc" : raw.name.text
    let service = draft.protocolWord.map { name + "/" + $0 } ?? name
    guard let hosts = draft.binds, let first = hosts.first else { return service }
    let written = hosts.count == 1 ? first.idText : hosts.map { $0.idText }.joined(separator: ",")
    return written + ":" + service
  }

  private mutating func nameService() {
    let id = ServiceBuilder.id(of: draft, raw)
    if !ServiceID.isValid(id) {
      fail("bad-id", "'\(id)' cannot be the id of a service: no blanks, quotes or control characters", key: nil)
    }
    draft.definition.id = id
    draft.definition.service = draft.serviceName ?? (raw.dialect == .xinetd ? raw.name.text : id)
  }

  mutating func fail(
    _ id: String, _ message: String, key: String?, suggestion: String? = nil, notes: [Diagnostic.Note] = []
  ) {
    hasFailed = true
    // What seems to be missing may be what could not be read.
    if !isSound && id.utf8.starts(with: "missing-".utf8) { return }
    findings.add(
      Diagnostic(.error, id, message, at: place(of: key), suggestion: suggestion, notes: notes))
  }

  func warn(_ id: String, _ message: String, key: String?, outcome: String? = nil, notes: [Diagnostic.Note] = []) {
    findings.add(Diagnostic(.warning, id, message, at: place(of: key), notes: notes, outcome: outcome))
  }

  func place(of key: String?) -> SourceRange { key.flatMap { draft.origins[$0] } ?? raw.name.range }

  func isSet(_ key: String) -> Bool { draft.origins[key] != nil }

  // MARK: RPC and tcpmux

  private mutating func chooseRPC() {
    guard draft.types.contains(.rpc) else {
      if isSet("rpc_version") {
        warn("no-rpc-service", "'rpc_version' means nothing without type = RPC", key: "rpc_version", outcome: "ignored")
      }
      return
    }
    guard let versions = draft.rpcVersions else {
      return fail("missing-rpc-version", "an RPC service needs 'rpc_version'", key: "type")
    }
    if draft.types.contains(.unlisted) && draft.rpcNumber == nil {
      fail("missing-rpc-number", "an unlisted RPC service needs 'rpc_number'", key: "type")
    }
    let isNumeric = draft.definition.service.utf8.allSatisfy(ASCII.isDigit)
    draft.definition.rpc = RPCDefinition(
      name: isNumeric ? nil : draft.definition.service, number: draft.rpcNumber, versions: versions)
  }

  // MARK: Access and the rest

  private mutating func chooseAccess() {
    if draft.flags.contains(.noLibwrap) {
      draft.definition.access.libwrap = .no
    } else if let libwrap = draft.libwrap {
      draft.definition.access.libwrap = libwrap
    }
    // What the daemon answers itself was never wrapped.
    // xinetd's default is meant for programs; a built-in is only asked about where its own file says so.
    if case .builtin = draft.definition.handler, draft.libwrap == nil { draft.definition.access.libwrap = .no }
    // A part that is not written to stays shared with the services before.
    if draft.definition.access.libwrap == .no, draft.definition.access.libwrapName != nil {
      draft.definition.access.libwrapName = nil
    }
    if let list = draft.definition.access.onlyFrom?.withoutDoubles() { draft.definition.access.onlyFrom = list }
    if let list = draft.definition.access.noAccess.withoutDoubles() { draft.definition.access.noAccess = list }
    if let list = draft.definition.proxyFrom.withoutDoubles() { draft.definition.proxyFrom = list }
  }

  private mutating func chooseRest() {
    draft.definition.enabled = !draft.isDisabled
    if draft.flags.contains(.keepalive) && draft.definition.socket.options.keepalive == nil {
      draft.definition.socket.options.keepalive = Keepalive()
    }
    if let backlog = options.backlog, draft.definition.socket.options.backlog == nil {
      draft.definition.socket.options.backlog = backlog
    }
    if let starts = options.startsPerMinute, starts > 0, !isSet("rate") {
      draft.definition.limits.rate = StartRate(count: starts, seconds: 60)
    }
    if options.logsConnections { draft.definition.log.onSuccess.formUnion([.pid, .host]) }
    if options.passesEnvironment { draft.definition.process.passEnvironment = ["*"] }
  }
}

extension ListenHost {
  /// The host as it stands in front of a classic id: IPv6 in brackets.
  var idText: String {
    if case .address(let address, _) = self, address.family == .ipv6 { return "[\(text)]" }
    return text
  }
}

extension [AccessPattern] {
  /// The list with the first of equal entries only; nil where it has no equal ones.
  func withoutDoubles() -> [AccessPattern]? {
    if count < 2 { return nil }
    var known = Set<AccessPattern>(minimumCapacity: count)
    let distinct = filter { known.insert($0).inserted }
    return distinct.count == count ? nil : distinct
  }
}
