import ServiceModel

/// Reads the values of one setting: each function gives the value, or reports what is wrong with it and gives nil.
struct SettingReader {
  let setting: RawSetting
  /// The key's name as the table spells it.
  let key: String
  /// The syntax the value is written in; an override snippet is flat whatever it overrides.
  let dialect: Dialect
  let inDefaults: Bool
  let findings: Findings
  /// A value was in error.
  private(set) var hasFailed = false

  init(_ setting: RawSetting, key: String, dialect: Dialect, inDefaults: Bool, findings: Findings) {
    self.setting = setting
    self.key = key
    self.dialect = dialect
    self.inDefaults = inDefaults
    self.findings = findings
  }

  var words: RawWords { setting.values }

  /// The place that stands for the whole value.
  var range: SourceRange { setting.values.first?.range ?? setting.key.range }

  mutating func fail(_ id: String, _ message: String, at word: RawWord? = nil, suggestion: String? = nil) {
    hasFailed = true
    findings.add(Diagnostic(.error, id, message, at: word?.range ?? range, suggestion: suggestion))
  }

  func warn(_ id: String, _ message: String, at word: RawWord? = nil, suggestion: String? = nil) {
    findings.add(Diagnostic(.warning, id, message, at: word?.range ?? range, suggestion: suggestion))
  }

  /// The only word of the value.
  mutating func single() -> RawWord? {
    if let only = setting.values.only { return only }
    if words.isEmpty {
      fail("missing-value", "'\(key)' needs a value", at: setting.key)
    } else {
      fail("extra-value", "'\(key)' takes one value", at: words[1])
    }
    return nil
  }

  /// All words, `count` of them.
  mutating func words(_ count: ClosedRange<Int>, _ syntax: String) -> RawWords? {
    if count.contains(words.count) { return words }
    if words.count < count.lowerBound {
      fail("missing-value", "'\(key)' needs \(syntax)", at: words.last ?? setting.key)
    } else {
      fail("extra-value", "'\(key)' takes \(syntax)", at: words[count.upperBound])
    }
    return nil
  }
}
