// Servers with configuration languages of their own.
extension Contender {
  static func xinetd(_ options: Options) -> Contender {
    Contender(name: "xinetd") { scenario, place, directory in
      var services = xinetdService(scenario, place, options)
      if scenario == .slowSpawnBesideEcho {
        services += xinetdService(.echo, Place(address: place.address, port: place.port + 1), options)
      }
      let file = """
        defaults
        {
         instances = UNLIMITED
         per_source = UNLIMITED
         cps = 1000000 1
         log_type = FILE /dev/null
        }

        """
      try write(file + services, "\(directory)/xinetd.conf")
      return Launch(words: [
        "\(options.debian)/xinetd/usr/sbin/xinetd", "-dontfork", "-f", "\(directory)/xinetd.conf", "-filelog",
        "/dev/null", "-pidfile", "\(directory)/xinetd.pid",
      ])
    }
  }

  private static func xinetdService(_ scenario: Scenario, _ place: Place, _ options: Options) -> String {
    let what =
      switch scenario {
      case .spawn: "type = UNLISTED\n server = \(options.program("static-child"))"
      case .slowSpawnBesideEcho: "type = UNLISTED\n server = \(options.program("slow-child"))"
      case .relay(let target): "type = UNLISTED\n redirect = 127.0.0.1 \(target)"
      default: "type = INTERNAL UNLISTED"
      }
    return """
      service \(scenario.serviceName ?? "bench")
      {
       \(what)
       id = bench-\(place.port)
       port = \(place.port)
       bind = \(place.address)
       socket_type = \(scenario.isDatagram ? "dgram" : "stream")
       protocol = \(scenario.isDatagram ? "udp" : "tcp")
       wait = \(scenario.isDatagram ? "yes" : "no")
       user = root
      }

      """
  }

  /// Its parser is a module that has to be named, being unpacked and not installed. Its built-ins hang up on who writes
  /// before reading, so they do not take part.
  static func rlinetd(_ options: Options) -> Contender {
    Contender(name: "rlinetd") { scenario, place, directory in
      let what: String
      switch scenario {
      case .spawn: what = "exec \"\(options.program("static-child"))\";"
      default: return nil
      }
      let file = """
        service "bench" {
         port \(place.port);
         interface \(place.address);
         protocol tcp;
         backlog 4096;
         instances 100000;
         user "root";
         \(what)
        }

        """
      try write(file, "\(directory)/rlinetd.conf")
      let root = "\(options.debian)/rlinetd/usr"
      return Launch(
        words: [
          "\(root)/sbin/rlinetd", "-p", "\(root)/lib/\(options.libraryDirectory)/rlinetd/libparse.so", "-f",
          "\(directory)/rlinetd.conf",
        ], detaches: true)
    }
  }
}
