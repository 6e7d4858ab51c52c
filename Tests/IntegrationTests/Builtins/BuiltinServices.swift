import Foundation

/// A daemon with its own services, at their well-known ports on an address of their own.
struct BuiltinServices {
  let daemon: Daemon
  let address: String
  let scratch: Scratch

  static let ports: [String: UInt16] = [
    "echo": 7, "discard": 9, "daytime": 13, "qotd": 17, "chargen": 19, "time": 37,
  ]

  /// What `qotd` says where there is no /etc/inetd.quotes.
  static let quote = Array("The network is the computer. (John Gage)\r\n".utf8)

  init(_ variant: Variant, names: [String] = ["echo", "discard", "daytime", "time", "chargen", "qotd"]) throws {
    scratch = try Scratch()
    address = Ports.loopbackAddress()
    var services: [Service] = []
    for name in names {
      services.append(Service(id: "\(name)-stream", port: name, server: "internal"))
      services.append(
        Service(
          id: "\(name)-dgram", port: name, socketType: "dgram", protocolName: "udp", wait: true, server: "internal"))
    }
    try scratch.write(services, variant.syntax)
    daemon = try Daemon(variant.build, in: scratch, options: ["-a", address])
  }

  func connect(
    _ name: String, _ kind: Client.Kind = .stream, from port: UInt16? = nil, receiveBuffer: Int32? = nil
  ) throws -> Client {
    let from = try port.map { try SocketName("127.0.0.1", $0) }
    return try Client(kind, address, Self.ports[name]!, from: from, receiveBuffer: receiveBuffer)
  }

  /// The line `index` of the character generator's endless pattern (RFC 864): 72 of the 95 printables.
  static func pattern(line index: Int) -> [UInt8] {
    (0..<72).map { UInt8(32 + (index + $0) % 95) } + [13, 10]
  }

  /// Whether `text` is a `daytime` answer for a moment between two readings of the clock.
  static func isDaytime(_ text: String, between start: Date, and end: Date) -> Bool {
    var moment = time_t(start.timeIntervalSince1970)
    while moment <= time_t(end.timeIntervalSince1970) {
      var buffer = [CChar](repeating: 0, count: 64)
      var broken = tm()
      localtime_r(&moment, &broken)
      let count = strftime(&buffer, buffer.count, "%a %b %e %H:%M:%S %Y\r\n", &broken)
      if Array(text.utf8) == buffer[..<count].map({ UInt8(bitPattern: $0) }) { return true }
      moment += 1
    }
    return false
  }

  /// Whether `bytes` is a `time` answer (RFC 868) for a moment between two readings of the clock.
  static func isTime(_ bytes: [UInt8], between start: Date, and end: Date) -> Bool {
    guard bytes.count == 4 else { return false }
    let value = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    let since1900 = { (date: Date) in UInt32(truncatingIfNeeded: Int(date.timeIntervalSince1970) + 2_208_988_800) }
    return (since1900(start)...since1900(end)).contains(value)
  }
}
