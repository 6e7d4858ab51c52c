import ServiceConfiguration
import ServiceModel

/// A service that the files hold and switch off.
package struct DisabledService: Equatable, Sendable {
  package let id: String
  /// Where it is defined.
  package let location: SourceRange
  /// What switches it off, as `path:line`.
  package let place: String
  /// A line of inetd.conf behind a mark such as `#<off># `.
  package let isMarked: Bool
}

extension ConfigurationLoad {
  /// The services that are switched off: by their own file or its defaults, and by marks in files in inetd.conf's syntax.
  /// In the order of the files; a service that is also there without a mark is not among them.
  package func disabledServices(options: LoadOptions) -> [DisabledService] {
    var result: [DisabledService] = []
    for entry in table.entries where !entry.definition.enabled {
      result.append(
        DisabledService(
          id: entry.definition.id, location: entry.location, place: place(entry.range(of: "disable")),
          isMarked: false))
    }
    let marked = table.sources.files.indices.flatMap { markedServices(inFile: $0, options: options) }
    if marked.isEmpty { return result }
    var known = Set(table.entries.map { $0.definition.id } + table.rejected.map { $0.id })
    for service in marked where known.insert(service.id).inserted { result.append(service) }
    return result
  }

  private func place(_ range: SourceRange) -> String { "\(table.sources[range.file].path):\(range.line)" }

  private func markedServices(inFile index: Int, options: LoadOptions) -> [DisabledService] {
    let file = table.sources.files[index]
    guard OffMarks.areIn(file.bytes), Dialect.detect(in: file.bytes) ?? .classic == .classic else { return [] }
    let revealed = SourceDocument(
      path: file.path, role: .classicFile, content: .bytes(OffMarks.revealed(file.bytes)))
    let configuration = ConfigurationLoader.load([revealed]) { _ in IncludeReply() }
    // What is no service behind its mark is a comment.
    let hidden = Normalizer.normalize(configuration, options: options).entries
    return hidden.map { entry in
      let range = entry.location
      let location = SourceRange(
        file: SourceFileID(index: Int32(index)), line: Int(range.line), column: Int(range.column),
        length: Int(range.length))
      return DisabledService(
        id: entry.definition.id, location: location, place: place(location), isMarked: true)
    }
  }
}
