import ServiceModel

extension KeyTable {
  static let accessKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "only_from", "ADDRESS[/PREFIX] HOST .DOMAIN NETWORK ...", default: "everyone", "who alone may connect",
      operators: .all, isRestriction: true,
      apply: { draft, reader in
        let list = draft.definition.access.onlyFrom
        draft.definition.access.onlyFrom = reader.given(list, reader.accessList(list))
      },
      words: { $0.access.onlyFrom.map { $0.map { $0.text } } }),
    ConfigurationKey(
      "no_access", "ADDRESS[/PREFIX] HOST .DOMAIN NETWORK ...", default: "nobody",
      "who may not connect; the more specific of only_from and no_access counts", operators: .all, isRestriction: true,
      apply: { draft, reader in
        draft.definition.access.noAccess = reader.accessList(draft.definition.access.noAccess)
      },
      words: { $0.access.noAccess.isEmpty ? nil : $0.access.noAccess.map { $0.text } }),
    ConfigurationKey(
      "access_times", "HH:MM-HH:MM...", default: "always", "when the service is open; may wrap midnight",
      operators: .all, isRestriction: true, apply: applyTimes,
      words: { $0.access.times.isEmpty ? nil : $0.access.times.map { $0.text } }),
    ConfigurationKey(
      "libwrap", "yes | no | NAME", default: "no",
      "whether hosts.allow and hosts.deny are asked, and under which daemon name",
      isRestriction: true,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if let isOn = ValueText.boolean(word.text) {
          draft.libwrap = isOn ? .yes : .no
          draft.definition.access.libwrapName = nil
        } else if ServiceName.isValid(word.text) {
          draft.libwrap = .yes
          draft.definition.access.libwrapName = word.text
        } else {
          reader.fail("bad-name", "'\(word.text)' cannot be a daemon's name in hosts.allow", at: word)
        }
      },
      words: { definition in
        if definition.access.libwrap == .no { return nil }
        return [definition.access.libwrapName ?? "yes"]
      }),
    ConfigurationKey(
      "max_load", "N.NN", default: "none", "refuse while the one-minute load average is above this",
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if let value = Hundredths.parse(word.text) {
          draft.definition.access.maxLoad = value == 0 ? nil : value
        } else {
          reader.fail("bad-number", "'\(word.text)' is not a load such as 4 or 2.5", at: word)
        }
      },
      words: { $0.access.maxLoad.map { [Hundredths.text($0)] } }),
    ConfigurationKey(
      "deny_time", "FOREVER | NEVER | MINUTES", default: "NEVER",
      "how long who touched a SENSOR is locked out of all services",
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if ASCII.equal(word.text, "forever") {
          draft.definition.access.denyTime = .forever
        } else if ASCII.equal(word.text, "never") {
          draft.definition.access.denyTime = .never
        } else if let minutes = reader.integer(word, 1...525_600) {
          draft.definition.access.denyTime = .minutes(minutes)
        }
      },
      words: { definition in
        switch definition.access.denyTime {
        case .forever: ["FOREVER"]
        case .never: ["NEVER"]
        case .minutes(let minutes): ["\(minutes)"]
        case nil: nil
        }
      }),
    .keyword(
      "proxy_protocol", [("no", .no), ("yes", .yes), ("require", .require)], standard: ProxyProtocolPolicy.no,
      "whether a PROXY protocol header is read before anything else", isRestriction: true,
      get: { $0.proxyProtocol }, set: { $0.proxyProtocol = $1 }),
    ConfigurationKey(
      "proxy_from", "ADDRESS[/PREFIX]...", default: "none", "whose PROXY headers are believed", operators: .all,
      isRestriction: true,
      apply: { draft, reader in
        draft.definition.proxyFrom = reader.accessList(draft.definition.proxyFrom)
      },
      words: { $0.proxyFrom.isEmpty ? nil : $0.proxyFrom.map { $0.text } }),
  ]

  @Sendable private static func applyTimes(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    var items: [(word: RawWord, value: AccessInterval)] = []
    for word in reader.words {
      if let interval = AccessInterval(text: word.text) {
        items.append((word, interval))
      } else {
        reader.fail("bad-interval", "'\(word.text)' is not an interval such as 08:00-18:30", at: word)
      }
    }
    if reader.words.isEmpty { _ = reader.single() }
    draft.definition.access.times =
      reader.edited(draft.definition.access.times, additive: true, items) { $0 == $1 }
  }
}

extension AccessInterval {
  /// `HH:MM-HH:MM`; 24:00 only as an end, and the two ends differ.
  init?(text: String) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let start = AccessInterval.minutes(ends[0]), let end = AccessInterval.minutes(ends[1]),
      start < 1440, start != end
    else { return nil }
    self.init(start: start, end: end)
  }

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
      let hours = ValueText.integer(String(parts[0])), let minutes = ValueText.integer(String(parts[1])),
      (0...24).contains(hours), (0...59).contains(minutes), hours < 24 || minutes == 0
    else { return nil }
    return hours * 60 + minutes
  }

  package var text: String {
    func clock(_ minutes: Int) -> String {
      func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      return "\(two(minutes / 60)):\(two(minutes % 60))"
    }
    return "\(clock(start))-\(clock(end))"
  }
}

/// Numbers with up to two places behind the point, held in hundredths: floating point has no place in the daemon.
enum Hundredths {
  static func parse(_ text: String) -> Int? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, !(first.isEmpty && parts.count < 2) else { return nil }
    let whole = first.isEmpty ? 0 : ValueText.integer(String(first))
    guard let whole, (0...1_000_000).contains(whole) else { return nil }
    guard parts.count == 2 else { return whole * 100 }
    guard !parts[1].isEmpty, parts[1].utf8.allSatisfy(ASCII.isDigit) else { return nil }
    let digits = Array(parts[1].utf8.prefix(2))
    return whole * 100 + Int(digits[0] - 0x30) * 10 + (digits.count > 1 ? Int(digits[1] - 0x30) : 0)
  }

  static func text(_ value: Int) -> String {
    let rest = value % 100
    if rest == 0 { return "\(value / 100)" }
    return rest % 10 == 0 ? "\(value / 100).\(rest / 10)" : "\(value / 100).\(rest / 10)\(rest % 10)"
  }
}
