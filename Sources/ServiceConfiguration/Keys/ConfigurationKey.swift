import ServiceModel

/// Which of `=`, `+=` and `-=` a key takes.
package struct KeyOperators: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let set = KeyOperators(rawValue: 1)
  package static let add = KeyOperators(rawValue: 2)
  package static let remove = KeyOperators(rawValue: 4)
  package static let all: KeyOperators = [.set, .add, .remove]

  package init(_ operation: RawOperator) {
    switch operation {
    case .set: self = .set
    case .add: self = .add
    case .remove: self = .remove
    }
  }
}

/// Where a key may stand.
package enum KeyScope: UInt8, Sendable {
  case service, serviceAndDefaults, defaults

  package var allowsDefaults: Bool { self != .service }
  package var allowsService: Bool { self != .defaults }
}

/// Whether the daemon acts on a key.
package enum KeyEffect: Sendable {
  case active
  /// Accepted for the sake of old files and without effect for good.
  case ignored
}

/// The chapter of the manual a key stands in.
package enum KeyGroup: UInt8, CaseIterable, Sendable {
  case identity, sockets, server, access, limits, logging, timeouts, sandbox

  package var title: String {
    switch self {
    case .identity: "Identity"
    case .sockets: "Sockets"
    case .server: "Server"
    case .access: "Access"
    case .limits: "Limits"
    case .logging: "Logging and banners"
    case .timeouts: "Timeouts"
    case .sandbox: "Sandbox and control groups"
    }
  }
}

/// One row of the key table: everything there is to know about a key.
///
/// A class, so that looking one up costs a reference and not a dozen.
package final class ConfigurationKey: Sendable {
  typealias Apply = @Sendable (inout ServiceDraft, inout SettingReader) -> Void
  typealias Words = @Sendable (ServiceDefinition) -> [String]?

  package let name: String
  package let group: KeyGroup
  package let operators: KeyOperators
  package let scope: KeyScope
  package let effect: KeyEffect
  /// The form of the value, for people: `N UNLIMITED`.
  package let syntax: String
  /// The default in flat syntax, for people.
  package let defaultText: String
  /// One line.
  package let help: String
  /// The key closes something; a value that cannot be read must not leave it open.
  package let isRestriction: Bool
  /// Reads the value into a draft.
  let apply: Apply
  /// The value in flat syntax; nil where it is what a flat file has without the key.
  let words: Words

  init(
    _ name: String, _ syntax: String, default defaultText: String, _ help: String, operators: KeyOperators = .set,
    scope: KeyScope = .serviceAndDefaults, effect: KeyEffect = .active, isRestriction: Bool = false,
    group: KeyGroup = .identity, apply: @escaping Apply, words: @escaping Words = { _ in nil }
  ) {
    self.name = name
    self.group = group
    self.syntax = syntax
    self.defaultText = defaultText
    self.help = help
    self.operators = operators
    self.scope = scope
    self.effect = effect
    self.isRestriction = isRestriction
    self.apply = apply
    self.words = words
  }

  func inGroup(_ group: KeyGroup) -> ConfigurationKey {
    ConfigurationKey(
      name, syntax, default: defaultText, help, operators: operators, scope: scope, effect: effect,
      isRestriction: isRestriction, group: group, apply: apply, words: words)
  }

  /// The value of a definition in flat syntax, word by word; nil where a flat file needs no line for it.
  package func values(of definition: ServiceDefinition) -> [String]? { words(definition) }
}
