import ArgumentParser
import ControlProtocol
import LinuxSystem

/// `inetctl list`
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the services of the running daemon.")
  @OptionGroup var live: LiveOptions

  func run() throws {
    live.show(
      try live.ask(.list),
      columns: [
        .init(key: "id", title: "ID"), .init(key: "state", title: "STATE"),
        .init(key: "active", title: "ACTIVE", isNumber: true), .init(key: "listen", title: "LISTENS ON"),
        .init(key: "reason", title: "WHY", isOptional: true),
      ])
  }
}

/// `inetctl status [ID]`
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show the state and counters of the daemon or one service.")
  @OptionGroup var live: LiveOptions
  @Argument(help: "A service; all of them without it.", completion: .runningServices) var id: String?

  func run() throws {
    let arguments = id.map { [$0] } ?? []
    if live.json { return live.show(try live.ask(.status, arguments), columns: []) }
    var text: [UInt8] = []
    try live.ask(.status, arguments) { block in
      // An empty line before each but the first.
      if !text.isEmpty { text.append(UInt8(ascii: "\n")) }
      Status.append(block, to: &text)
    }
    try BorrowedDescriptor.standardOutput.writeAll(text)
  }

  /// One block as a paragraph of aligned lines.
  private static func append(_ block: ControlBlock, to text: inout [UInt8]) {
    // Keys are ASCII.
    let width = block.fields.reduce(0) { max($0, $1.key.utf8.count) }
    for field in block.fields {
      for _ in field.key.utf8.count..<width { text.append(UInt8(ascii: " ")) }
      text += field.key.utf8
      text += ": ".utf8
      text += field.value.utf8
      text.append(UInt8(ascii: "\n"))
    }
  }
}

/// `inetctl connections [ID]`
struct Connections: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List whom the daemon serves, by servers and by itself.")
  @OptionGroup var live: LiveOptions
  @Argument(help: "A service; all of them without it.", completion: .runningServices) var id: String?

  func run() throws {
    live.show(
      try live.ask(.connections, id.map { [$0] } ?? []),
      columns: [
        .init(key: "id", title: "ID"), .init(key: "kind", title: "KIND"),
        .init(key: "pid", title: "PID", isNumber: true), .init(key: "peer", title: "PEER"),
        .init(key: "seconds", title: "SECONDS", isNumber: true),
        .init(key: "received", title: "RECEIVED", isNumber: true, isOptional: true),
        .init(key: "sent", title: "SENT", isNumber: true, isOptional: true),
      ])
  }
}

/// `inetctl pause ID`
struct Pause: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a service take no new connections; they wait in its queue.")
  @OptionGroup var live: LiveOptions
  @Argument(help: "The service.", completion: .runningServices) var id: String
  func run() throws { live.confirm(try live.ask(.pause, [id])) }
}

/// `inetctl resume ID`
struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "End a pause.")
  @OptionGroup var live: LiveOptions
  @Argument(help: "The service.", completion: .runningServices) var id: String
  func run() throws { live.confirm(try live.ask(.resume, [id])) }
}

/// `inetctl kill ID|PID|PEER`
struct Kill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Signal the running servers of a service, or one of them; end what the daemon serves itself.")
  @OptionGroup var live: LiveOptions
  @Option(help: ArgumentHelp("Name or number of the signal.", valueName: "signal")) var signal = "TERM"
  @Argument(
    help: "A service, the process id of one of its servers, or a peer as 'connections' writes it.",
    completion: .runningServices)
  var target: String

  func run() throws {
    guard let number = SignalName.number(signal) else {
      throw ValidationError("'\(signal)' is not a signal")
    }
    live.show(
      try live.ask(.kill, [target, "\(number)"]),
      columns: [
        .init(key: "signalled", title: "SIGNALLED", isNumber: true),
        .init(key: "ended", title: "ENDED", isNumber: true),
      ])
  }
}

/// `inetctl metrics`
struct Metrics: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print the daemon's metrics in OpenMetrics text.")
  @OptionGroup var live: LiveOptions

  func run() throws {
    let blocks = try live.ask(.metrics)
    if live.json { return live.show(blocks, columns: []) }
    print(blocks.first?["text"] ?? "", terminator: "")
  }
}
