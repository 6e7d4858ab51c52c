// What the kernel allows: the smallest programs in C that do one thing each, see Programs.
extension Contender {
  static let floorName = "floor in C"

  static func floor(_ options: Options) -> Contender {
    Contender(name: floorName) { scenario, place, _ in
      let port = "\(place.port)"
      return switch scenario {
      case .spawn: Launch(words: [options.program("spawn-floor"), port, options.program("static-child")])
      case .echo: Launch(words: [options.program("stream-floor"), "echo", port])
      case .discard: Launch(words: [options.program("stream-floor"), "discard", port])
      case .chargen: Launch(words: [options.program("stream-floor"), "chargen", port])
      case .datagramEcho: Launch(words: [options.program("datagram-floor"), "echo", port])
      case .datagramDiscard: Launch(words: [options.program("datagram-floor"), "discard", port])
      case .relay(let target): Launch(words: [options.program("splice-floor"), port, "\(target)"])
      case .slowSpawnBesideEcho: nil
      }
    }
  }
}
