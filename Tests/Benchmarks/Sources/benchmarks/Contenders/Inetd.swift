// What is measured: the installed build.
extension Contender {
  static let ours = "inetd"
  static let guarded = "inetd, guarded"

  static func inetd(_ options: Options) -> Contender {
    Contender(name: ours) { scenario, place, directory in
      let file = settings(scenario, place, options)
      try write(file, "\(directory)/inetd.d/bench.conf")
      if scenario == .slowSpawnBesideEcho {
        let echo = Place(address: place.address, port: place.port + 1)
        try write(settings(.echo, echo, options), "\(directory)/inetd.d/echo.conf")
      }
      return Launch(words: command(options, directory))
    }
  }

  /// The same with all that a careful administrator adds: an ordinary user, an access list of 1,000 entries, a limit
  /// for each source, and a log of every start and end.
  static func guardedInetd(_ options: Options) -> Contender {
    Contender(name: guarded) { scenario, place, directory in
      guard scenario == .spawn else { return nil }
      var networks = (0..<999).map { "10.\($0 / 250).\($0 % 250).0/24" }
      networks.append("127.0.0.0/8")
      let file =
        settings(.spawn, place, options, user: "nobody") + """
          only_from = \(networks.joined(separator: " "))
          per_source = 100000
          log_type = FILE \(directory)/log
          log_on_success = PID HOST EXIT DURATION

          """
      try write(file, "\(directory)/inetd.d/bench.conf")
      return Launch(words: command(options, directory))
    }
  }

  static let bundles = ["basic", "strict", "ctf"]

  /// Each connection in a cell of its own, as an ordinary user.
  static func celledInetd(_ bundle: String, _ options: Options) -> Contender {
    Contender(name: "inetd, \(bundle)") { scenario, place, directory in
      guard scenario == .spawn else { return nil }
      let file = settings(.spawn, place, options, user: "nobody") + "sandbox = \(bundle)\n"
      try write(file, "\(directory)/inetd.d/bench.conf")
      return Launch(words: command(options, directory))
    }
  }

  private static func command(_ options: Options, _ directory: String) -> [String] {
    [options.inetd, "--foreground", "--control", "none", "--config", "none", "--directory", "\(directory)/inetd.d"]
  }

  private static func settings(_ scenario: Scenario, _ place: Place, _ options: Options, user: String = "root")
    -> String
  {
    let socket = "protocol = \(scenario.isDatagram ? "udp4" : "tcp4")\nport = \(place.port)\nbind = \(place.address)\n"
    switch scenario {
    case .spawn, .slowSpawnBesideEcho:
      let child = options.program(scenario == .spawn ? "static-child" : "slow-child")
      return socket + "user = \(user)\ninstances = UNLIMITED\nserver = \(child)\n"
    case .relay(let target): return socket + "redirect = 127.0.0.1 \(target)\ninstances = UNLIMITED\n"
    default:
      return socket + "service = \(scenario.serviceName ?? "")\ntype = INTERNAL\ninstances = UNLIMITED\n"
    }
  }
}
