import ServiceModel

extension KeyTable {
  static let facilities: [(name: String, value: SyslogFacility)] = [
    ("kern", .kern), ("user", .user), ("mail", .mail), ("daemon", .daemon), ("auth", .auth), ("syslog", .syslog),
    ("lpr", .lpr), ("news", .news), ("uucp", .uucp), ("cron", .cron), ("authpriv", .authpriv), ("ftp", .ftp),
    ("local0", .local0), ("local1", .local1), ("local2", .local2), ("local3", .local3), ("local4", .local4),
    ("local5", .local5), ("local6", .local6), ("local7", .local7),
  ]

  static let levels: [(name: String, value: SyslogLevel)] = [
    ("emerg", .emerg), ("alert", .alert), ("crit", .crit), ("err", .err), ("warning", .warning), ("notice", .notice),
    ("info", .info), ("debug", .debug), ("error", .err), ("warn", .warning), ("panic", .emerg),
  ]

  static let successFields: [(name: String, value: SuccessLogFields)] = [
    ("PID", .pid), ("HOST", .host), ("USERID", .userID), ("EXIT", .exit), ("DURATION", .duration),
    ("TRAFFIC", .traffic),
  ]

  static let failureFields: [(name: String, value: FailureLogFields)] = [
    ("HOST", .host), ("USERID", .userID), ("ATTEMPT", .attempt), ("RECORD", .record),
  ]

  static let loggingKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "log_type", "SYSLOG FACILITY [LEVEL] | FILE PATH [SOFT [HARD]] | DAEMON", default: "DAEMON",
      "where lines about this service go", apply: applyLogType, words: logTypeWords),
    ConfigurationKey(
      "log_on_success", "PID HOST USERID EXIT DURATION TRAFFIC", default: "nothing",
      "what is logged when a server starts and ends", operators: .all,
      apply: { draft, reader in
        draft.definition.log.onSuccess =
          reader.editedSet(draft.definition.log.onSuccess, successFields, additive: true)
      },
      words: { definition in
        let fields = definition.log.onSuccess
        return fields.isEmpty ? nil : successFields.filter { fields.contains($0.value) }.map { $0.name }
      }),
    ConfigurationKey(
      "log_on_failure", "HOST USERID ATTEMPT RECORD", default: "HOST", "what is logged when a peer is refused",
      operators: .all,
      apply: { draft, reader in
        draft.definition.log.onFailure =
          reader.editedSet(draft.definition.log.onFailure, failureFields, additive: true)
      },
      words: { definition in
        let fields = definition.log.onFailure
        return fields == [.host] ? nil : failureFields.filter { fields.contains($0.value) }.map { $0.name }
      }),
    .keyword(
      "log_address", [("full", .full), ("prefix", .prefix), ("none", .none)], standard: LogAddressDetail.full,
      "how much of a peer's address is logged", get: { $0.log.address }, set: { $0.log.address = $1 }),
    .path(
      "banner", default: "none", "file that every peer is sent before the checks", get: { $0.banners.always },
      set: { $0.banners.always = $1 }),
    .path(
      "banner_success", default: "none", "file that a peer is sent who may connect", get: { $0.banners.success },
      set: { $0.banners.success = $1 }),
    .path(
      "banner_fail", default: "none", "file that a peer is sent who is refused", get: { $0.banners.failure },
      set: { $0.banners.failure = $1 }),
    ConfigurationKey(
      "mdns", "yes | no", default: "no", "announcement by xinetd's mDNS; there is none here", effect: .ignored,
      apply: { _, _ in }),
  ]

  @Sendable private static func applyLogType(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    guard let words = reader.words(1...4, "SYSLOG FACILITY [LEVEL], or FILE PATH [SOFT [HARD]]") else { return }
    enum Kind { case syslog, file, daemon }
    switch reader.choice(words[0], [("SYSLOG", Kind.syslog), ("FILE", .file), ("DAEMON", .daemon)]) {
    case .daemon?:
      if words.count > 1 { return reader.fail("extra-value", "'DAEMON' stands alone", at: words[1]) }
      draft.definition.log.destination = .daemon
    case .syslog?:
      if words.count > 3 { return reader.fail("extra-value", "SYSLOG takes a facility and a level", at: words[3]) }
      guard words.count > 1 else {
        return reader.fail("missing-value", "SYSLOG needs a facility, such as daemon", at: words[0])
      }
      guard let facility = reader.choice(words[1], facilities) else { return }
      guard let level = words.count > 2 ? reader.choice(words[2], levels) : .info else { return }
      draft.definition.log.destination = .syslog(facility, level)
    case .file?:
      guard words.count > 1 else { return reader.fail("missing-value", "FILE needs a path", at: words[0]) }
      guard let path = reader.path(words[1]) else { return }
      let soft = words.count > 2 ? reader.size(words[2], 1...UInt64(Int64.max)) : nil
      if words.count > 2 && soft == nil { return }
      let hard = words.count > 3 ? reader.size(words[3], 1...UInt64(Int64.max)) : nil
      if words.count > 3 && hard == nil { return }
      if let soft, let hard, hard < soft {
        return reader.fail("out-of-range", "the hard limit is below the soft one", at: words[3])
      }
      draft.definition.log.destination = .file(path: path, soft: soft, hard: hard)
    case nil: break
    }
  }

  @Sendable private static func logTypeWords(_ definition: ServiceDefinition) -> [String]? {
    switch definition.log.destination {
    case .daemon: return nil
    case .syslog(let facility, let level):
      return ["SYSLOG", Choices.name(of: facility, in: facilities), Choices.name(of: level, in: levels)]
    case .file(let path, let soft, let hard):
      return ["FILE", path] + [soft, hard].compactMap { $0.map { ValueText.size($0) } }
    }
  }
}
