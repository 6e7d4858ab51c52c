import CLinux
import LinuxSystem
import ServiceConfiguration
import ServiceModel
import SuperServer

/// What the command line asks for.
struct Options {
  /// `-f`, `-i`: stay in the foreground.
  var foreground = false
  /// `-d`: foreground, debug log to stderr.
  var debug = false
  /// Nil = the default file; `.some(nil)` = none.
  var config: String??
  /// Nil = the default directories.
  var directories: [String]?
  /// Nil = the default; `none` = no pid file.
  var pidFile: String?
  var logsConnections = false
  var backlog: Int?
  var startsPerMinute: Int?
  var bindAddress: String?
  var passesEnvironment = false
  var processLimit: Int?
  var logFormat: LogOutput.Format?
  var logLevel: SyslogLevel?
  /// Nil = the default; `none` = no control socket.
  var control: String?
  var checks = false
  var stays = false
  var showsVersion = false
  var showsHelp = false

  static let usage = """
    usage: inetd [options] [CONFIG [DIRECTORY...]]

      -f, -i, --foreground    stay in the foreground
      -d, --debug             foreground, debug log to stderr
      -c, --config FILE       classic file (default /etc/inetd.conf; 'none' for none)
      -D, --directory DIR     service directory; repeatable, later ones override; replaces
                              /usr/lib/inetd.d, /run/inetd.d and /etc/inetd.d; 'none' for none
      -p, --pidfile FILE      default /run/inetd.pid as root in the background; 'none' for none
      -l                      log accepted connections of all services
      -q, --backlog N         default length of the accept queue
      -R, --rate N            default starts per minute and service (0 = no limit, the default)
      -a ADDR                 default address to listen on
      -E                      pass the daemon's whole environment to servers
          --process-limit N   live servers in all
          --log-format FORMAT text or json, on stderr
          --log-level LEVEL   emerg, alert, crit, err, warning, notice, info (the default) or debug
          --control PATH      control socket (default /run/inetd/control as root; 'none' for none)
          --check             check the configuration and exit
          --stay              stay up with no service
          --version, --help

    A CONFIG named without a DIRECTORY is the whole configuration.
    Signals: HUP reloads; TERM, INT and QUIT stop; USR1 writes the state to the log; USR2 executes
    the program anew without closing a socket.

    """
}

/// A command line that cannot be understood.
struct UsageError: Error {
  let text: String
}

extension Options {
  private enum Long: Int32 {
    case processLimit = 256
    case logFormat, logLevel, control, check, stay, version, help
  }

  private static let names: [(name: StaticString, takesArgument: Bool, value: Int32)] = [
    ("foreground", false, letter("f")), ("debug", false, letter("d")), ("config", true, letter("c")),
    ("directory", true, letter("D")), ("pidfile", true, letter("p")), ("backlog", true, letter("q")),
    ("rate", true, letter("R")), ("process-limit", true, Long.processLimit.rawValue),
    ("log-format", true, Long.logFormat.rawValue), ("log-level", true, Long.logLevel.rawValue),
    ("control", true, Long.control.rawValue), ("check", false, Long.check.rawValue),
    ("stay", false, Long.stay.rawValue), ("version", false, Long.version.rawValue),
    ("help", false, Long.help.rawValue),
  ]

  private static func letter(_ scalar: Unicode.Scalar) -> Int32 { Int32(scalar.value) }

  /// Reads the process's own command line. getopt_long(3) gives it the classic semantics and reports unknown options
  /// on stderr itself.
  static func parse() throws(UsageError) -> Options {
    var options = Options()
    var table = names.map { row in
      option(
        name: UnsafeRawPointer(row.name.utf8Start).assumingMemoryBound(to: CChar.self),
        has_arg: row.takesArgument ? required_argument : no_argument, flag: nil, val: row.value)
    }
    table.append(option())
    while true {
      let value = table.withUnsafeBufferPointer { table in
        getopt_long(
          Int32(clinux_argument_count()), clinux_arguments(), "fidc:D:p:lq:R:a:E", table.baseAddress, nil)
      }
      if value == -1 { break }
      try options.take(value, clinux_option_argument().map { String(cString: $0) } ?? "")
    }
    try options.takeOperands(Array(CurrentProcess.arguments.dropFirst(Int(clinux_option_index()))))
    return options
  }

  private mutating func take(_ value: Int32, _ argument: String) throws(UsageError) {
    switch value {
    case Options.letter("f"), Options.letter("i"): foreground = true
    case Options.letter("d"): debug = true
    case Options.letter("c"): config = .some(argument == "none" ? nil : argument)
    case Options.letter("D"): directories = argument == "none" ? [] : (directories ?? []) + [argument]
    case Options.letter("p"): pidFile = argument
    case Options.letter("l"): logsConnections = true
    case Options.letter("q"): backlog = try Options.number(argument, "--backlog", least: 1)
    case Options.letter("R"): startsPerMinute = try Options.number(argument, "--rate", least: 0)
    case Options.letter("a"): bindAddress = try Options.host(argument)
    case Options.letter("E"): passesEnvironment = true
    default: try takeLong(Long(rawValue: value), argument)
    }
  }

  private mutating func takeLong(_ name: Long?, _ argument: String) throws(UsageError) {
    switch name {
    case .processLimit: processLimit = try Options.number(argument, "--process-limit", least: 1)
    case .logFormat:
      switch argument {
      case "text": logFormat = .text
      case "json": logFormat = .json
      default: throw UsageError(text: "--log-format takes 'text' or 'json', not '\(argument)'")
      }
    case .logLevel:
      guard let level = SyslogLevel(word: argument) else {
        throw UsageError(text: "--log-level does not know '\(argument)'")
      }
      logLevel = level
    case .control: control = argument
    case .check: checks = true
    case .stay: stays = true
    case .version: showsVersion = true
    case .help: showsHelp = true
    case nil: throw UsageError(text: "")
    }
  }

  /// CONFIG and DIRECTORY... as operands mean the same as `-c` and `-D`.
  private mutating func takeOperands(_ operands: [String]) throws(UsageError) {
    guard let first = operands.first else { return }
    if config != nil { throw UsageError(text: "the configuration file is named twice: with -c and as '\(first)'") }
    config = .some(first == "none" ? nil : first)
    for directory in operands.dropFirst() { directories = (directories ?? []) + [directory] }
  }

  /// A typing error must not open all addresses.
  private static func host(_ text: String) throws(UsageError) -> String {
    if LoadOptions.isHost(text) { return text }
    throw UsageError(text: "-a takes an address, an interface or a host name, not '\(text)'")
  }

  private static func number(_ text: String, _ option: String, least: Int) throws(UsageError) -> Int {
    guard let number = Int(text), number >= least, number <= 1_000_000_000 else {
      throw UsageError(text: "\(option) takes a number from \(least) on, not '\(text)'")
    }
    return number
  }
}
