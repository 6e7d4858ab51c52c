import ServiceModel

extension KeyTable {
  static let limitKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "instances", "N | UNLIMITED", default: "512", "most servers at a time",
      apply: { draft, reader in if let value = reader.countLimit() { draft.definition.limits.instances = value } },
      words: { definition in
        let limit = definition.limits.instances
        return limit == LimitDefinition.defaultInstances ? nil : [ValueText.count(limit)]
      }),
    ConfigurationKey(
      "per_source", "N | UNLIMITED", default: "UNLIMITED", "most servers at a time for one source",
      apply: { draft, reader in if let value = reader.countLimit() { draft.definition.limits.perSource = value } },
      words: { definition in
        let limit = definition.limits.perSource
        return limit == .unlimited ? nil : [ValueText.count(limit)]
      }),
    ConfigurationKey(
      "source_prefix", "V4 V6", default: "32 64", "bits of the address that make one source",
      apply: { draft, reader in
        guard let words = reader.words(2...2, "two prefix lengths, of IPv4 and of IPv6"),
          let v4 = reader.integer(words[0], 0...32), let v6 = reader.integer(words[1], 0...128)
        else { return }
        draft.definition.limits.sourcePrefix4 = UInt8(v4)
        draft.definition.limits.sourcePrefix6 = UInt8(v6)
      },
      words: { definition in
        let limits = definition.limits
        if limits.sourcePrefix4 == 32 && limits.sourcePrefix6 == 64 { return nil }
        return ["\(limits.sourcePrefix4)", "\(limits.sourcePrefix6)"]
      }),
    rateKey(
      "rate", "starts per time of the service; it pauses and recovers by itself", get: { $0.limits.rate },
      set: { $0.limits.rate = $1 }),
    rateKey(
      "source_rate", "starts per time for one source", get: { $0.limits.sourceRate },
      set: { $0.limits.sourceRate = $1 }),
    ConfigurationKey(
      "cps", "N SECONDS", default: "none", "connections per second, and the pause beyond them (xinetd)",
      apply: { draft, reader in
        guard let words = reader.words(1...2, "connections per second and a pause in seconds"),
          let rate = reader.integer(words[0], 0...1_000_000)
        else { return }
        // xinetd's own default pause.
        let pause = words.count > 1 ? reader.time(words[1], 0...86_400) : 10
        guard let pause else { return }
        draft.definition.limits.cps = rate == 0 ? nil : ConnectionRate(perSecond: rate, pauseSeconds: pause)
      },
      words: { $0.limits.cps.map { ["\($0.perSecond)", "\($0.pauseSeconds)"] } }),
    .keyword(
      "overflow", [("queue", .queue), ("refuse", .refuse)], standard: OverflowPolicy.queue,
      "what happens beyond instances: wait in the kernel's queue, or be told banner_fail", get: { $0.limits.overflow },
      set: { $0.limits.overflow = $1 }),
  ]

  private static func rateKey(
    _ name: String, _ help: String, get: @escaping ConfigurationKey.Read<StartRate?>,
    set: @escaping ConfigurationKey.Store<StartRate?>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "N/TIME | none", default: "none", help,
      apply: { draft, reader in if case .some(let rate) = reader.rate() { set(&draft.definition, rate) } },
      words: { get($0).map { [ValueText.rate($0)] } })
  }
}
