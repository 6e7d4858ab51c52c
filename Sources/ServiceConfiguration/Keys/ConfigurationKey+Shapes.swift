import ServiceModel

/// Rows of the common shapes: what they read, they store; what differs from the default, they print.
extension ConfigurationKey {
  typealias Read<Value> = @Sendable (ServiceDefinition) -> Value
  typealias Store<Value> = @Sendable (inout ServiceDefinition, Value) -> Void

  /// A boolean that is off unless set.
  static func flag(
    _ name: String, _ help: String, effect: KeyEffect = .active, get: @escaping Read<Bool>, set: @escaping Store<Bool>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "yes | no", default: "no", help, effect: effect,
      apply: { draft, reader in if let value = reader.boolean() { set(&draft.definition, value) } },
      words: { get($0) ? ["yes"] : nil })
  }

  /// A boolean that has a third state: not set.
  static func optionalFlag(
    _ name: String, default defaultText: String, _ help: String, effect: KeyEffect = .active,
    isRestriction: Bool = false, get: @escaping Read<Bool?>, set: @escaping Store<Bool?>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "yes | no", default: defaultText, help, effect: effect, isRestriction: isRestriction,
      apply: { draft, reader in if let value = reader.boolean() { set(&draft.definition, value) } },
      words: { get($0).map { [ValueText.boolean($0)] } })
  }

  /// A number with a range, nil unless set.
  static func number(
    _ name: String, _ range: ClosedRange<Int>, default defaultText: String, _ help: String,
    effect: KeyEffect = .active, isRestriction: Bool = false, get: @escaping Read<Int?>, set: @escaping Store<Int>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "N", default: defaultText, help, effect: effect, isRestriction: isRestriction,
      apply: { draft, reader in if let value = reader.integer(range) { set(&draft.definition, value) } },
      words: { get($0).map { ["\($0)"] } })
  }

  /// Bytes, nil unless set.
  static func size(
    _ name: String, _ range: ClosedRange<UInt64>, default defaultText: String, _ help: String,
    effect: KeyEffect = .active, isRestriction: Bool = false, get: @escaping Read<UInt64?>, set: @escaping Store<UInt64>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "SIZE", default: defaultText, help, effect: effect, isRestriction: isRestriction,
      apply: { draft, reader in
        if let word = reader.single(), let value = reader.size(word, range) { set(&draft.definition, value) }
      },
      words: { get($0).map { [ValueText.size($0)] } })
  }

  /// Seconds; `none` clears. Printed unless equal to `standard`.
  static func time(
    _ name: String, standard: Int? = nil, default defaultText: String, _ help: String, effect: KeyEffect = .active,
    get: @escaping Read<Int?>, set: @escaping Store<Int?>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "TIME | none", default: defaultText, help, effect: effect,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if standard == nil && ASCII.equal(word.text, "none") { return set(&draft.definition, nil) }
        if let value = reader.time(word, 1...Int(Int32.max)) { set(&draft.definition, value) }
      },
      words: { definition in
        let value = get(definition)
        return value == standard ? nil : value.map { [ValueText.time($0)] }
      })
  }

  /// An absolute path; `none` clears.
  static func path(
    _ name: String, default defaultText: String, _ help: String, effect: KeyEffect = .active,
    isRestriction: Bool = false, get: @escaping Read<String?>, set: @escaping Store<String?>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "PATH | none", default: defaultText, help, effect: effect, isRestriction: isRestriction,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if ASCII.equal(word.text, "none") { return set(&draft.definition, nil) }
        if let path = reader.path(word) { set(&draft.definition, path) }
      },
      words: { get($0).map { [$0] } })
  }

  /// One keyword of a closed set.
  static func keyword<Value: Equatable & Sendable>(
    _ name: String, _ choices: [(name: String, value: Value)], standard: Value, _ help: String,
    effect: KeyEffect = .active, isRestriction: Bool = false, get: @escaping Read<Value>, set: @escaping Store<Value>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, choices.map { $0.name }.joined(separator: " | "), default: Choices.name(of: standard, in: choices), help,
      effect: effect, isRestriction: isRestriction,
      apply: { draft, reader in if let value = reader.choice(choices) { set(&draft.definition, value) } },
      words: { definition in
        let value = get(definition)
        return value == standard ? nil : [Choices.name(of: value, in: choices)]
      })
  }
}

/// Names of the values of closed sets.
enum Choices {
  /// The first name of a value: lists may give one value several.
  static func name<Value: Equatable>(of value: Value, in choices: [(name: String, value: Value)]) -> String {
    choices.first { $0.value == value }?.name ?? ""
  }
}
