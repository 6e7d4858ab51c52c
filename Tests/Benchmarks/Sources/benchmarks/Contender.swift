/// One server under measurement: how it is started for a scenario.
struct Contender {
  let name: String
  /// How it is started; files it reads are written into `directory` first. Nil if it cannot take part.
  let launch: (_ scenario: Scenario, _ place: Place, _ directory: String) throws -> Launch?
}

/// What starts a contender.
struct Launch {
  var words: [String]
  /// Where it finds libraries that Debian has unpacked, not installed.
  var libraries: String?
  /// It knows no foreground without debugging: the command returns, and a process of its own goes on.
  var detaches = false
}

/// Where a contender answers.
struct Place: Hashable {
  let address: String
  let port: UInt16
}

/// What the server is asked to do.
enum Scenario: Equatable {
  /// Start the static child for each connection.
  case spawn
  /// The same for a child that takes 200 ms, and an echo service beside it, one port further.
  case slowSpawnBesideEcho
  /// Built-in services over TCP.
  case echo, discard, chargen
  /// Built-in services over UDP.
  case datagramEcho, datagramDiscard
  /// Pass connections on to this port of 127.0.0.1.
  case relay(UInt16)

  /// The well-known port, for servers whose built-ins answer nowhere else.
  var wellKnownPort: UInt16? {
    switch self {
    case .echo, .datagramEcho: 7
    case .discard, .datagramDiscard: 9
    case .chargen: 19
    default: nil
    }
  }

  var isDatagram: Bool { self == .datagramEcho || self == .datagramDiscard }

  /// The service's name in /etc/services.
  var serviceName: String? {
    switch self {
    case .echo, .datagramEcho: "echo"
    case .discard, .datagramDiscard: "discard"
    case .chargen: "chargen"
    default: nil
    }
  }
}

extension Contender {
  /// Everybody, ourselves first.
  static func all(_ options: Options) -> [Contender] {
    [
      inetd(options), guardedInetd(options), floor(options), openbsd(options), xinetd(options), inetutils(options),
      rlinetd(options), busybox(options), tcpserver(options), tcpsvd(options), socketActivate(options),
      socat(options), socketProxy(options), haproxy(options), rinetd(options),
    ]
  }
}
