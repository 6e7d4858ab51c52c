import ServiceConfiguration
import ServiceModel

/// What the sandbox bundles stand for.
enum SandboxExplanation {
  /// The keys that a bundle sets, in flat syntax.
  static func settings(of bundle: SandboxBundle) -> [String] {
    var definition = ServiceDefinition(id: "", handler: .builtin(.echo))
    definition.sandbox.bundle = bundle
    definition.sandbox = definition.sandbox.expanded
    return KeyTable.keys.filter { $0.group == .sandbox && $0.name != "sandbox" }.compactMap { key in
      key.values(of: definition).map { "\(key.name) = " + $0.joined(separator: " ") }
    }
  }

  static var bundles: [String] {
    let named: [(String, SandboxBundle)] = [("basic", .basic), ("strict", .strict), ("ctf", .ctf)]
    return named.flatMap { name, bundle in ["  sandbox = \(name)"] + settings(of: bundle).map { "    " + $0 } }
  }

  /// The groups that `system_calls` knows.
  static var systemCallGroups: [String] {
    SystemCallGroup.all.map { group in
      let parts = group.includes.isEmpty ? "" : ": " + group.includes.map { "@" + $0 }.joined(separator: " ")
      return "  @\(group.name)  \(group.help)\(parts)"
    }
  }
}
