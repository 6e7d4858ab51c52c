import ServiceModel

extension ServiceBuilder {
  /// Program, built-in or redirect: exactly one of them.
  mutating func chooseHandler() {
    if draft.flags.contains(.sensor) {
      warnIgnored("server", because: "a sensor starts no server")
      return become(.sensor)
    }
    if draft.types.contains(.internal) { return chooseBuiltin() }
    if let redirect = draft.redirect { return chooseRedirect(redirect) }
    guard let path = draft.server else {
      let name = draft.definition.service
      let hint = Builtin(name: name) == nil ? "" : "; for the built-in '\(name)' write type = INTERNAL"
      return fail("missing-server", "no 'server' is given" + hint, key: nil)
    }
    chooseProgram(path)
  }

  private mutating func chooseBuiltin() {
    let name = draft.definition.service
    guard let builtin = Builtin(name: ASCII.lowercased(name)) else {
      // xinetd brings 'servers' and 'services' along, switched off; what they showed, `inetctl list` shows.
      if draft.isDisabled && raw.dialect == .xinetd {
        hasFailed = true
        return warn(
          "unknown-builtin", "there is no built-in service '\(name)'", key: nil, outcome: "it is off, and stays off")
      }
      return fail(
        "unknown-builtin", "there is no built-in service '\(name)'",
        key: isSet("service") ? "service" : nil,
        suggestion: NearMiss.nearest(to: name, among: Builtin.allCases.map { $0.name }))
    }
    if draft.redirect != nil {
      return fail("conflicting-handler", "a built-in service cannot redirect", key: "redirect")
    }
    if draft.server != nil && raw.dialect == .flat {
      return fail("conflicting-handler", "a built-in service has no 'server'", key: "server")
    }
    warnIgnored("server", because: "a built-in service starts no server")
    become(builtin)
  }

  private mutating func become(_ builtin: Builtin) {
    draft.definition.handler = .builtin(builtin)
    dropProcess()
  }

  /// What is said about processes means nothing where none is started; it is dropped, so that nothing hangs on it.
  private mutating func dropProcess() {
    draft.definition.wait = false
    draft.definition.process = ProcessDefinition()
    draft.definition.standardError = .log
  }

  private mutating func chooseRedirect(_ target: RedirectTarget) {
    if draft.server != nil {
      if raw.dialect != .xinetd {
        return fail(
          "conflicting-handler", "a service has either 'server' or 'redirect'", key: "redirect",
          notes: [.init("the server is given here", at: place(of: "server"))])
      }
      warnIgnored("server", because: "'redirect' needs no server")
    }
    if draft.wait == true {
      return fail("conflicting-handler", "'redirect' does not go with wait = yes", key: "wait")
    }
    if draft.definition.socket.type != .stream {
      return fail("conflicting-handler", "'redirect' is for streams only", key: "redirect")
    }
    draft.definition.handler = .redirect(target)
    dropProcess()
  }

  private func warnIgnored(_ key: String, because reason: String) {
    if isSet(key) { warn("ignored-setting", reason, key: key, outcome: "'\(key)' is ignored") }
  }

  // MARK: Programs

  private mutating func chooseProgram(_ path: String) {
    var program = ProgramDefinition(path: path)
    var arguments = draft.arguments
    var first = draft.argumentZero
    if draft.flags.contains(.nameInArguments) {
      if arguments.isEmpty {
        warn("no-name-in-args", "flag NAMEINARGS, but 'server_args' is empty", key: "flags", outcome: "ignored")
      } else if isTCPWrapper(path) {
        // tcpd takes the real program where others take their name.
        program.path = wrappedPath(Expansion.unescaped(arguments.removeFirst()))
        draft.libwrap = .yes
        draft.flags.remove(.noLibwrap)
      } else {
        first = .literal(Expansion.unescaped(arguments.removeFirst()))
      }
    }
    program.argumentZero = folded(first, of: program)
    chooseExpansion(&program, arguments)
    draft.definition.handler = .program(program)
    draft.definition.wait = waits()
    requireUser()
  }

  private func isTCPWrapper(_ path: String) -> Bool {
    path == "/usr/sbin/tcpd" || path == "/usr/libexec/tcpd" || path == "/usr/local/libexec/tcpd"
  }

  private func wrappedPath(_ name: String) -> String {
    name.utf8.first == UInt8(ascii: "/") ? name : "/usr/sbin/" + name
  }

  /// `argv0` in its shortest form: a literal that is the program's name or path says no more than that.
  private func folded(_ first: ArgumentZero?, of program: ProgramDefinition) -> ArgumentZero {
    guard case .literal(let text)? = first else { return first ?? .name }
    if text == program.fileName { return .name }
    return text == program.path ? .path : .literal(text)
  }

  /// Templates stay templates only if something in them is to be replaced.
  private mutating func chooseExpansion(_ program: inout ProgramDefinition, _ arguments: [String]) {
    program.expandsVariables =
      arguments.contains(where: Expansion.isDynamic) || draft.environment.contains(where: Expansion.isDynamic)
    program.arguments = program.expandsVariables ? arguments : arguments.map(Expansion.unescaped)
    if draft.environment.isEmpty { return }
    draft.definition.process.environment =
      program.expandsVariables ? draft.environment : draft.environment.map(Expansion.unescaped)
  }

  private mutating func waits() -> Bool {
    if let wait = draft.wait { return wait }
    if raw.dialect == .xinetd {
      fail("missing-wait", "'wait' is not given; xinetd's syntax demands it", key: nil)
    }
    return false
  }

  /// As root, nobody becomes root by leaving something out.
  private mutating func requireUser() {
    if draft.definition.process.user == nil && options.runsAsRoot {
      fail("missing-user", "'user' is not given, and the daemon's own user is root", key: nil)
    }
    // xinetd: a number as user is its group too.
    if raw.dialect == .xinetd, case .id(let id)? = draft.definition.process.user,
      draft.definition.process.group == nil
    {
      draft.definition.process.group = .id(id)
    }
  }
}
