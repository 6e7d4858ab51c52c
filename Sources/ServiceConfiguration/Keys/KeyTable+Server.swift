import NetworkAddresses
import ServiceModel

extension KeyTable {
  /// More would not fit what execve(2) takes, as a rule.
  private static let mostArguments = 16_384
  private static let mostVariables = 1_024

  static let serverKeys: [ConfigurationKey] =
    [
      ConfigurationKey(
        "wait", "yes | no", default: "no",
        "whether the server gets the listening socket itself and ends before the next one starts", scope: .service,
        apply: { draft, reader in if let value = reader.boolean() { draft.wait = value } },
        words: { $0.wait ? ["yes"] : nil }),
      ConfigurationKey(
        "user", "NAME | N | NAME:GROUP", default: "the daemon's, unless it is root", "who runs the server",
        isRestriction: true, apply: applyUser, words: { $0.process.user.map { [$0.text] } }),
      ConfigurationKey(
        "group", "NAME | N", default: "the user's", "the server's group", isRestriction: true,
        apply: { draft, reader in
          if let word = reader.single(), let group = reader.group(word) { draft.definition.process.group = group }
        },
        words: { $0.process.group.map { [$0.text] } }),
      ConfigurationKey(
        "groups", "yes | no", default: "yes", "whether the server has the user's other groups too",
        apply: { draft, reader in
          if let value = reader.boolean() { draft.definition.process.supplementaryGroups = value }
        },
        words: { $0.process.supplementaryGroups ? nil : ["no"] }),
      ConfigurationKey(
        "login_class", "NAME", default: "none", "login class of the BSDs; Linux has none", effect: .ignored,
        apply: { draft, reader in if let word = reader.single() { draft.definition.process.loginClass = word.text } },
        words: { $0.process.loginClass.map { [$0] } }),
      ConfigurationKey(
        "server", "PATH", default: "none", "the program that serves", scope: .service,
        apply: { draft, reader in if let path = reader.path() { draft.server = path } },
        words: { definition in
          if case .program(let program) = definition.handler { return [program.path] }
          return nil
        }),
      ConfigurationKey(
        "argv0", "name | path | STRING", default: "name", "first argument: the program's name, its path, or this",
        scope: .service, apply: applyArgumentZero, words: argumentZeroWords),
      ConfigurationKey(
        "server_args", "WORD...", default: "none", "further arguments; %a %p %l %q %s are replaced", operators: .all,
        scope: .service,
        apply: { draft, reader in
          let items = reader.templates()
          let isSet = reader.setting.operation == .set
          let arguments = isSet ? items.map { $0.value } : reader.appended(draft.arguments, items)
          if arguments.count > mostArguments {
            return reader.fail("too-many-arguments", "a server takes at most \(mostArguments) arguments here")
          }
          draft.arguments = arguments
        },
        words: { definition in
          guard case .program(let program) = definition.handler, !program.arguments.isEmpty else { return nil }
          return program.expandsVariables ? program.arguments : program.arguments.map(Expansion.escaped)
        }),
      ConfigurationKey(
        "redirect", "HOST PORT | /PATH", default: "none", "pass connections on to this place", scope: .service,
        apply: applyRedirect,
        words: { definition in
          switch definition.handler {
          case .redirect(.network(let host, let port)): [host, port]
          case .redirect(.unix(let path)): [path]
          case .program, .builtin: nil
          }
        }),
      .keyword(
        "redirect_proxy", [("none", .none), ("v1", .v1), ("v2", .v2)], standard: ProxyHeader.none,
        "PROXY protocol header to send to the target of redirect", get: { $0.redirectProxy },
        set: { $0.redirectProxy = $1 }),
      .keyword(
        "pass", [("stdio", .stdio), ("listen_fds", .listenFds)], standard: DescriptorPassing.stdio,
        "how the server gets its socket: as 0, 1, 2, or from 3 on with LISTEN_FDS",
        get: { $0.passing }, set: { $0.passing = $1 }),
      .keyword(
        "stderr", [("log", .log), ("socket", .socket), ("null", .null)], standard: StandardErrorPolicy.log,
        "where the server's standard error goes", get: { $0.standardError },
        set: { $0.standardError = $1 }),
      ConfigurationKey(
        "env", "NAME=VALUE...", default: "none", "variables of the server's environment; %a %p %l %q %s are replaced",
        operators: .all, apply: applyEnvironment,
        words: { definition in
          if definition.process.environment.isEmpty { return nil }
          if case .program(let program) = definition.handler, program.expandsVariables {
            return definition.process.environment
          }
          return definition.process.environment.map(Expansion.escaped)
        }),
      ConfigurationKey(
        "passenv", "NAME... | *", default: "none", "variables to take over from the daemon's environment",
        operators: .all, apply: applyPassEnvironment,
        words: { $0.process.passEnvironment.isEmpty ? nil : $0.process.passEnvironment }),
      ConfigurationKey(
        "umask", "MODE", default: "022", "file mode creation mask, in octal", isRestriction: true,
        apply: { draft, reader in
          if let mask = reader.octal() { draft.definition.process.umask = mask == 0o022 ? nil : mask }
        },
        words: { $0.process.umask.map { [ValueText.octal($0)] } }),
      ConfigurationKey(
        "nice", "N", default: "0", "priority, -20 (high) to 19 (low)",
        apply: { draft, reader in
          if let value = reader.integer(-20...19) { draft.definition.process.nice = value == 0 ? nil : value }
        },
        words: { $0.process.nice.map { ["\($0)"] } }),
    ] + resourceKeys + surroundingKeys

