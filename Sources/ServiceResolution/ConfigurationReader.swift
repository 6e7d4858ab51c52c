import CLinux
import LinuxSystem
import ServiceConfiguration
import ServiceModel

/// Finds and reads the files of a configuration: the classic file, and those of the service directories that count.
///
/// A file's name counts if it ends in `.conf` or has no dot, and neither starts with `.` nor ends in `~`. Of files with
/// one name the highest directory's wins as a whole (UAPI configuration files specification); an empty file or a link to
/// /dev/null masks the lower ones.
package struct ConfigurationReader {
  /// Where a name was found last, which is the highest directory that has it.
  private struct Place {
    var path: String
    var level: Int
  }

  private static let snippetSuffix = ".conf.d"

  let paths: ConfigurationPaths
  /// Root must not read what others can write: it would hand root to whoever writes it.
  let checksWriters: Bool
  package private(set) var documents: [SourceDocument] = []
  package private(set) var diagnostics: [Diagnostic] = []
  /// False when a directory could not be read, so that nothing may be concluded from a file's absence.
  package private(set) var isComplete = true
  private var places: [String: Place] = [:]
  /// By the base of `BASE.conf.d`, then by the snippet's name.
  private var snippets: [String: [String: Place]] = [:]

  @export(interface) package init(paths: ConfigurationPaths, checksWriters: Bool) {
    self.paths = paths
    self.checksWriters = checksWriters
  }

  /// Reads everything: the classic file first, then the drop-ins in the order of their names, each followed by its
  /// overrides.
  @export(interface) package mutating func read() {
    readClassicFile()
    for (level, directory) in paths.directories.enumerated() { list(directory, level: level) }
    let names = places.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for name in names {
      guard let place = places[name] else { continue }
      readDropIn(place)
    }
    readSnippets(bases: names.reduce(into: [:]) { $0[ConfigurationReader.base(of: $1)] = places[$1]?.level })
  }

  private mutating func readClassicFile() {
    guard let path = paths.classicFile else { return }
    switch ConfigurationReader.contents(of: path, checksWriters: checksWriters) {
    case .missing:
      if paths.classicFileMayBeMissing { return }
      documents.append(SourceDocument(path: path, role: .classicFile, content: .missing))
    case .special(let content): documents.append(SourceDocument(path: path, role: .classicFile, content: content))
    case .found(let content, let status):
      documents.append(
        SourceDocument(path: path, role: .classicFile, content: content, identity: status?.identity))
    }
  }

  private mutating func readDropIn(_ place: Place) {
    switch ConfigurationReader.contents(of: place.path, checksWriters: checksWriters) {
    case .missing:
      // A link that leads nowhere; or the file was removed while we looked.
      diagnostics.append(.skippedFile(place.path, "is a link to nothing"))
    case .special: diagnostics.append(.skippedFile(place.path, "is not a file"))
    case .found(.bytes(let bytes), _) where bytes.isEmpty: break
    case .found(let content, let status):
      documents.append(
        SourceDocument(path: place.path, role: .dropIn, content: content, identity: status?.identity))
    }
  }

  // MARK: Directories

  private mutating func list(_ directory: String, level: Int) {
    guard let names = names(in: directory) else { return }
    for name in names {
      let path = directory + "/" + name
      if name.hasSuffix(ConfigurationReader.snippetSuffix) {
        listSnippets(path, base: String(name.dropLast(ConfigurationReader.snippetSuffix.utf8.count)), level: level)
      } else if ConfigurationReader.counts(name) {
        places[name] = Place(path: path, level: level)
      }
    }
  }

  private mutating func listSnippets(_ directory: String, base: String, level: Int) {
    guard let names = names(in: directory) else { return }
    for name in names where name.hasSuffix(".conf") && ConfigurationReader.counts(name) {
      snippets[base, default: [:]][name] = Place(path: directory + "/" + name, level: level)
    }
  }

  /// Nil for a directory that is not there or must not be used.
  private mutating func names(in directory: String) -> [String]? {
    switch ConfigurationReader.names(in: directory, checksWriters: checksWriters) {
    case .missing: return nil
    case .refused(let finding):
      diagnostics.append(finding)
      isComplete = false
      return nil
    case .listed(let names): return names
    }
  }

  /// Overrides beside their file or in a higher directory, in the order of their names.
  private mutating func readSnippets(bases: [String: Int]) {
    let sorted = snippets.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for base in sorted {
      guard let found = snippets[base] else { continue }
      for name in found.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
        guard let place = found[name], place.level >= bases[base] ?? 0 else { continue }
        readSnippet(place, base: base)
      }
    }
  }

  private mutating func readSnippet(_ place: Place, base: String) {
    switch ConfigurationReader.contents(of: place.path, checksWriters: checksWriters) {
    case .missing: diagnostics.append(.skippedFile(place.path, "is a link to nothing"))
    case .special: diagnostics.append(.skippedFile(place.path, "is not a file"))
    case .found(.bytes(let bytes), _) where bytes.isEmpty: break
    case .found(let content, _):
      documents.append(SourceDocument(path: place.path, role: .override(base: base), content: content))
    }
  }

  /// Whether a file of this name is read at all; `.dpkg-old`, `.rpmsave` and `.bak` never are.
  @export(interface) package static func counts(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, first != UInt8(ascii: "."), bytes.last != UInt8(ascii: "~") else { return false }
    return name.hasSuffix(".conf") || !bytes.contains(UInt8(ascii: "."))
  }

  /// The name that `BASE.conf.d` overrides by.
  private static func base(of name: String) -> String {
    name.hasSuffix(".conf") ? String(name.dropLast(5)) : name
  }
}

extension SourceDocument.Content {
  /// A file the administrator has named and that is not there.
  static let missing = SourceDocument.Content.unreadable(
    id: "missing-file", message: "does not exist")
}
