import ArgumentParser
import ControlProtocol
import LinuxSystem

/// Options that every command for a running daemon has.
struct LiveOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Control socket of the daemon.", valueName: "path"), completion: .file())
  var control = ControlConnection.defaultPath

  @Flag(help: "Print JSON.")
  var json = false

  /// Asks the daemon; a refusal or an unreachable daemon ends the command with status 1.
  /// With `show` each block is shown as it comes, and none is returned.
  @discardableResult func ask(
    _ verb: ControlVerb, _ arguments: [String] = [], show: ((ControlBlock) -> Void)? = nil
  ) throws -> [ControlBlock] {
    if let blocks = try askIfRunning(verb, arguments, show: show) { return blocks }
    StandardError.write("inetctl: no daemon answers at \(control); is inetd running, and is --control right?\n")
    throw ExitCode(1)
  }

  /// The same; nil where no daemon runs.
  func askIfRunning(
    _ verb: ControlVerb, _ arguments: [String] = [], show: ((ControlBlock) -> Void)? = nil
  ) throws -> [ControlBlock]? {
    let reply: ControlReply
    do {
      reply = try ControlConnection(path: control).ask(ControlRequest(verb, arguments), show: show)
    } catch let failure as ControlFailure {
      if failure.meansNoDaemon { return nil }
      StandardError.write("inetctl: \(failure.description)\n")
      throw ExitCode(1)
    }
    if let error = reply.error {
      StandardError.write("inetctl: \(error)\n")
      throw ExitCode(1)
    }
    return reply.blocks
  }

  /// A change that was made needs no words, unless a program asks for them.
  func confirm(_ blocks: [ControlBlock]) {
    if json { show(blocks, columns: []) }
  }

  /// Prints blocks as a table with the given columns, or all their fields as JSON.
  func show(_ blocks: [ControlBlock], columns: [Table.Column]) {
    print(json ? JSONOutput.text(of: blocks) : Table(columns: columns, rows: blocks).text(colours: Terminal.isOutput))
  }
}

extension CompletionKind {
  /// The ids that the daemon at the usual socket knows, those that are switched off among them.
  static var runningServices: CompletionKind {
    .shellCommand("inetctl list 2>/dev/null | awk 'NR > 1 { print $1 }'")
  }
}

/// Where messages go that are not the command's output.
enum StandardError {
  static func write(_ text: String) { try? BorrowedDescriptor.standardError.writeAll(text) }
}

/// What is known of the terminal.
enum Terminal {
  /// Whether a person reads the output; NO_COLOR, unless it is empty (no-color.org), asks for plain text all the same.
  static var isOutput: Bool {
    BorrowedDescriptor.standardOutput.isTerminal && (CurrentProcess.environmentValue("NO_COLOR") ?? "").isEmpty
  }
}
