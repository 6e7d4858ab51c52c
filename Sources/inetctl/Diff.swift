import ArgumentParser
import ControlProtocol
import ServiceConfiguration
import ServiceModel

/// Compares what the files say with what the daemon serves, or what two configurations mean.
struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare the files with the running daemon, or two configurations with each other.",
    discussion: """
      With two paths, files or directories in any syntax, the services of both are compared in their normal form.
      Exit status: 0 the same, 1 different or in error, 64 usage.
      """)

  @OptionGroup var live: LiveOptions

  @Argument(help: "An old and a new file or directory.") var paths: [String] = []

  func validate() throws {
    if !paths.isEmpty && paths.count != 2 { throw ValidationError("Name two configurations, or none.") }
  }

  func run() throws {
    if paths.isEmpty { return try compareWithDaemon() }
    let before = ConversionInput.read([paths[0]], as: .auto)
    let after = ConversionInput.read([paths[1]], as: .auto)
    for input in [before, after] {
      Output.complain(
        DiagnosticRenderer(input.table.sources).text(of: input.table.diagnostics.filter { $0.severity == .error }))
    }
    let difference = ConfigurationDifference(before.table, after.table)
    Output.write(live.json ? difference.json : difference.text)
    let isSound = !before.table.hasErrors && !after.table.hasErrors && !before.hasFailed && !after.hasFailed
    if !difference.isEmpty || !isSound { throw ExitCode.configurationErrors }
  }

  /// What a reload would change, and an exit status that says whether it would.
  private func compareWithDaemon() throws {
    let blocks = try live.ask(.diff)
    if live.json { live.show(blocks, columns: []) } else { Reload.show(blocks) }
    let isDifferent = blocks.contains { $0["severity"] == "error" || ($0["change"] ?? "unchanged") != "unchanged" }
    if isDifferent { throw ExitCode.configurationErrors }
  }
}

/// Services that came, went or changed, with their settings in normal form.
struct ConfigurationDifference {
  private enum Change {
    case removed(ServiceDefinition)
    case added(ServiceDefinition)
    case changed(from: ServiceDefinition, to: ServiceDefinition)
  }

  private var changes: [Change] = []
  var isEmpty: Bool { changes.isEmpty }

  init(_ old: ServiceTable, _ new: ServiceTable) {
    let before = Dictionary(old.entries.map { ($0.definition.id, $0.definition) }) { first, _ in first }
    let after = Dictionary(new.entries.map { ($0.definition.id, $0.definition) }) { first, _ in first }
    for entry in old.entries where after[entry.definition.id] == nil {
      changes.append(.removed(entry.definition))
    }
    for entry in new.entries {
      let definition = entry.definition
      guard let other = before[definition.id] else {
        changes.append(.added(definition))
        continue
      }
      if other != definition { changes.append(.changed(from: other, to: definition)) }
    }
  }

  var text: String {
    changes.map { change in
      switch change {
      case .removed(let definition): ConfigurationDifference.block(definition, sign: "-")
      case .added(let definition): ConfigurationDifference.block(definition, sign: "+")
      case .changed(let old, let new): ConfigurationDifference.block(from: old, to: new)
      }
    }.joined(separator: "\n")
  }

  /// An object for each service: what became of it, and the settings that went and came.
  var json: String {
    let objects = changes.map { change in
      switch change {
      case .removed(let definition):
        ConfigurationDifference.object(definition.id, "removed", ConfigurationDifference.lines(definition), [])
      case .added(let definition):
        ConfigurationDifference.object(definition.id, "added", [], ConfigurationDifference.lines(definition))
      case .changed(let old, let new):
        ConfigurationDifference.object(
          new.id, "changed", ConfigurationDifference.lines(old, butNotOf: new),
          ConfigurationDifference.lines(new, butNotOf: old))
      }
    }
    return objects.isEmpty ? "[]\n" : "[\n  " + objects.joined(separator: ",\n  ") + "\n]\n"
  }

  private static func object(_ id: String, _ change: String, _ removed: [String], _ added: [String]) -> String {
    JSONText.object([
      ("id", JSONText.string(id)), ("change", JSONText.string(change)),
      ("removed", JSONText.array(removed.map(JSONText.string))), ("added", JSONText.array(added.map(JSONText.string))),
    ])
  }

  private static func lines(_ definition: ServiceDefinition) -> [String] {
    CanonicalPrinter.lines(of: definition).map { FlatText.line($0.key, $0.words) }
  }

  private static func lines(_ definition: ServiceDefinition, butNotOf other: ServiceDefinition) -> [String] {
    let known = lines(other)
    return lines(definition).filter { !known.contains($0) }
  }

  private static func block(_ definition: ServiceDefinition, sign: String) -> String {
    CanonicalPrinter.section(definition).split(separator: "\n").map { "\(sign)\($0)\n" }.joined()
  }

  private static func block(from old: ServiceDefinition, to new: ServiceDefinition) -> String {
    let removed = lines(old, butNotOf: new).map { "-\($0)\n" }
    let added = lines(new, butNotOf: old).map { "+\($0)\n" }
    return " [service \(new.id)]\n" + removed.joined() + added.joined()
  }
}
