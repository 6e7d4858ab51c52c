import Foundation

/// The daemon under everything at once, and the control socket that tells what it believes.
final class SoakSetup {
  /// Services that no edit touches: of these nothing may ever be lost.
  enum Kept: String, CaseIterable {
    case echo, held, accepting, gram, grams, local, multiplexed, redirected, gated, daytime
    /// Served inside the loop: a conversation that is under way when the program executes itself anew ends with it.
    var isInLoop: Bool { [.echo, .redirected, .multiplexed].contains(self) }
  }

  let scratch: Scratch
  let daemon: Daemon
  let control: String
  private let ports: [Kept: UInt16]

  init(_ build: DaemonBuild) throws {
    scratch = try Scratch()
    control = scratch("control")
    ports = Dictionary(uniqueKeysWithValues: try Kept.allCases.map { ($0, try Ports.free()) })
    let files = KeptFiles(ports: ports, probe: try scratch.install(Checkout.product("probe-server")), scratch: scratch)
    let logs = try scratch.makeDirectory("logs")
    for kept in Kept.allCases { try scratch.write("\(Daemon.directoryName)/\(kept.rawValue).conf", files.text(kept)) }
    try scratch.write(
      "\(Daemon.directoryName)/mux.conf", "service = tcpmux\ntype = INTERNAL\n\(files.stream(.multiplexed))")
    try scratch.write(
      "\(Daemon.directoryName)/full.conf",
      """
      service = echo
      id = full
      type = INTERNAL
      protocol = tcp4
      port = \(try Ports.free())
      log_type = FILE \(logs)/full.log
      log_on_success = PID HOST EXIT DURATION
      """)
    // The log's disk holds a few lines only.
    let prefix = [
      "unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=16k none \"$0\" && exec \"$@\"", logs,
    ]
    daemon = try Daemon(build, in: scratch, options: ["--control", control], prefix: prefix)
  }

  func connect(_ kept: Kept) throws -> Client {
    switch kept {
    case .local: try Client(unix: scratch("local.sock"))
    case .gram, .grams, .daytime: try Client(.datagram, "127.0.0.1", ports[kept]!)
    default: try Client(.stream, "127.0.0.1", ports[kept]!)
    }
  }

  /// One conversation from the first byte to the last; throws when anything of it is lost.
  func converse(_ kept: Kept) throws {
    let client = try connect(kept)
    switch kept {
    case .echo: try exchange(client)
    case .held, .local, .redirected, .gated:
      _ = try client.receivePid()
      try exchange(client)
    case .accepting: _ = try client.receivePid()
    case .multiplexed:
      try client.send("multiplexed\r\nfirst\n")
      _ = try client.receivePid()
      guard try client.receiveLine() == "first" else { throw Failure("what followed the name is lost") }
      try exchange(client)
    case .gram, .grams, .daytime:
      // A datagram may be lost where many are sent at once: asked again as every client of UDP does.
      for _ in 0..<10 {
        try client.send("x")
        var ready = pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&ready, 1, 2000) == 1, client.receiveNow() != nil { return }
      }
      throw Failure("ten datagrams without an answer")
    }
  }

  private func exchange(_ client: Client) throws {
    let text = "\(UInt64.random(in: 0 ... .max))"
    try client.send(text + "\n")
    guard try client.receiveLine() == text else { throw Failure("another answer") }
    client.finishSending()
    guard try client.receiveToEnd().isEmpty else { throw Failure("more than was asked for") }
  }

  /// A service's state as the daemon tells it.
  func status(_ id: String) throws -> [String: String] {
    let client = try Client(unix: control)
    try client.send("status \(id)\n")
    var fields: [String: String] = [:]
    for line in try client.receiveText().split(separator: "\n") {
      guard let mark = line.range(of: " = ") else { continue }
      let key = String(line[..<mark.lowerBound])
      if fields[key] == nil { fields[key] = line[mark.upperBound...].trimmingCharacters(in: ["\""]) }
    }
    return fields
  }

  /// A random change of services that nobody depends on: new, changed, removed, nonsense.
  func edit() throws {
    let name = "\(Daemon.directoryName)/edited\(Int.random(in: 0..<8)).conf"
    switch Int.random(in: 0..<6) {
    case 0: try? scratch.remove(name)
    case 1: try scratch.write(name, bytes: (0..<300).map { _ in UInt8.random(in: 0...255) })
    case 2: try scratch.write(name, "type = INTERNAL\nservice = echo\nport = nowhere\nbind = 256.1.1.1\n")
    case 3: try scratch.write(Daemon.classicName, ["", "echo stream tcp\n", "\"\n"].randomElement()!)
    default:
      try scratch.write(
        name,
        "service = echo\ntype = INTERNAL\nprotocol = tcp4\nport = \(Ports.free())\ninstances = \(Int.random(in: 1..<99))\n"
      )
    }
  }

  /// Makes room on the log's disk, as logrotate would.
  func emptyLogs() throws {
    _ = try ChildProcess.run("nsenter", "-t", "\(daemon.pid)", "-m", "sh", "-c", "rm -f \(scratch("logs"))/*")
  }
}

/// What the files of the kept services say.
private struct KeptFiles {
  let ports: [SoakSetup.Kept: UInt16]
  let probe: String
  let scratch: Scratch

  func stream(_ kept: SoakSetup.Kept) -> String { "protocol = tcp4\nport = \(ports[kept]!)\ninstances = UNLIMITED\n" }

  func text(_ kept: SoakSetup.Kept) -> String {
    func server(_ words: String) -> String { "user = root\nserver = \(probe)\nserver_args = \(words)\n" }
    // Kept services write to the disk that fills up, too.
    let log = "log_type = FILE \(scratch("logs"))/\(kept.rawValue).log\nlog_on_success = PID HOST EXIT\n"
    return switch kept {
    case .echo: "service = echo\ntype = INTERNAL\n" + stream(kept) + log
    case .held: stream(kept) + server("hold") + log
    case .accepting: stream(kept) + "wait = yes\n" + server("accept 5")
    case .gram: "socket_type = dgram\nprotocol = udp4\nport = \(ports[kept]!)\nwait = yes\n" + server("datagram 5")
    case .grams: "socket_type = dgram\nprotocol = udp4\nport = \(ports[kept]!)\n" + server("datagram 1")
    case .local: "listen = \(scratch("local.sock"))\n" + server("hold")
    case .multiplexed: "type = TCPMUX UNLISTED\nprotocol = tcp4\ninstances = UNLIMITED\n" + server("hold")
    case .redirected: stream(kept) + "redirect = 127.0.0.1 \(ports[.held]!)\n"
    case .gated: stream(kept) + "no_access = nobody.invalid\n" + server("hold") + log
    case .daytime:
      "service = daytime\ntype = INTERNAL\nsocket_type = dgram\nprotocol = udp4\nport = \(ports[kept]!)\nwait = yes\n"
    }
  }
}
