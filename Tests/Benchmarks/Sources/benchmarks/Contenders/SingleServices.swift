// Servers of one service each, told everything by their command line.
extension Contender {
  /// No names, no ident, no banner delay, no limit.
  static func tcpserver(_ options: Options) -> Contender {
    Contender(name: "tcpserver") { scenario, place, _ in
      guard scenario == .spawn else { return nil }
      return Launch(words: [
        "\(options.debian)/ucspi-tcp/usr/bin/tcpserver", "-q", "-H", "-R", "-l", "0", "-b", "4096", "-c", "100000",
        place.address, "\(place.port)", options.program("static-child"),
      ])
    }
  }

  static func tcpsvd(_ options: Options) -> Contender {
    Contender(name: "tcpsvd") { scenario, place, _ in
      guard scenario == .spawn else { return nil }
      return Launch(words: [
        "\(options.debian)/ipsvd/usr/bin/tcpsvd", "-l", "localhost", "-b", "4096", "-c", "100000", place.address,
        "\(place.port)", options.program("static-child"),
      ])
    }
  }

  static func socketActivate(_ options: Options) -> Contender {
    Contender(name: "systemd-socket-activate") { scenario, place, _ in
      guard scenario == .spawn else { return nil }
      return Launch(
        words: [
          "\(options.debian)/systemd/usr/bin/systemd-socket-activate", "--accept", "--inetd", "--listen",
          "\(place.address):\(place.port)", options.program("static-child"),
        ], libraries: "\(options.debian)/systemd/usr/lib/systemd:\(options.debian)/systemd/lib/systemd")
    }
  }

  static func socat(_ options: Options) -> Contender {
    Contender(name: "socat") { scenario, place, _ in
      let what: String
      switch scenario {
      case .spawn: what = "EXEC:\(options.program("static-child")),nofork"
      case .echo: what = "PIPE"
      case .relay(let target): what = "TCP:127.0.0.1:\(target)"
      default: return nil
      }
      let listener = "TCP-LISTEN:\(place.port),bind=\(place.address),reuseaddr,fork,backlog=4096"
      return Launch(words: ["\(options.debian)/socat/usr/bin/socat", listener, what])
    }
  }
}
