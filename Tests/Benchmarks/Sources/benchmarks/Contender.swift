import Foundation

/// One server under measurement: how it is started for a scenario.
struct Contender {
  let name: String
  /// The words that start it in the foreground, and the files it reads, written into `directory` first; nil if it
  /// cannot take part.
  let command: (_ scenario: Scenario, _ place: Place, _ directory: String) throws -> [String]?
}

/// Where a contender answers.
struct Place {
  let address: String
  let port: UInt16
}

/// What the server is asked to do.
enum Scenario: Equatable {
  /// Start the static child for each connection.
  case spawn
  /// Answer TCP echo by itself.
  case echo
  /// Sit there with one service.
  case idle
}

extension Contender {
  static func all(_ options: Options) -> [Contender] {
    [inetd(options), openbsd(options), xinetd(options), floor(options)]
  }

  static func inetd(_ options: Options) -> Contender {
    Contender(name: "inetd") { scenario, place, directory in
      let file =
        switch scenario {
        case .spawn, .idle:
          """
          protocol = tcp4
          port = \(place.port)
          bind = \(place.address)
          user = root
          instances = UNLIMITED
          server = \(options.program("static-child"))

          """
        case .echo:
          "service = echo\ntype = INTERNAL\nprotocol = tcp4\nport = \(place.port)\nbind = \(place.address)\n"
        }
      try write(file, "\(directory)/inetd.d/bench.conf")
      return [
        options.inetd, "--foreground", "--control", "none", "--config", "none", "--directory", "\(directory)/inetd.d",
      ]
    }
  }

  /// `-R 0` and `.N` behind nowait: no rate limit.
  static func openbsd(_ options: Options) -> Contender {
    Contender(name: "openbsd-inetd") { scenario, place, directory in
      let child = options.program("static-child")
      let line =
        switch scenario {
        case .spawn, .idle: "\(place.address):\(place.port) stream tcp nowait.1000000 root \(child) static-child\n"
        // A builtin is known by its service's name, so it answers at the well-known port only.
        case .echo: "\(place.address):echo stream tcp nowait.1000000 root internal\n"
        }
      try write(line, "\(directory)/inetd.conf")
      return ["\(options.debian)/openbsd-inetd/usr/sbin/inetd", "-i", "-R", "0", "\(directory)/inetd.conf"]
    }
  }

  static func xinetd(_ options: Options) -> Contender {
    Contender(name: "xinetd") { scenario, place, directory in
      let what =
        switch scenario {
        case .spawn, .idle: "type = UNLISTED\n server = \(options.program("static-child"))"
        case .echo: "type = INTERNAL UNLISTED"
        }
      let file = """
        defaults
        {
         instances = UNLIMITED
         per_source = UNLIMITED
         cps = 1000000 1
         log_type = FILE /dev/null
        }
        service echo
        {
         \(what)
         port = \(place.port)
         bind = \(place.address)
         socket_type = stream
         protocol = tcp
         wait = no
         user = root
        }

        """
      try write(file, "\(directory)/xinetd.conf")
      return [
        "\(options.debian)/xinetd/usr/sbin/xinetd", "-dontfork", "-f", "\(directory)/xinetd.conf", "-filelog",
        "/dev/null", "-pidfile", "\(directory)/xinetd.pid",
      ]
    }
  }

  static func floor(_ options: Options) -> Contender {
    Contender(name: "floor in C") { scenario, place, _ in
      switch scenario {
      case .spawn: [options.program("spawn-floor"), "\(place.port)", options.program("static-child")]
      case .echo: [options.program("echo-floor"), "\(place.port)"]
      case .idle: nil
      }
    }
  }

  private static func write(_ text: String, _ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path))
  }
}
