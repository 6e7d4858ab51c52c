import ArgumentParser
import ControlProtocol
import Foundation

/// Options that every command for a running daemon has.
struct LiveOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Control socket of the daemon.", valueName: "path"))
  var control = ControlConnection.defaultPath

  @Flag(help: "Print JSON.")
  var json = false

  /// Asks the daemon; a refusal or an unreachable daemon ends the command with status 1.
  func ask(_ verb: ControlVerb, _ arguments: [String] = []) throws -> [ControlBlock] {
    let reply: ControlReply
    do {
      reply = try ControlConnection(path: control).ask(ControlRequest(verb, arguments))
    } catch let failure as ControlFailure {
      StandardError.write("inetctl: \(failure.description)\n")
      throw ExitCode(1)
    }
    if let error = reply.error {
      StandardError.write("inetctl: \(error)\n")
      throw ExitCode(1)
    }
    return reply.blocks
  }

  /// Prints blocks as a table with the given columns, or all their fields as JSON.
  func show(_ blocks: [ControlBlock], columns: [Table.Column]) {
    print(json ? JSONOutput.text(of: blocks) : Table(columns: columns, rows: blocks).text(colours: Terminal.isOutput))
  }
}

/// Where messages go that are not the command's output.
enum StandardError {
  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}

/// What is known of the terminal.
enum Terminal {
  /// Whether a person reads the output; NO_COLOR (no-color.org) asks for plain text all the same.
  static var isOutput: Bool {
    isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
  }
}
