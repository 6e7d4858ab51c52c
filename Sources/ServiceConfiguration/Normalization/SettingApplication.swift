import ServiceModel

/// Writes settings into a draft, each through its row of the key table.
struct SettingApplication {
  /// More settings than this in one service are no configuration; reading on would only cost time.
  private static let mostSettings = 20_000
  /// More findings than this in one service help nobody.
  private static let mostFindings = 50

  let findings: Findings
  let dialect: Dialect
  let inDefaults: Bool
  /// The keys that were set.
  private var seen = KeySet()
  /// What hangs on those that could not be read.
  private(set) var doubts: LookupDoubts = []
  private(set) var hasUnknownKey = false

  init(dialect: Dialect, inDefaults: Bool, findings: Findings) {
    self.dialect = dialect
    self.inDefaults = inDefaults
    self.findings = findings
  }

  /// Applies `settings` in order; false when one of them is in error.
  mutating func apply(_ settings: [RawSetting], to draft: inout ServiceDraft) -> Bool {
    let start = findings.diagnostics.count
    var isSound = true
    for (place, setting) in settings.enumerated() {
      if place > 0 && setting.key.range.file != settings[place - 1].key.range.file {
        // The next override snippet: it may replace what the one before it set.
        seen = KeySet()
      }
      if place == SettingApplication.mostSettings
        || findings.diagnostics.count - start >= SettingApplication.mostFindings
      {
        findings.add(
          Diagnostic(
            .error, "too-many-findings", "too much is wrong here; the rest is not read", at: setting.key.range))
        doubts = [.socket, .program]
        return false
      }
      if !apply(setting, to: &draft, among: settings) { isSound = false }
    }
    return isSound
  }

  private mutating func apply(_ setting: RawSetting, to draft: inout ServiceDraft, among all: [RawSetting]) -> Bool {
    let start = findings.diagnostics.count
    guard let number = setting.number ?? KeyTable.number(of: setting.key.text) else {
      hasUnknownKey = true
      return reportUnknown(setting.key)
    }
    let key = KeyTable[number]
    guard inDefaults ? key.scope.allowsDefaults : key.scope.allowsService else {
      return reportMisplaced(key, setting.key)
    }
    if !key.operators.contains(KeyOperators(setting.operation)) {
      findings.add(Diagnostic(.error, "bad-operator", "'\(key.name)' takes only '='", at: setting.key.range))
      return fail(key, setting, &draft, since: start)
    }
    if setting.operation == .set && !seen.insert(number) {
      reportRepeated(key, setting.key, among: all)
      return true
    }
    if case .ignored = key.effect {
      findings.add(
        Diagnostic(.warning, "ignored-key", "'\(key.name)' is ignored: \(key.help)", at: setting.key.range))
    }
    var reader = SettingReader(
      setting, key: key.name, dialect: dialect, inDefaults: inDefaults, findings: findings)
    let before = inDefaults ? draft : nil
    key.apply(&draft, &reader)
    draft.origins[number] = reader.range
    if !reader.hasFailed { return true }
    // The default is ignored whole, with those of its words that could be read.
    if let before { draft = before }
    return fail(key, setting, &draft, since: start)
  }

  /// A default in error: what it restricts stays closed, the rest goes on without it.
  private mutating func fail(
    _ key: ConfigurationKey, _ setting: RawSetting, _ draft: inout ServiceDraft, since start: Int
  ) -> Bool {
    doubts.formUnion(LookupDoubts(unreadable: key.name))
    if inDefaults {
      findings.conclude(
        since: start,
        outcome: key.isRestriction ? "services that rely on this default are skipped" : "this default is ignored")
      if key.isRestriction { draft.brokenRestrictions.append(Located(key.name, at: setting.key.range)) }
    }
    return false
  }

  // MARK: Reports

  /// xinetd ignored what it did not know, and so files rely on it; but a word that is nearly a restriction is one.
  private func reportUnknown(_ word: RawWord) -> Bool {
    let near = KeyTable.nearest(to: word.text)
    let isIgnored = dialect == .xinetd && near?.isRestriction != true
    findings.add(
      Diagnostic(
        isIgnored ? .warning : .error, "unknown-key", "unknown key '\(word.text)'", at: word.range,
        suggestion: near?.name, outcome: isIgnored ? "ignored" : nil))
    return isIgnored
  }

  private func reportMisplaced(_ key: ConfigurationKey, _ word: RawWord) -> Bool {
    let message =
      inDefaults ? "'\(key.name)' has no meaning in defaults" : "'\(key.name)' has a meaning only in defaults"
    findings.add(Diagnostic(.warning, "misplaced-key", message, at: word.range, outcome: "ignored"))
    return true
  }

  private func reportRepeated(_ key: ConfigurationKey, _ word: RawWord, among all: [RawSetting]) {
    let first = all.first { $0.operation == .set && ASCII.equal($0.key.text, key.name) }
    findings.add(
      Diagnostic(
        .warning, "repeated-key", "'\(key.name)' is given twice", at: word.range,
        notes: first.map { [.init("the first one counts", at: $0.key.range)] } ?? [], outcome: "this one is ignored"))
  }
}
