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
    let text = ConfigurationDifference(before.table, after.table).text
    Output.write(text)
    let isSound = !before.table.hasErrors && !after.table.hasErrors && !before.hasFailed && !after.hasFailed
    if !text.isEmpty || !isSound { throw ExitCode.configurationErrors }
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
  let text: String

  init(_ old: ServiceTable, _ new: ServiceTable) {
    var blocks: [String] = []
    let before = Dictionary(old.entries.map { ($0.definition.id, $0.definition) }) { first, _ in first }
    let after = Dictionary(new.entries.map { ($0.definition.id, $0.definition) }) { first, _ in first }
    for entry in old.entries where after[entry.definition.id] == nil {
      blocks.append(ConfigurationDifference.block(entry.definition, sign: "-"))
    }
    for entry in new.entries {
      let definition = entry.definition
      guard let other = before[definition.id] else {
        blocks.append(ConfigurationDifference.block(definition, sign: "+"))
        continue
      }
      if other != definition { blocks.append(ConfigurationDifference.block(from: other, to: definition)) }
    }
    text = blocks.joined(separator: "\n")
  }

  private static func block(_ definition: ServiceDefinition, sign: String) -> String {
    CanonicalPrinter.section(definition).split(separator: "\n").map { "\(sign)\($0)\n" }.joined()
  }

  private static func block(from old: ServiceDefinition, to new: ServiceDefinition) -> String {
    let before = CanonicalPrinter.lines(of: old).map { FlatText.line($0.key, $0.words) }
    let after = CanonicalPrinter.lines(of: new).map { FlatText.line($0.key, $0.words) }
    let removed = before.filter { !after.contains($0) }.map { "-\($0)\n" }
    let added = after.filter { !before.contains($0) }.map { "+\($0)\n" }
    return " [service \(new.id)]\n" + removed.joined() + added.joined()
  }
}
