import ServiceConfiguration
import ServiceModel

/// The errors of a load by the service that they took away, one line each.
package struct ServiceFindings {
  /// More than these help nobody who asks about one service.
  private static let mostFindings = 3

  private var own: [String: [String]] = [:]
  /// The first errors of all, for a service that is missing without an error between its definition and the next: its
  /// file as a whole could not be read, or an override of it.
  private let first: [String]

  package init(_ table: ServiceTable) {
    let errors = table.diagnostics.filter { $0.severity == .error }
    let renderer = DiagnosticRenderer(table.sources)
    first = errors.prefix(ServiceFindings.mostFindings).map { renderer.line(of: $0) }
    if errors.isEmpty || table.rejected.isEmpty { return }
    let places = DefinitionPlaces(table)
    for error in errors {
      guard let id = places.rejected(of: error), own[id, default: []].count < ServiceFindings.mostFindings else {
        continue
      }
      own[id, default: []].append(renderer.line(of: error))
    }
  }

  /// The errors because of which a service could not be accepted, the first few of them.
  package subscript(id: String) -> [String] { own[id] ?? first }
}

extension ServiceTable {
  /// Says at the errors of some of the rejected services what becomes of these.
  package mutating func conclude(_ outcome: String, of ids: Set<String>) {
    if ids.isEmpty { return }
    let places = DefinitionPlaces(self)
    for index in diagnostics.indices where diagnostics[index].severity == .error {
      if let id = places.rejected(of: diagnostics[index]), ids.contains(id) { diagnostics[index].outcome = outcome }
    }
  }
}

/// Where the definitions of a load begin, in the order of its files.
private struct DefinitionPlaces {
  private var definitions: [(place: SourceRange, rejected: String?)]

  init(_ table: ServiceTable) {
    definitions = table.entries.map { ($0.location, nil) } + table.rejected.map { ($0.location, $0.id) }
    definitions.sort { DefinitionPlaces.precedes($0.place, $1.place) }
  }

  /// The rejected service that an error is of: that of the last definition that does not come after it.
  func rejected(of error: Diagnostic) -> String? {
    guard let range = error.range else { return nil }
    var low = 0
    var high = definitions.count
    while low < high {
      let middle = (low + high) / 2
      if DefinitionPlaces.precedes(range, definitions[middle].place) { high = middle } else { low = middle + 1 }
    }
    guard low > 0, definitions[low - 1].place.file == range.file else { return nil }
    return definitions[low - 1].rejected
  }

  private static func precedes(_ a: SourceRange, _ b: SourceRange) -> Bool {
    a.file.index != b.file.index ? a.file.index < b.file.index : a.line < b.line
  }
}
