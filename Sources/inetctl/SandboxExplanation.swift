import ServiceModel

/// What the sandbox bundles stand for.
enum SandboxExplanation {
  /// The keys that a bundle sets, in flat syntax.
  static func settings(of bundle: SandboxBundle) -> [String] {
    switch bundle {
    case .none: []
    case .basic:
      ["no_new_privileges = yes", "private_tmp = yes", "protect_system = yes", "protect_home = read_only"]
    case .strict:
      [
        "no_new_privileges = yes", "capabilities = none", "private_tmp = yes", "private_pids = yes",
        "protect_system = strict", "protect_home = yes", "system_calls = @service",
      ]
    case .ctf:
      [
        "no_new_privileges = yes", "capabilities = none", "private_tmp = yes", "private_network = yes",
        "private_pids = yes", "protect_system = strict", "protect_home = yes", "system_calls = @service",
      ]
    }
  }

  static var bundles: [String] {
    let named: [(String, SandboxBundle)] = [("basic", .basic), ("strict", .strict), ("ctf", .ctf)]
    return named.flatMap { name, bundle in ["  sandbox = \(name)"] + settings(of: bundle).map { "    " + $0 } }
  }
}
