import NetworkAddresses
import ServiceModel

extension KeyTable {
  static let timeoutKeys: [ConfigurationKey] = [
    .time(
      "max_runtime", default: "none", "how long a server may run", get: { $0.timeouts.maxRuntime },
      set: { $0.timeouts.maxRuntime = $1 }),
    .time(
      "idle_timeout", default: "none", "how long a connection may be without a byte either way",
      get: { $0.timeouts.idle }, set: { $0.timeouts.idle = $1 }),
    .time(
      "stop_timeout", standard: TimeoutDefinition.defaultStop, default: "10s", "time between TERM and KILL",
      get: { $0.timeouts.stop }, set: { $0.timeouts.stop = $1 ?? TimeoutDefinition.defaultStop }),
    .time(
      "idle_stop", default: "none", "stop a wait server that has had no traffic for so long",
      get: { $0.timeouts.idleStop }, set: { $0.timeouts.idleStop = $1 }),
  ]

  private static let bundles: [(name: String, value: SandboxBundle)] = [
    ("none", .none), ("basic", .basic), ("strict", .strict), ("ctf", .ctf),
  ]

  /// One row of the sandbox.
  private static func cell(
    _ name: String, _ help: String, get: @escaping ConfigurationKey.Read<Bool?>,
    set: @escaping ConfigurationKey.Store<Bool?>
  ) -> ConfigurationKey {
    .optionalFlag(
      name, default: "as sandbox says", help, isRestriction: true, get: get, set: set)
  }

  static let sandboxKeys: [ConfigurationKey] = [
    .keyword(
      "sandbox", bundles, standard: SandboxBundle.none, "a bundle of the keys below; inetctl explain prints it",
      isRestriction: true, get: { $0.sandbox.bundle }, set: { $0.sandbox.bundle = $1 }),
    cell(
      "no_new_privileges", "the server never gains privileges (set-user-id programs)",
      get: { $0.sandbox.noNewPrivileges }, set: { $0.sandbox.noNewPrivileges = $1 }),
    wordList(
      "capabilities", "NAME... | none", "the capabilities that are kept (capabilities(7))",
      get: { $0.sandbox.capabilities }, set: { $0.sandbox.capabilities = $1 }, check: Capability.canonical),
    cell(
      "private_tmp", "the server has /tmp and /var/tmp to itself", get: { $0.sandbox.privateTmp },
      set: { $0.sandbox.privateTmp = $1 }),
    cell(
      "private_network", "the server has no network but its connection", get: { $0.sandbox.privateNetwork },
      set: { $0.sandbox.privateNetwork = $1 }),
    cell(
      "private_pids", "the server sees no processes but its own", get: { $0.sandbox.privatePIDs },
      set: { $0.sandbox.privatePIDs = $1 }),
    ConfigurationKey(
      "protect_system", "no | yes | full | strict", default: "as sandbox says", "how much of the system is read-only",
      isRestriction: true,
      apply: { draft, reader in
        if let value = reader.choice(systemWords) { draft.definition.sandbox.protectSystem = value }
      },
      words: { $0.sandbox.protectSystem.map { [Choices.name(of: $0, in: systemWords)] } }),
    ConfigurationKey(
      "protect_home", "no | yes | read_only | tmpfs", default: "as sandbox says", "what is seen of home directories",
      isRestriction: true,
      apply: { draft, reader in
        if let value = reader.choice(homeWords) { draft.definition.sandbox.protectHome = value }
      },
      words: { $0.sandbox.protectHome.map { [Choices.name(of: $0, in: homeWords)] } }),
    wordList(
      "system_calls", "NAME @GROUP ~NAME ... | none", "the system calls that are allowed, or with ~ forbidden",
      get: { $0.sandbox.systemCalls }, set: { $0.sandbox.systemCalls = $1 }, check: SystemCallWord.canonical),
    wordList(
      "landlock", "MODE:PATH... | none", "what of the file system is open: ro:, rx: or rw: and a path",
      get: { $0.sandbox.landlock }, set: { $0.sandbox.landlock = $1 }, check: LandlockWord.canonical),
    .flag(
      "sandbox_fallback", "serve without what this kernel cannot do, instead of not at all",
      get: { $0.sandbox.fallback }, set: { $0.sandbox.fallback = $1 }),
    .size(
      "memory_max", 65_536...UInt64(Int64.max), default: "none", "most memory of all servers of the service",
      isRestriction: true, get: { $0.cgroup.memoryMax }, set: { $0.cgroup.memoryMax = $1 }),
    .number(
      "tasks_max", 1...4_194_304, default: "none", "most processes and threads of the service", isRestriction: true,
      get: { $0.cgroup.tasksMax }, set: { $0.cgroup.tasksMax = $1 }),
    ConfigurationKey(
      "cpu_quota", "N%", default: "none", "most processor time, in percent of one processor", isRestriction: true,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        let isPercent = word.text.utf8.last == UInt8(ascii: "%")
        let number = RawWord(isPercent ? word.text.dropping(first: 0, last: 1) : word.text, at: word.range)
        if let value = reader.integer(number, 1...100_000) { draft.definition.cgroup.cpuQuota = value }
      },
      words: { $0.cgroup.cpuQuota.map { ["\($0)%"] } }),
    .keyword(
      "cgroup", [("service", false), ("connection", true)], standard: false,
      "whether these bounds are for the service or for each connection",
      get: { $0.cgroup.perConnection }, set: { $0.cgroup.perConnection = $1 }),
  ]

  private static let systemWords: [(name: String, value: ProtectSystem)] = [
    ("no", .no), ("yes", .yes), ("full", .full), ("strict", .strict),
  ]

  private static let homeWords: [(name: String, value: ProtectHome)] = [
    ("no", .no), ("yes", .yes), ("read_only", .readOnly), ("read-only", .readOnly), ("tmpfs", .tmpfs),
  ]

  /// A list of checked words; `none` alone is the empty list, which is not the same as no line.
  private static func wordList(
    _ name: String, _ syntax: String, _ help: String, get: @escaping ConfigurationKey.Read<[String]?>,
    set: @escaping ConfigurationKey.Store<[String]?>,
    check: @escaping @Sendable (String) -> Result<String, WordError>
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, syntax, default: "as sandbox says", help, operators: .all, isRestriction: true,
      apply: { draft, reader in
        if reader.words.isEmpty { _ = reader.single() }
        if reader.words.count == 1, ASCII.equal(reader.words[0].text, "none") { return set(&draft.definition, []) }
        var items: [(word: RawWord, value: String)] = []
        for word in reader.words {
          switch check(word.text) {
          case .success(let text): items.append((word, text))
          case .failure(let error):
            reader.fail("unknown-value", error.message, at: word, suggestion: error.suggestion)
          }
        }
        let list = get(draft.definition)
        set(&draft.definition, reader.given(list, reader.edited(list ?? [], additive: true, items) { $0 == $1 }))
      },
      words: { definition in get(definition).map { $0.isEmpty ? ["none"] : $0 } })
  }
}

