import ServiceModel

/// Turns services as written into definitions: defaults, what follows from what, names, and conflicts.
///
/// Classic services are complete when they are read and become definitions at once, so that a long inetd.conf is never
/// held twice. Those of the other syntaxes wait for the defaults, which may stand anywhere.
package struct Normalizer {
  /// A definition with what the last steps need to know about it.
  struct Candidate {
    var entry: ServiceEntry
    let position: Int
    let dialect: Dialect
  }

  /// A host has 65,535 ports for each transport and address; more services than this are an accident or an attack.
  package static let mostServices = 262_144
  /// Looking for near names takes time.
  private static let mostUnknownIDs = 100
  /// Of services in error, which are no more than messages.
  private static let mostFaulty = 1000

  let options: LoadOptions
  private let mostServices: Int
  let findings = Findings()
  private var candidates: [Candidate] = []
  private var rejected: [RejectedService] = []
  private var faulty: [FaultyService] = []
  private var waiting: [(position: Int, service: RawService)] = []
  private var defaults: [RawService] = []
  private var position = 0
  private var firstLeftOut: SourceRange?
  private let classicTemplate = ServiceDraft(dialect: .classic)

  @export(interface) package init(options: LoadOptions, mostServices: Int = Normalizer.mostServices) {
    self.options = options
    self.mostServices = mostServices
  }

  /// All services of a configuration that was kept as a whole.
  @export(interface) package static func normalize(
    _ configuration: RawConfiguration, options: LoadOptions,
    servicePort: (String, TransportProtocol) -> UInt16? = { _, _ in nil }
  ) -> ServiceTable {
    var normalizer = Normalizer(options: options)
    configuration.services.forEach { normalizer.add($0) }
    return normalizer.finish(configuration, servicePort: servicePort)
  }

  /// Takes the next service, in the order of the files.
  @export(interface) package mutating func add(_ raw: RawService) {
    position += 1
    if position > mostServices {
      if firstLeftOut == nil { firstLeftOut = raw.name.range }
      return
    }
    if raw.kind == .defaults {
      defaults.append(raw)
    } else if raw.dialect == .classic {
      read(raw, at: position, from: classicTemplate, qualifies: false)
    } else {
      waiting.append((position, raw))
    }
  }

  /// The table, once all services were added. `configuration` brings what the parsers found; its services are not looked
  /// at. `servicePort` looks up names of /etc/services, so that `finger` and `79` are seen to be one socket.
  @export(interface) package mutating func finish(
    _ configuration: RawConfiguration, servicePort: (String, TransportProtocol) -> UInt16? = { _, _ in nil }
  ) -> ServiceTable {
    if let firstLeftOut {
      findings.add(
        Diagnostic(
          .error, "too-many-services", "there are more than \(mostServices) services", at: firstLeftOut,
          outcome: "this one and those behind it are skipped"))
    }
    for dialect in [Dialect.flat, .xinetd] { readWaiting(dialect) }
    waiting = []
    // Both parts are sorted already; only where they mix there is something to do.
    if !zip(candidates, candidates.dropFirst()).allSatisfy({ $0.position < $1.position }) {
      candidates.sort { $0.position < $1.position }
    }
    var conflicts = ConflictResolution(candidates, findings: findings)
    candidates = []
    conflicts.resolve(servicePort: servicePort)
    var table = ServiceTable()
    table.entries = conflicts.takeEntries()
    table.rejected = rejected + conflicts.rejected
    table.faulty = faulty
    table.diagnostics = Diagnostic.inFileOrder(configuration.diagnostics + findings.diagnostics)
    table.sources = configuration.sources
    table.isComplete = configuration.isComplete && firstLeftOut == nil
    return table
  }

  // MARK: One service

  private mutating func read(_ raw: RawService, at position: Int, from template: ServiceDraft, qualifies: Bool) {
    let start = findings.diagnostics.count
    var builder = ServiceBuilder(template, of: raw, options: options, findings: findings)
    var application = SettingApplication(dialect: raw.dialect, inDefaults: false, findings: findings)
    var isSound = application.apply(raw.settings, to: &builder.draft)
    var overriding = SettingApplication(dialect: .flat, inDefaults: false, findings: findings)
    if !raw.overrides.isEmpty && !overriding.apply(raw.overrides, to: &builder.draft) { isSound = false }
    if qualifies && builder.draft.id == nil {
      builder.draft.id = "\(raw.name.text)/\(builder.draft.protocolName)"
    }
    if !checkDefaults(of: raw, template) { isSound = false }
    builder.isSound = isSound && !raw.isBroken
    var entry = builder.build()
    findings.conclude(since: start, outcome: "service skipped")
    if isSound && !raw.isBroken && !builder.hasFailed {
      if !candidates.isEmpty {
        entry.definition.shareParts(with: candidates[candidates.count - 1].entry.definition)
      }
      candidates.append(Candidate(entry: entry, position: position, dialect: raw.dialect))
      return
    }
    rejected.append(RejectedService(id: ServiceBuilder.id(of: builder.draft, raw), location: raw.name.range))
    if faulty.count < Normalizer.mostFaulty,
      let service = builder.faulty(
        entry, application.doubts.union(overriding.doubts),
        hasUnknownKey: application.hasUnknownKey || overriding.hasUnknownKey)
    {
      faulty.append(service)
    }
  }

  /// A service that relies on a restriction in the defaults that could not be read stays closed.
  private func checkDefaults(of raw: RawService, _ template: ServiceDraft) -> Bool {
    for broken in template.brokenRestrictions {
      let isOwn = (raw.settings + raw.overrides).contains {
        $0.operation == .set && ASCII.equal($0.key.text, broken.value)
      }
      if isOwn { continue }
      findings.add(
        Diagnostic(
          .error, "broken-defaults",
          broken.value.isEmpty
            ? "a line of the defaults cannot be read, and might have been a restriction"
            : "'\(broken.value)' of the defaults is in error and nothing replaces it here",
          at: raw.name.range, notes: [.init("the default is here", at: broken.range)]))
      return false
    }
    return true
  }

  // MARK: Defaults

  private mutating func readWaiting(_ dialect: Dialect) {
    let template = template(of: dialect)
    var names: [String: Int] = [:]
    if dialect == .xinetd {
      for (_, raw) in waiting where raw.dialect == dialect && raw.overridableID == nil {
        names[raw.name.text, default: 0] += 1
      }
    }
    for (position, raw) in waiting where raw.dialect == dialect {
      // xinetd files often define one name for tcp and for udp without an id.
      read(raw, at: position, from: template, qualifies: names[raw.name.text, default: 0] > 1)
    }
    applySwitches(of: template, dialect)
  }

  private func template(of dialect: Dialect) -> ServiceDraft {
    var template = ServiceDraft(dialect: dialect)
    for block in defaults where block.dialect == dialect {
      let start = findings.diagnostics.count
      var application = SettingApplication(dialect: dialect, inDefaults: true, findings: findings)
      _ = application.apply(block.settings, to: &template)
      if !block.overrides.isEmpty {
        var overriding = SettingApplication(dialect: .flat, inDefaults: true, findings: findings)
        _ = overriding.apply(block.overrides, to: &template)
      }
      findings.conclude(since: start, outcome: "this default is ignored")
      if block.isBroken {
        // Nobody can say what the unreadable line would have restricted.
        template.brokenRestrictions.append(Located("", at: block.name.range))
      }
    }
    return template
  }

  /// xinetd's `enabled` and `disabled` lists, by id or by name.
  private mutating func applySwitches(of template: ServiceDraft, _ dialect: Dialect) {
    if template.enabledIDs == nil && template.disabledIDs.isEmpty { return }
    var known: Set<String> = Set(rejected.map { $0.id })
    let enabled = template.enabledIDs.map { Set($0.map { $0.text }) }
    let disabled = Set(template.disabledIDs.map { $0.text })
    for index in candidates.indices where candidates[index].dialect == dialect {
      let definition = candidates[index].entry.definition
      known.insert(definition.id)
      known.insert(definition.service)
      let isListed = { (list: Set<String>) in list.contains(definition.id) || list.contains(definition.service) }
      if isListed(disabled) || enabled.map(isListed) == false { candidates[index].entry.definition.enabled = false }
    }
    let unknown = ((template.enabledIDs ?? []) + template.disabledIDs).filter { !known.contains($0.text) }
    let names = unknown.isEmpty ? [] : known.sorted()
    for word in unknown.prefix(Normalizer.mostUnknownIDs) {
      findings.add(
        Diagnostic(
          .warning, "unknown-service-id", "there is no service '\(word.text)'", at: word.range,
          suggestion: NearMiss.nearest(to: word.text, among: names), outcome: "ignored"))
    }
  }
}

extension RawService {
  /// The id that its own settings or an override give it.
  var overridableID: RawWord? {
    (overrides.last { ASCII.equal($0.key.text, "id") } ?? settings.first { ASCII.equal($0.key.text, "id") })?.values
      .first
  }
}

extension ServiceDraft {
  /// The protocol's name for an id, as far as the settings say it.
  var protocolName: String {
    if let protocolWord { return protocolWord }
    switch socketType {
    case .dgram: return "udp"
    case .seqpacket: return "unix"
    case .stream, .raw, nil: return "tcp"
    }
  }
}

extension Diagnostic {
  /// Sorted by file, line and column; what has no place comes first. Equal places keep their order.
  @export(interface) package static func inFileOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    func key(_ diagnostic: Diagnostic) -> (Int32, Int32, Int32) {
      guard let range = diagnostic.range else { return (-1, 0, 0) }
      return (range.file.index, range.line, range.column)
    }
    // Sorting by place and then by number of the finding keeps it stable.
    return diagnostics.enumerated().sorted { a, b in
      let left = key(a.element)
      let right = key(b.element)
      return left == right ? a.offset < b.offset : left < right
    }.map { $0.element }
  }
}
