import ServiceConfiguration

// The service unit: what is started, as whom, and within what bounds (systemd.exec(5)).
extension SystemdSocket {
  private static let serviceKeys: [String: String] = [
    "Group": "group", "Nice": "nice", "UMask": "umask", "OOMScoreAdjust": "oom_score_adjust",
    "RootDirectory": "root_directory", "NoNewPrivileges": "no_new_privileges", "PrivateTmp": "private_tmp",
    "PrivateNetwork": "private_network", "PrivatePIDs": "private_pids", "ProtectSystem": "protect_system",
    "MemoryMax": "memory_max", "TasksMax": "tasks_max", "CPUQuota": "cpu_quota", "LimitAS": "rlimit_as",
    "LimitCPU": "rlimit_cpu", "LimitDATA": "rlimit_data", "LimitRSS": "rlimit_rss", "LimitSTACK": "rlimit_stack",
    "LimitNOFILE": "rlimit_files",
  ]

  private static let times = ["RuntimeMaxSec": "max_runtime", "TimeoutStopSec": "stop_timeout"]

  /// False when it starts no program.
  mutating func convertService(_ service: UnitFile, unit: String) -> Bool {
    guard let command = service.last("Service", "ExecStart"), addCommand(command, unit: unit) else { return false }
    addUser(service, unit: unit)
    let isStdio = service.last("Service", "StandardInput") == "socket"
    add("pass", [isStdio ? "stdio" : "listen_fds"])
    addStandardError(service, isStdio: isStdio, unit: unit)
    for (section, key, value) in service.settings where section == "Service" {
      if value.isEmpty {
        if key == "CapabilityBoundingSet" { add("capabilities", ["none"]) }
      } else if !takeFilter(key, value) {
        convertServiceSetting(key, value, unit: unit)
      }
    }
    return true
  }

  // MARK: Program

  private mutating func addCommand(_ command: String, unit: String) -> Bool {
    var words = UnitFile.words(command)
    guard var program = words.first else { return false }
    words.removeFirst()
    var expands = true
    var namesItself = false
    prefixes: while let first = program.first {
      switch first {
      // Exit statuses do not matter here.
      case "-": break
      case ":": expands = false
      case "@": namesItself = true
      case "+", "!", "|": lose(unit, "ExecStart", String(first), "in front of the program cannot be expressed")
      default: break prefixes
      }
      program.removeFirst()
    }
    add("server", [literal(program, expands: false, unit: unit)])
    if namesItself, !words.isEmpty {
      add("argv0", [literal(words.removeFirst(), expands: expands, unit: unit)])
    } else {
      // systemd passes the whole path as the program's name.
      add("argv0", ["path"])
    }
    if !words.isEmpty { add("server_args", words.map { literal($0, expands: expands, unit: unit) }) }
    return true
  }

  /// A word of a command line with `%%` and `$$` undone, in our own escaping. Specifiers and variables stay as text.
  private mutating func literal(_ word: String, expands: Bool, unit: String) -> String {
    var text = ""
    var rest = word[...]
    while let character = rest.popFirst() {
      let next = rest.first
      switch character {
      case "%":
        text += "%%"
        if next == "%" {
          rest.removeFirst()
        } else if let next, next.isLetter {
          losses.append("\(unit): the specifier '%\(next)' of 'ExecStart=' cannot be expressed; stays as it is")
        }
      case "$" where expands:
        text += "$"
        if next == "$" {
          rest.removeFirst()
        } else if let next, next.isLetter || next == "{" || next == "_" {
          losses.append("\(unit): the variable in '\(word)' of 'ExecStart=' cannot be expressed; stays as it is")
        }
      default: text.append(character)
      }
    }
    return text
  }

  private mutating func addUser(_ service: UnitFile, unit: String) {
    if let user = service.last("Service", "User") { return add("user", [user]) }
    let isDynamic = service.last("Service", "DynamicUser").map(UnitFile.isTrue) ?? false
    add("user", [isDynamic ? "nobody" : "root"])
    if isDynamic {
      losses.append("\(unit): 'DynamicUser=yes' cannot be expressed; 'user = nobody' in its place")
    }
  }

  private mutating func addStandardError(_ service: UnitFile, isStdio: Bool, unit: String) {
    let output = service.last("Service", "StandardOutput") ?? (isStdio ? "inherit" : "journal")
    if isStdio && output != "inherit" && output != "socket" {
      losses.append("\(unit): 'StandardOutput=\(output)' cannot be expressed; it is the connection")
    }
    var errors = service.last("Service", "StandardError") ?? "inherit"
    if errors == "inherit" { errors = output }
    switch errors {
    case "socket", "inherit": add("stderr", ["socket"])
    case "null": add("stderr", ["null"])
    case "journal", "syslog", "kmsg", "journal+console", "kmsg+console": add("stderr", ["log"])
    default: lose(unit, "StandardError", errors)
    }
  }

  // MARK: Settings

  private mutating func convertServiceSetting(_ key: String, _ value: String, unit: String) {
    switch key {
    case "ExecStart", "User", "StandardInput", "Type", "StandardOutput", "StandardError": break
    case "DynamicUser": break
    // Each line adds to those before it, there as here.
    case "Environment":
      for word in UnitFile.words(value) {
        lines(adding: "env", word.replacing("%%", with: "%").replacing("%", with: "%%"))
      }
    case "PassEnvironment": for word in UnitFile.words(value) { lines(adding: "passenv", word) }
    case "WorkingDirectory":
      if value.hasPrefix("/") { add("working_directory", [value]) } else { lose(unit, key, value) }
    case "ProtectHome": add("protect_home", [value == "read-only" ? "read_only" : value])
    case "CPUAffinity": add("cpu_affinity", UnitFile.words(value))
    case "CapabilityBoundingSet", "SystemCallFilter":
      let name = key == "SystemCallFilter" ? "system_calls" : "capabilities"
      if value.hasPrefix("~") { lose(unit, key, value) } else { add(name, UnitFile.words(value)) }
    default:
      if let name = SystemdSocket.times[key] {
        if let seconds = UnitFile.seconds(value) { add(name, ["\(seconds)s"]) } else { lose(unit, key, value) }
      } else if let name = SystemdSocket.serviceKeys[key] {
        add(name, [UnitFile.size(value)])
      } else {
        lose(unit, key, value)
      }
    }
  }
}
