import Foundation

// Servers that read inetd.conf. A built-in is known by its service's name, so it answers at the well-known port only.
extension Contender {
  /// `-R 0` and `.N` behind nowait: no rate limit.
  static func openbsd(_ options: Options) -> Contender {
    Contender(name: "openbsd-inetd") { scenario, place, directory in
      // It refuses to answer datagrams that come from its own host, the only ones there are here.
      guard !scenario.isDatagram, let lines = classicLines(scenario, place, options) else { return nil }
      try write(lines, "\(directory)/inetd.conf")
      return Launch(words: [
        "\(options.debian)/openbsd-inetd/usr/sbin/inetd", "-i", "-R", "0", "\(directory)/inetd.conf",
      ])
    }
  }

  static func inetutils(_ options: Options) -> Contender {
    Contender(name: "inetutils-inetd") { scenario, place, directory in
      guard let lines = classicLines(scenario, place, options) else { return nil }
      try write(lines, "\(directory)/inetd.conf")
      return Launch(
        words: [
          "\(options.debian)/inetutils-inetd/usr/sbin/inetutils-inetd", "-R", "100000000",
          "--pidfile=\(directory)/pid", "\(directory)/inetd.conf",
        ], detaches: true)
    }
  }

  /// Debian builds busybox without inetd; where it has one, it takes part.
  static func busybox(_ options: Options) -> Contender {
    let program = "\(options.debian)/busybox/bin/busybox"
    return Contender(name: "busybox inetd") { scenario, place, directory in
      guard try ChildProgram([program, "inetd", "--help"]).wait() == 0,
        let lines = classicLines(scenario, place, options)
      else { return nil }
      try write(lines, "\(directory)/inetd.conf")
      return Launch(words: [program, "inetd", "-f", "-R", "0", "-q", "4096", "\(directory)/inetd.conf"])
    }
  }

  private static func classicLines(_ scenario: Scenario, _ place: Place, _ options: Options) -> String? {
    switch scenario {
    case .spawn:
      "\(place.address):\(place.port) stream tcp nowait.1000000 root \(options.program("static-child")) static-child\n"
    case .slowSpawnBesideEcho:
      """
      \(place.address):\(place.port) stream tcp nowait.1000000 root \(options.program("slow-child")) slow-child
      \(place.address):echo stream tcp nowait.1000000 root internal

      """
    case .relay: nil
    case .datagramEcho, .datagramDiscard:
      "\(place.address):\(scenario.serviceName ?? "") dgram udp wait root internal\n"
    case .echo, .discard, .chargen:
      "\(place.address):\(scenario.serviceName ?? "") stream tcp nowait.1000000 root internal\n"
    }
  }

  static func write(_ text: String, _ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path))
  }
}
