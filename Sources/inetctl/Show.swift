import ArgumentParser
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// Prints the normal form of the configuration.
struct Show: ParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case conf, json }

  static let configuration = CommandConfiguration(
    abstract: "Print services in their normal form, whatever they are written in.",
    discussion: "Exit status: 0 fine, 1 errors in the files or no such service, 64 usage.")

  @Argument(help: "Services to print; all, if none is named.") var ids: [String] = []

  @OptionGroup var files: ConfigurationOptions

  @Option(help: "conf is the flat syntax, json is for programs.") var format = Format.conf

  func run() throws {
    let table = files.load().table
    Output.complain(DiagnosticRenderer(table.sources).text(of: table.diagnostics.filter { $0.severity == .error }))
    var isComplete = !table.hasErrors || !ids.isEmpty
    var entries = table.entries
    if !ids.isEmpty {
      entries = ids.compactMap { id in
        if let entry = table.entry(named: id) { return entry }
        Output.complain(table.unknownService(id))
        isComplete = false
        return nil
      }
    }
    switch format {
    case .conf: Output.write(CanonicalPrinter.sections(entries.map { $0.definition }))
    case .json: Output.write(table.json(of: entries))
    }
    if !isComplete { throw ExitCode.configurationErrors }
  }
}

extension ServiceTable {
  /// The service of this id; else the only one whose name of /etc/services it is.
  func entry(named name: String) -> ServiceEntry? {
    if let entry = entries.first(where: { $0.definition.id == name }) { return entry }
    let others = entries.filter { $0.definition.service == name }
    return others.count == 1 ? others[0] : nil
  }

  /// Why there is nothing to say about `id`.
  func unknownService(_ id: String) -> String {
    if rejected.contains(where: { $0.id == id }) { return "inetctl: service '\(id)' is in error\n" }
    let near = NearMiss.nearest(to: id, among: entries.map { $0.definition.id })
    return "inetctl: there is no service '\(id)'" + (near.map { "; did you mean '\($0)'?" } ?? "") + "\n"
  }

  /// Services with their settings in table order, each a list of words, and the place of their definition.
  func json(of entries: [ServiceEntry]) -> String {
    let services = entries.map { entry in
      let settings = CanonicalPrinter.lines(of: entry.definition).map { line in
        (name: line.key, value: JSONText.array(line.words.map { JSONText.string($0) }))
      }
      return JSONText.object([
        ("id", JSONText.string(entry.definition.id)), ("enabled", entry.definition.enabled ? "true" : "false"),
        ("file", JSONText.string(sources[entry.location.file].path)), ("line", "\(entry.location.line)"),
        ("settings", JSONText.object(settings)),
      ])
    }
    return "{\"services\": [" + services.map { "\n  " + $0 }.joined(separator: ",")
      + (services.isEmpty ? "]}\n" : "\n]}\n")
  }
}
