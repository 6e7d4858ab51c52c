/// What `inetd-gate` is told to judge before it becomes the server: the arguments between the daemon and its gate.
///
/// `inetd-gate NAME=VALUE... -- PROGRAM ARGV0 ARGUMENT...`; without a program it only judges.
package struct GateOrder: Equatable, Sendable {
  /// How the gate ends when it refuses. A server that ends with one of these numbers is taken for a refusal too; they
  /// were chosen from those that nothing uses (sysexits.h ends at 78, shells begin at 126).
  package enum Refusal: Int32, CaseIterable, Sendable {
    case address = 118
    case libwrap = 119
    /// The order could not be understood or carried out: refused, because it cannot be known that the peer may enter.
    case failure = 120
    /// The peer has no label, or the policy does not let the server have it.
    case label = 121
  }

  /// What the verdict's pipe says of a peer who may enter. Of one who may not it says the exit status. Behind this comes
  /// an error number if the server could not be executed, and the pipe's end when it has been.
  package static let passed: UInt8 = 1

  /// What the peer is told who may enter, and the one who may not: sizes of two texts, one behind the other in a file.
  /// The gate runs as the server's user, who need not be able to read what the administrator wrote them into.
  package struct Banners: Equatable, Sendable {
    /// More of one is not sent: it must fit a fresh socket's buffer, since nobody waits for the peer to read it.
    package static let limit = 16 << 10

    package var file: Int32
    private let success: Int
    private let failure: Int

    /// Where the texts are in the file.
    package var successPlace: Range<Int> { 0..<success }
    package var failurePlace: Range<Int> { success..<success + failure }

    package init(file: Int32 = -1, success: Int, failure: Int) {
      self.file = file
      self.success = success
      self.failure = failure
    }

    fileprivate init?(_ text: String) {
      let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int32($0) ?? -1 }
      let sizes = 0...Int32(Banners.limit)
      guard numbers.count == 3, numbers[0] > 2, sizes ~= numbers[1], sizes ~= numbers[2] else { return nil }
      self.init(file: numbers[0], success: Int(numbers[1]), failure: Int(numbers[2]))
    }

    fileprivate var text: String { "\(file):\(success):\(failure)" }
  }

  /// The descriptor whose peer is judged: 0, or from 3 on where the server gets its sockets that way.
  package var socket: Int32 = 0
  /// The descriptor of the pipe for the verdict, which no server inherits.
  package var verdict: Int32 = 3
  /// Daemon name for libwrap; nil = not asked.
  package var libwrapName: String?
  /// Access lists as text; nil = none.
  package var onlyFrom: String?
  package var noAccess: String?
  /// The client's address where a proxy is the socket's peer; nil = the socket knows.
  package var client: String?
  /// Nil = none.
  package var banners: Banners?
  /// Whether the server gets the range of its peer's SELinux label.
  package var takesPeerLabel = false
  /// Program path, argv[0] and arguments; empty = judge only.
  package var command: [String] = []

  package init() {}

  /// The gate's argument vector, its own name first. `escapingPercent`: templates will be filled in, which the gate's
  /// own arguments are not.
  package func arguments(escapingPercent: Bool = false) -> [String] {
    var arguments = ["inetd-gate", "socket=\(socket)", "verdict=\(verdict)"]
    if let libwrapName { arguments.append("libwrap=" + libwrapName) }
    if let onlyFrom { arguments.append("only_from=" + onlyFrom) }
    if let noAccess { arguments.append("no_access=" + noAccess) }
    if let client { arguments.append("client=" + client) }
    if let banners { arguments.append("banners=" + banners.text) }
    if takesPeerLabel { arguments.append("label=peer") }
    if escapingPercent { arguments = arguments.map { GateOrder.escaped($0) } }
    return arguments + ["--"] + command
  }

  /// Reads an argument vector; nil when it is none of ours.
  package init?(arguments: [String]) {
    guard let end = arguments.firstIndex(of: "--"), end >= 1 else { return nil }
    for argument in arguments[1..<end] {
      guard let equals = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let value = String(argument[argument.utf8.index(after: equals)...])
      switch String(argument[..<equals]) {
      case "socket":
        guard let number = Int32(value), number >= 0 else { return nil }
        socket = number
      case "verdict":
        guard let number = Int32(value), number > 2 else { return nil }
        verdict = number
      case "libwrap": libwrapName = value
      case "only_from": onlyFrom = value
      case "no_access": noAccess = value
      case "client": client = value
      case "banners":
        guard let files = Banners(value) else { return nil }
        banners = files
      case "label": takesPeerLabel = value == "peer"
      default: return nil
      }
    }
    command = Array(arguments[(end + 1)...])
    if command.count == 1 { return nil }
  }

  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      bytes.append(byte)
      if byte == UInt8(ascii: "%") { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
