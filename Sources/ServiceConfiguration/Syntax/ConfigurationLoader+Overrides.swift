import ServiceModel

/// One `BASE.conf.d/*.conf` file: settings that go over those of `BASE.conf`.
struct OverrideSnippet {
  var path: String
  var sections: [RawService]
  var isUsed = false
  var isReadable = true
}

extension ConfigurationLoader {
  mutating func readOverride(_ document: SourceDocument, base: String) {
    guard let bytes = text(of: document.content, path: document.path) else {
      // What it would have said is unknown: the file it belongs to must not be believed without it.
      overrides[base, default: []].append(
        OverrideSnippet(path: document.path, sections: [], isUsed: false, isReadable: false))
      return
    }
    let file = result.sources.add(path: document.path, bytes: bytes)
    let context = ParseContext(file: file, ownID: base, isDropIn: true)
    var parser = FlatParser(bytes, context: context)
    var sections: [RawService] = []
    var findings: [Diagnostic] = []
    var isReadable = true
    parser.parse { item in
      switch item {
      case .service(let section): sections.append(section)
      case .diagnostic(let finding): findings.append(finding)
      case .include(let directive):
        findings.append(.includeInOverride(directive.path))
        isReadable = false
      case .lostService, .guess: isReadable = false
      }
    }
    result.diagnostics += findings.prefix(ConfigurationLoader.maximumFindings)
    overrides[base, default: []].append(
      OverrideSnippet(path: document.path, sections: sections, isUsed: false, isReadable: isReadable))
  }

  mutating func readDropIn(_ document: SourceDocument, _ emit: (RawService) -> Void) {
    let base = ConfigurationLoader.stem(of: document.path)
    guard overrides[base] != nil else { return read(document, isDropIn: true, emit) }
    var services: [RawService] = []
    read(document, isDropIn: true) { services.append($0) }
    apply(overridesOf: base, to: &services)
    services.forEach(emit)
  }

  private mutating func apply(overridesOf base: String, to services: inout [RawService]) {
    guard var snippets = overrides[base] else { return }
    for index in snippets.indices {
      snippets[index].isUsed = true
      if !snippets[index].isReadable {
        for place in services.indices { services[place].isBroken = true }
      }
      for section in snippets[index].sections { apply(section, of: base, to: &services) }
    }
    overrides[base] = snippets
  }

  private mutating func apply(_ section: RawService, of base: String, to services: inout [RawService]) {
    let candidates = services.indices.filter { services[$0].kind == section.kind }
    let isOwn = section.kind == .defaults || section.name.text == base
    var targets = candidates.filter { services[$0].answers(to: section.name.text) }
    if targets.isEmpty && isOwn {
      if candidates.count > 1 && section.kind == .service {
        let place = section.settings.first?.key ?? section.name
        result.diagnostics.append(.overrideIsAmbiguous(place, base: base))
        for place in candidates { services[place].isBroken = true }
        return
      }
      targets = candidates
    }
    if targets.isEmpty {
      result.diagnostics.append(.overrideMatchesNothing(section.name, base: base))
    }
    for place in targets {
      services[place].overrides += section.settings
      if section.isBroken { services[place].isBroken = true }
    }
  }

  mutating func reportUnusedOverrides() {
    // Sorted, since a dictionary has no order of its own and messages must not change from load to load.
    for base in overrides.keys.sorted() {
      for snippet in overrides[base] ?? [] where !snippet.isUsed {
        result.diagnostics.append(.overrideWithoutFile(snippet.path, base: base))
      }
    }
  }
}

extension RawService {
  /// Whether a `[service ID]` section of an override means this service: by its `id`, else by its name.
  func answers(to id: String) -> Bool {
    if let written = settings.last(where: { $0.key.text == "id" })?.values.first { return written.text == id }
    return name.text == id
  }
}