  private static let resourceKeys: [ConfigurationKey] = [
    resourceLimit("rlimit_as", .addressSpace, "SIZE | UNLIMITED", "address space"),
    resourceLimit("rlimit_cpu", .cpu, "TIME | UNLIMITED", "seconds of CPU"),
    resourceLimit("rlimit_data", .data, "SIZE | UNLIMITED", "data segment"),
    resourceLimit("rlimit_rss", .residentSet, "SIZE | UNLIMITED", "resident memory (without effect on Linux)"),
    resourceLimit("rlimit_stack", .stack, "SIZE | UNLIMITED", "stack"),
    resourceLimit("rlimit_files", .files, "N | UNLIMITED", "open descriptors"),
  ]

  private static func resourceLimit(
    _ name: String, _ resource: LimitedResource, _ syntax: String, _ what: String
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, syntax, default: resource == .files ? "1024, up to the daemon's hard limit" : "the daemon's",
      "limit: " + what,
      apply: { draft, reader in
        guard let word = reader.single() else { return }
        var value: UInt64?
        if !ASCII.equal(word.text, "unlimited") {
          switch resource {
          case .cpu: value = reader.time(word, 1...Int(Int32.max)).map { UInt64($0) }
          case .files: value = reader.integer(word, 3...Int(Int32.max)).map { UInt64($0) }
          case .addressSpace, .data, .residentSet, .stack: value = reader.size(word, 4096...UInt64(Int64.max))
          }
          if value == nil { return }
        }
        draft.definition.process.limits.removeAll { $0.resource == resource }
        // In table order, so that the order of lines makes no difference.
        let index = draft.definition.process.limits.firstIndex { $0.resource.rawValue > resource.rawValue }
        draft.definition.process.limits.insert(
          ResourceLimit(resource, value), at: index ?? draft.definition.process.limits.endIndex)
      },
      words: { definition in
        guard let limit = definition.process.limits.first(where: { $0.resource == resource }) else { return nil }
        guard let value = limit.value else { return ["UNLIMITED"] }
        return [resource == .cpu || resource == .files ? "\(value)" : ValueText.size(value)]
      })
  }

  private static let surroundingKeys: [ConfigurationKey] = [
    .path(
      "working_directory", default: "/", "where the server starts", get: { $0.process.workingDirectory },
      set: { $0.process.workingDirectory = $1 == "/" ? nil : $1 }),
    .path(
      "root_directory", default: "none", "what the server sees as / (chroot)", isRestriction: true,
      get: { $0.process.rootDirectory }, set: { $0.process.rootDirectory = $1 == "/" ? nil : $1 }),
    .number(
      "oom_score_adjust", -1000...1000, default: "inherited", "how readily the kernel ends the server for its memory",
      get: { $0.process.oomScoreAdjust }, set: { $0.process.oomScoreAdjust = $1 }),
    ConfigurationKey(
      "io_priority", "realtime N | best_effort N | idle", default: "inherited",
      "priority of reads and writes, 0 (high) to 7 (low)",
      apply: { draft, reader in
        guard let words = reader.words(1...2, "a class and a level") else { return }
        let classes: [(name: String, value: IOPriority.Class)] = [
          ("realtime", .realtime), ("best_effort", .bestEffort), ("best-effort", .bestEffort), ("idle", .idle),
        ]
        guard let chosen = reader.choice(words[0], classes) else { return }
        let level = words.count > 1 ? reader.integer(words[1], 0...7) : chosen == .idle ? 7 : 4
        guard let level else { return }
        // The idle class has no levels (ioprio_set(2)).
        draft.definition.process.ioPriority = IOPriority(chosen, level: chosen == .idle ? 7 : UInt8(level))
      },
      words: { definition in
        guard let priority = definition.process.ioPriority else { return nil }
        switch priority.class {
        case .realtime: return ["realtime", "\(priority.level)"]
        case .bestEffort: return ["best_effort", "\(priority.level)"]
        case .idle: return ["idle"]
        }
      }),
    ConfigurationKey(
      "cpu_affinity", "N N-M ...", default: "inherited", "the processors the server may use",
      apply: applyAffinity, words: affinityWords),
  ]

  // MARK: Users

  /// `user`, and the forms `user.group` and `user:group` of inetd.conf that people carry over.
  @Sendable private static func applyUser(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    guard let word = reader.single() else { return }
    if let (user, group) = word.cut(at: ":") {
      draft.definition.process.user = reader.user(RawWord(user.text, at: word.range))
      draft.definition.process.group = reader.group(RawWord(group.text, at: word.range))
      return
    }
    if let user = reader.user(word) { draft.definition.process.user = user }
  }

  // MARK: Arguments

  @Sendable private static func applyArgumentZero(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    guard let words = reader.words(1...2, "name, path or a string") else { return }
    if words.count == 2 {
      if words[0].text == "literal" { return draft.argumentZero = .literal(words[1].text) }
      return reader.fail("extra-value", "'argv0' takes one value", at: words[1])
    }
    if reader.dialect == .classic { return draft.argumentZero = .literal(words[0].text) }
    switch words[0].text {
    case "name": draft.argumentZero = .name
    case "path": draft.argumentZero = .path
    default: draft.argumentZero = .literal(words[0].text)
    }
  }

  @Sendable private static func argumentZeroWords(_ definition: ServiceDefinition) -> [String]? {
    guard case .program(let program) = definition.handler else { return nil }
    switch program.argumentZero {
    case .name: return nil
    case .path: return ["path"]
    case .literal(let text): return text == "name" || text == "path" ? ["literal", text] : [text]
    }
  }

  @Sendable private static func applyRedirect(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    guard let words = reader.words(1...2, "a host and a port, or the path of a unix socket") else { return }
    if words[0].text.utf8.first == UInt8(ascii: "/") {
      if words.count == 2 { return reader.fail("extra-value", "a unix socket has no port", at: words[1]) }
      switch ListenAddress.parse(words[0].text) {
      case .success: draft.redirect = .unix(path: words[0].text)
      case .failure(let error): reader.fail(error.id, error.message, at: words[0])
      }
      return
    }
    guard words.count == 2 else {
      return reader.fail("missing-value", "'redirect' needs a port behind the host", at: words[0])
    }
    if case .failure(let error) = ListenHost.parse(words[0].text) {
      return reader.fail(error.id, error.message, at: words[0])
    }
    switch ListenPort.parse(words[1].text) {
    case .success(.number), .success(.service):
      let bare = words[0].text.utf8.first == UInt8(ascii: "[")
      draft.redirect = .network(
        host: bare ? words[0].text.dropping(first: 1, last: 1) : words[0].text, port: words[1].text)
    case .success(.range), .success(.assigned):
      reader.fail("bad-port", "'redirect' goes to one port", at: words[1])
    case .failure(let error): reader.fail(error.id, error.message, at: words[1])
    }
  }

  // MARK: Environment

  @Sendable private static func applyEnvironment(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    let removes = reader.setting.operation == .remove
    var variables = reader.setting.operation == .set && !(reader.inDefaults) ? [] : draft.environment
    for item in reader.templates() {
      let equals = item.value.utf8.firstIndex(of: UInt8(ascii: "="))
      let name = equals.map { String(item.value[..<$0]) } ?? item.value
      if name.isEmpty || (equals == nil && !removes) || name.utf8.contains(UInt8(ascii: "%")) {
        reader.fail("bad-env", "'\(item.word.text)' is not of the form NAME=VALUE", at: item.word)
        continue
      }
      variables.removeAll { $0.utf8.starts(with: "\(name)=".utf8) }
      if removes { continue }
      variables.append(item.value)
      if variables.count > mostVariables {
        return reader.fail("too-many-variables", "an environment takes at most \(mostVariables) variables here")
      }
    }
    draft.environment = variables
  }

  @Sendable private static func applyPassEnvironment(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    for word in reader.words where word.text.isEmpty || word.text.utf8.contains(UInt8(ascii: "=")) {
      reader.fail("bad-env", "'\(word.text)' is not the name of a variable", at: word)
    }
    let names = draft.definition.process.passEnvironment.map { RawWord($0, at: reader.range) }
    var edited = reader.edited(names, additive: true).map { $0.text }
    if edited.contains("*") { edited = ["*"] }
    draft.definition.process.passEnvironment = edited
  }

  // MARK: Processors

  @Sendable private static func applyAffinity(_ draft: inout ServiceDraft, _ reader: inout SettingReader) {
    guard let words = reader.words(1...1024, "the numbers of processors") else { return }
    var processors: [Int] = []
    for word in words {
      for piece in word.text.split(separator: ",", omittingEmptySubsequences: true) {
        let ends = piece.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = ends.compactMap { ValueText.integer(String($0)) }
        guard numbers.count == ends.count, let low = numbers.first, let high = numbers.last, low <= high, low >= 0,
          high < 1024
        else {
          reader.fail("bad-number", "'\(word.text)' is not a processor or a range such as 0-3", at: word)
          continue
        }
        processors += low...high
      }
    }
    var unique: [Int] = []
    for processor in processors.sorted() where unique.last != processor { unique.append(processor) }
    draft.definition.process.cpuAffinity = unique
  }

  @Sendable private static func affinityWords(_ definition: ServiceDefinition) -> [String]? {
    var words: [String] = []
    var rest = definition.process.cpuAffinity[...]
    while let low = rest.first {
      var high = low
      rest.removeFirst()
      while rest.first == high + 1 {
        high += 1
        rest.removeFirst()
      }
      words.append(low == high ? "\(low)" : "\(low)-\(high)")
    }
    return words.isEmpty ? nil : words
  }
}
