import LinuxSystem
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// Where the switch of one service is: what `enable` and `disable` have to change.
enum SwitchTarget: Equatable {
  /// A line of a file in inetd.conf's syntax, which gets or loses its mark.
  case line(file: String, line: Int)
  /// The same in a directory that is not for changes by hand: the changed file becomes one of the highest directory,
  /// where it replaces the other as a whole.
  case copiedLine(file: String, line: Int, copy: String)
  /// A file of a service directory, over which an override is put.
  case override(snippet: String, id: String)

  /// The file that will be changed.
  var path: String {
    switch self {
    case .line(let file, _): file
    case .copiedLine(_, _, let copy): copy
    case .override(let snippet, _): snippet
    }
  }
}

/// Finds services, on or off, and their switches in one load.
struct SwitchPanel {
  /// One service as the files have it.
  struct Finding: Equatable {
    let id: String
    let isEnabled: Bool
    let location: SourceRange
  }

  let load: ConfigurationLoad
  let paths: ConfigurationPaths
  private let disabled: [DisabledService]

  init(_ load: ConfigurationLoad, paths: ConfigurationPaths, options: LoadOptions) {
    self.load = load
    self.paths = paths
    disabled = load.disabledServices(options: options)
  }

  /// The service of this id; else the only one whose name it is.
  func find(_ name: String) throws(SwitchFailure) -> Finding {
    let all = findings
    if let exact = all.first(where: { $0.id == name }) { return exact }
    if let rejected = load.table.rejected.first(where: { $0.id == name }) {
      return Finding(id: name, isEnabled: true, location: rejected.location)
    }
    let named = all.filter { $0.id.split(separator: "/").first.map(String.init) == name }
    if named.count == 1 { return named[0] }
    if named.count > 1 {
      throw SwitchFailure("'\(name)' can mean \(named.map { "'\($0.id)'" }.joined(separator: " or "))")
    }
    let near = NearMiss.nearest(to: name, among: all.map { $0.id })
    // A file that cannot be read is a better reason than a name that is nearly the same.
    let unread = load.table.isComplete ? [] : ServiceFindings(load.table)[name]
    let reason = unread.isEmpty ? near.map { "did you mean '\($0)'?" } : unread.joined(separator: "; ")
    throw SwitchFailure("there is no service '\(name)'" + (reason.map { "; \($0)" } ?? ""))
  }

  /// What is on, apart from `id`: a switch must not change anything else.
  func enabledIDs(except id: String) -> Set<String> {
    Set(load.services.map { $0.definition.id }).subtracting([id])
  }

  private var findings: [Finding] {
    let entries = load.table.entries.filter { $0.definition.enabled }.map {
      Finding(id: $0.definition.id, isEnabled: true, location: $0.location)
    }
    return entries + disabled.map { Finding(id: $0.id, isEnabled: false, location: $0.location) }
  }

  /// Where the switch of a service is.
  func target(of finding: Finding) throws(SwitchFailure) -> SwitchTarget {
    let file = load.table.sources[finding.location.file]
    let line = Int(finding.location.line)
    let document = documentPath(of: finding.location.file)
    if Dialect.detect(in: file.bytes) ?? .classic == .classic {
      return lineTarget(in: file.path, line: line, isDocument: document == file.path)
    }
    guard let document, document != paths.classicFile, let highest = paths.directories.last else {
      throw SwitchFailure("\(file.path):\(line) is included by inetd.conf; set 'disable' there by hand")
    }
    let name = document.split(separator: "/").last.map(String.init) ?? document
    let base = name.hasSuffix(".conf") ? String(name.dropLast(5)) : name
    return .override(snippet: "\(highest)/\(base).conf.d/\(SwitchSnippet.fileName)", id: finding.id)
  }

  private func lineTarget(in file: String, line: Int, isDocument: Bool) -> SwitchTarget {
    guard isDocument, file != paths.classicFile, let highest = paths.directories.last,
      FileSystem.parent(of: file) != highest
    else { return .line(file: file, line: line) }
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return .copiedLine(file: file, line: line, copy: "\(highest)/\(name)")
  }

  /// The file that was read for its own sake and led to this one: the loader numbers what a file includes behind it.
  private func documentPath(of id: SourceFileID) -> String? {
    for index in stride(from: Int(id.index), through: 0, by: -1) {
      let path = load.table.sources.files[index].path
      if path == paths.classicFile || paths.directories.contains(FileSystem.parent(of: path)) { return path }
    }
    return nil
  }
}

/// Why a service could not be switched.
struct SwitchFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