/// Why a word of a list cannot be read.
struct WordError: Error {
  let message: String
  var suggestion: String?
}

extension Capability {
  /// In lower case, without `cap_`.
  @Sendable static func canonical(_ text: String) -> Result<String, WordError> {
    var name = ASCII.lowercased(text)
    if name.utf8.starts(with: "cap_".utf8) { name = String(name.dropFirst(4)) }
    if kernelOrder.contains(name) { return .success(name) }
    return .failure(
      WordError(
        message: "'\(text)' is not a capability of capabilities(7)",
        suggestion: NearMiss.nearest(to: name, among: kernelOrder)))
  }
}

/// Names of system calls and @groups of them, with ~ in front of forbidden ones.
enum SystemCallWord {
  @Sendable static func canonical(_ text: String) -> Result<String, WordError> {
    var name = text.utf8[...]
    if name.first == UInt8(ascii: "~") { name = name.dropFirst() }
    if name.first == UInt8(ascii: "@") {
      let group = String(name.dropFirst()) ?? ""
      let names = SystemCallGroup.all.map { $0.name }
      if names.contains(group) { return .success(text) }
      return .failure(
        WordError(
          message: "there is no group '@\(group)' of system calls",
          suggestion: NearMiss.nearest(to: group, among: names).map { "@" + $0 }))
    }
    let isName = name.allSatisfy {
      $0 >= 0x61 && $0 <= 0x7a || ASCII.isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
    }
    if isName && !name.isEmpty { return .success(text) }
    return .failure(WordError(message: "'\(text)' is not a system call or an @group of them"))
  }
}

/// `ro:/usr`, `rx:/bin`, `rw:/srv/x`.
enum LandlockWord {
  @Sendable static func canonical(_ text: String) -> Result<String, WordError> {
    for mode in ["ro:/", "rx:/", "rw:/"] where text.utf8.starts(with: mode.utf8) { return .success(text) }
    return .failure(WordError(message: "'\(text)' is not ro:, rx: or rw: and an absolute path"))
  }
}
