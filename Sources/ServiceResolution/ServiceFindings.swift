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
    var definitions = table.entries.map { (place: $0.location, rejected: nil as String?) }
    definitions += table.rejected.map { (place: $0.location, rejected: $0.id) }
    definitions.sort { ServiceFindings.precedes($0.place, $1.place) }
    for error in errors {
      guard let range = error.range else { continue }
      // The last definition that does not come after the error.
      var low = 0
      var high = definitions.count
      while low < high {
        let middle = (low + high) / 2
        if ServiceFindings.precedes(range, definitions[middle].place) { high = middle } else { low = middle + 1 }
      }
      guard low > 0, definitions[low - 1].place.file == range.file, let id = definitions[low - 1].rejected,
        own[id, default: []].count < ServiceFindings.mostFindings
      else { continue }
      own[id, default: []].append(renderer.line(of: error))
    }
  }

  /// The errors because of which a service could not be accepted, the first few of them.
  package subscript(id: String) -> [String] { own[id] ?? first }

  private static func precedes(_ a: SourceRange, _ b: SourceRange) -> Bool {
    a.file.index != b.file.index ? a.file.index < b.file.index : a.line < b.line
  }
}
