import ArgumentParser
import ServiceConfiguration
import ServiceModel
import ServiceResolution

/// Says in words what a service will do, or what a key means.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say in words what a service does, or what a key means.",
    discussion: "Without a name: all keys. Exit status: 0 fine, 1 no such service or key, 64 usage.")

  @Argument(
    help: "The id of a service or the name of a key.", completion: .list(KeyTable.keys.map { $0.name }))
  var name: String?

  @OptionGroup var files: ConfigurationOptions

  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    guard let name else { return Output.write(json ? KeyExplanation.json : KeyExplanation.overview) }
    if let key = KeyTable.key(named: name) {
      return Output.write(json ? KeyExplanation.json(of: key) + "\n" : KeyExplanation.text(of: key))
    }
    let table = files.load().table
    if let entry = table.entry(named: name) {
      let explanation = ServiceExplanation(entry, in: table.sources)
      return Output.write(json ? explanation.json + "\n" : explanation.text)
    }
    let isRejected = table.rejected.contains { $0.id == name }
    if isRejected {
      Output.complain(DiagnosticRenderer(table.sources).text(of: table.diagnostics.filter { $0.severity == .error }))
    }
    let near = NearMiss.nearest(
      to: name, among: table.entries.map { $0.definition.id } + KeyTable.keys.map { $0.name })
    Output.complain(
      isRejected
        ? "inetctl: service '\(name)' is in error\n"
        : "inetctl: there is neither a service nor a key '\(name)'"
          + (near.map { "; did you mean '\($0)'?" } ?? "") + "\n")
    throw ExitCode.configurationErrors
  }
}

/// Help about keys, out of the key table.
enum KeyExplanation {
  static func text(of key: ConfigurationKey) -> String {
    var lines = ["\(key.name) = \(key.syntax)", "", "  \(key.help).", "", "  default    \(key.defaultText)"]
    lines.append("  operators  \(operators(of: key))")
    lines.append("  where      \(place(of: key))")
    switch key.effect {
    case .active: break
    case .ignored: lines.append("  note       accepted and ignored")
    }
    if key.name == "sandbox" { lines += [""] + SandboxExplanation.bundles }
    if key.name == "system_calls" { lines += [""] + SandboxExplanation.systemCallGroups }
    return lines.joined(separator: "\n") + "\n"
  }

  static func json(of key: ConfigurationKey) -> String {
    JSONText.object([
      ("key", JSONText.string(key.name)), ("group", JSONText.string(key.group.title)),
      ("syntax", JSONText.string(key.syntax)), ("help", JSONText.string(key.help)),
      ("default", JSONText.string(key.defaultText)), ("operators", JSONText.string(operators(of: key))),
      ("where", JSONText.string(place(of: key))), ("ignored", key.effect == .ignored ? "true" : "false"),
    ])
  }

  /// All keys by group, an object each.
  static var json: String {
    let keys = KeyGroup.allCases.flatMap { group in KeyTable.keys.filter { $0.group == group } }
    return "[\n  " + keys.map { json(of: $0) }.joined(separator: ",\n  ") + "\n]\n"
  }

  /// All keys by group, one line each.
  static var overview: String {
    let width = KeyTable.keys.map { $0.name.count }.max() ?? 0
    var lines: [String] = []
    for group in KeyGroup.allCases {
      if !lines.isEmpty { lines.append("") }
      lines.append("\(group.title):")
      for key in KeyTable.keys where key.group == group {
        let gap = String(repeating: " ", count: width + 2 - key.name.count)
        lines.append("  \(key.name)\(gap)\(key.help)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func operators(of key: ConfigurationKey) -> String {
    key.operators == .all ? "= += -=" : "="
  }

  private static func place(of key: ConfigurationKey) -> String {
    switch key.scope {
    case .service: "services"
    case .serviceAndDefaults: "services and defaults"
    case .defaults: "defaults"
    }
  }
}
