import NetworkAddresses
import ServiceModel

extension KeyTable {
  static let typeWords: [(name: String, value: ServiceTypes)] = [
    ("RPC", .rpc), ("INTERNAL", .internal), ("UNLISTED", .unlisted), ("TCPMUX", .tcpmux), ("TCPMUXPLUS", .tcpmuxPlus),
  ]

  static let identityKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "id", "NAME", default: "the file's or section's name", "the name of this service in status, log and commands",
      scope: .service,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        if ServiceID.isValid(word.text) {
          draft.id = word.text
        } else {
          reader.fail("bad-id", "an id is 1 to 255 bytes without blanks, quotes and control characters", at: word)
        }
      }),
    ConfigurationKey(
      "service", "NAME", default: "the id", "name in /etc/services or /etc/rpc, or of the built-in", scope: .service,
      apply: { draft, reader in if let word = reader.single() { draft.serviceName = word.text } },
      words: { $0.service == $0.id ? nil : [$0.service] }),
    ConfigurationKey(
      "disable", "yes | no", default: "no", "whether the service is off; it is still checked", scope: .service,
      apply: { draft, reader in if let value = reader.boolean() { draft.isDisabled = value } },
      words: { $0.enabled ? nil : ["yes"] }),
    ConfigurationKey(
      "enabled", "ID...", default: "all", "only these services are on", operators: .all, scope: .defaults,
      apply: { draft, reader in
        draft.enabledIDs = reader.given(
          draft.enabledIDs, reader.edited(draft.enabledIDs ?? [], additive: reader.dialect == .xinetd))
      }),
    ConfigurationKey(
      "disabled", "ID...", default: "none", "these services are off", operators: .all, scope: .defaults,
      apply: { draft, reader in
        draft.disabledIDs = reader.edited(draft.disabledIDs, additive: reader.dialect == .xinetd)
      }),
    ConfigurationKey(
      "type", "RPC INTERNAL UNLISTED TCPMUX TCPMUXPLUS", default: "none",
      "RPC: register with rpcbind; INTERNAL: a built-in; TCPMUX, TCPMUXPLUS: reached through the tcpmux service",
      operators: .all, scope: .service,
      apply: { draft, reader in
        draft.types = reader.editedSet(draft.types, typeWords, additive: false)
      },
      words: { definition in
        var words: [String] = []
        if definition.rpc != nil { words.append("RPC") }
        if case .builtin(let builtin) = definition.handler, builtin != .sensor { words.append("INTERNAL") }
        switch definition.tcpmux {
        case .plain: words.append("TCPMUX")
        case .plus: words.append("TCPMUXPLUS")
        case nil: break
        }
        return words.isEmpty ? nil : words
      }),
    ConfigurationKey(
      "flags", "NORETRY IDONLY NODELAY SENSOR ...", default: "none",
      "xinetd's flags; NAMEINARGS, KEEPALIVE, NOLIBWRAP, IPv4, IPv6 are read as argv0, keepalive, libwrap, protocol",
      operators: .all, apply: applyFlags, words: flagWords),
    ConfigurationKey(
      "rpc_version", "N | N-M", default: "none", "versions of the RPC program", scope: .service,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        let ends = word.text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = ends.compactMap { ValueText.integer(String($0)).flatMap { UInt32(exactly: $0) } }
        guard numbers.count == ends.count, let low = numbers.first, let high = numbers.last, low <= high else {
          return reader.fail("bad-rpc-version", "'\(word.text)' is not a version or a range such as 1-3", at: word)
        }
        // Each is an entry of its own in rpcbind's table.
        guard high - low < 256 else {
          return reader.fail("bad-rpc-version", "'\(word.text)' are more than 256 versions", at: word)
        }
        draft.rpcVersions = low...high
      },
      words: { definition in
        guard let versions = definition.rpc?.versions else { return nil }
        return [
          versions.count == 1 ? "\(versions.lowerBound)" : "\(versions.lowerBound)-\(versions.upperBound)"
        ]
      }),
    ConfigurationKey(
      "rpc_number", "N", default: "from /etc/rpc", "number of the RPC program", scope: .service,
      apply: { draft, reader in
        if let value = reader.integer(0...Int(UInt32.max)) { draft.rpcNumber = UInt32(value) }
      },
      words: { $0.rpc?.number.map { ["\($0)"] } }),
  ]

  // MARK: Flags

  enum Flag: UInt8, Sendable {
    case noRetry, idOnly, noDelay, sensor, nameInArguments, keepalive, noLibwrap, ipv4, ipv6, labeled, reuse, intercept
  }

  static let flagNames: [(name: String, value: Flag)] = [
    ("NORETRY", .noRetry), ("IDONLY", .idOnly), ("NODELAY", .noDelay), ("SENSOR", .sensor),
    ("NAMEINARGS", .nameInArguments), ("KEEPALIVE", .keepalive), ("NOLIBWRAP", .noLibwrap), ("IPv4", .ipv4),
    ("IPv6", .ipv6), ("LABELED", .labeled), ("REUSE", .reuse), ("INTERCEPT", .intercept),
  ]

  @Sendable private static func applyFlags(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    let operation = reader.setting.operation
    if operation == .set && !reader.inDefaults {
      draft.flags = []
      draft.definition.retriesStart = true
      draft.definition.access.requiresIdent = false
      draft.definition.process.takesPeerLabel = false
      draft.definition.socket.options.noDelay = false
    }
    for word in reader.words {
      if let flag = reader.choice(word, flagNames) {
        set(flag, operation != .remove, in: &draft, word, reader)
      }
    }
  }

  private static func set(
    _ flag: Flag, _ on: Bool, in draft: inout ServiceDraft, _ word: RawWord, _ reader: SettingReader
  ) {
    func toggle(_ member: ServiceFlags) {
      if on { draft.flags.insert(member) } else { draft.flags.remove(member) }
    }
    switch flag {
    case .noRetry: draft.definition.retriesStart = !on
    case .idOnly: draft.definition.access.requiresIdent = on
    case .noDelay: draft.definition.socket.options.noDelay = on
    case .sensor: toggle(.sensor)
    case .nameInArguments: toggle(.nameInArguments)
    case .keepalive: toggle(.keepalive)
    case .noLibwrap: toggle(.noLibwrap)
    case .ipv4: toggle(.ipv4)
    case .ipv6: toggle(.ipv6)
    case .reuse: break
    case .labeled: draft.definition.process.takesPeerLabel = on
    case .intercept:
      reader.warn("ignored-flag", "flag INTERCEPT is ignored: a datagram server gets its packets unfiltered", at: word)
    }
  }

  @Sendable private static func flagWords(_ definition: ServiceDefinition) -> [String]? {
    var words: [String] = []
    if !definition.retriesStart { words.append("NORETRY") }
    if definition.access.requiresIdent { words.append("IDONLY") }
    if definition.process.takesPeerLabel { words.append("LABELED") }
    if definition.socket.options.noDelay { words.append("NODELAY") }
    if case .builtin(.sensor) = definition.handler { words.append("SENSOR") }
    return words.isEmpty ? nil : words
  }
}

/// What a service can be called.
package enum ServiceID {
  package static func isValid(_ text: String) -> Bool {
    if text.isEmpty || text.utf8.count > 255 { return false }
    return text.withBytes {
      $0.allSatisfy {
        $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\\")
      }
    }
  }
}
