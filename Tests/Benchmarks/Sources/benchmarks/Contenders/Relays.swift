// Servers that only pass connections on.
extension Contender {
  /// Needs its socket from somebody: systemd-socket-activate, which becomes it at the first connection.
  static func socketProxy(_ options: Options) -> Contender {
    Contender(name: "systemd-socket-proxyd") { scenario, place, _ in
      guard case .relay(let target) = scenario else { return nil }
      return Launch(
        words: [
          "\(options.debian)/systemd/usr/bin/systemd-socket-activate", "--listen", "\(place.address):\(place.port)",
          "\(options.debian)/systemd/lib/systemd/systemd-socket-proxyd", "127.0.0.1:\(target)",
        ], libraries: "\(options.debian)/systemd/usr/lib/systemd:\(options.debian)/systemd/lib/systemd")
    }
  }

  static func haproxy(_ options: Options) -> Contender {
    Contender(name: "haproxy") { scenario, place, directory in
      guard case .relay(let target) = scenario else { return nil }
      let file = """
        global
         nbthread 1
        defaults
         mode tcp
         option splice-auto
         timeout connect 5s
         timeout client 60s
         timeout server 60s
        listen bench
         bind \(place.address):\(place.port)
         server target 127.0.0.1:\(target)

        """
      try write(file, "\(directory)/haproxy.cfg")
      return Launch(
        words: ["\(options.debian)/haproxy/usr/sbin/haproxy", "-db", "-q", "-f", "\(directory)/haproxy.cfg"],
        libraries: ["liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1"]
          .map { "\(options.debian)/\($0)/usr/lib/\(options.libraryDirectory)" }.joined(separator: ":"))
    }
  }

  static func rinetd(_ options: Options) -> Contender {
    Contender(name: "rinetd") { scenario, place, directory in
      guard case .relay(let target) = scenario else { return nil }
      try write("\(place.address) \(place.port) 127.0.0.1 \(target)\n", "\(directory)/rinetd.conf")
      return Launch(words: ["\(options.debian)/rinetd/usr/sbin/rinetd", "-f", "-c", "\(directory)/rinetd.conf"])
    }
  }
}
