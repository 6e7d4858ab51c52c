import ArgumentParser
import ControlProtocol
import LinuxSystem
import ServiceConfiguration

/// `inetctl enable ID`
struct Enable: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Switch a service on in the files, then let the daemon read them.",
    discussion: "Works without a daemon. Exit status: 0 done, 1 not done, 64 usage.")
  @OptionGroup var options: SwitchOptions
  @Argument(help: "The service.", completion: .runningServices) var id: String

  func run() throws { try options.turn(id, on: true) }
}

/// `inetctl disable ID`
struct Disable: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Switch a service off in the files, then let the daemon read them.",
    discussion: "Works without a daemon; running servers finish. Exit status: 0 done, 1 not done, 64 usage.")
  @OptionGroup var options: SwitchOptions
  @Argument(help: "The service.", completion: .runningServices) var id: String

  func run() throws { try options.turn(id, on: false) }
}

/// What `enable` and `disable` have in common.
struct SwitchOptions: ParsableArguments {
  /// What the daemon had to do with it.
  private enum Effect {
    case notAsked, noDaemon, reloaded([ControlBlock])

    var word: String {
      switch self {
      case .notAsked: "not asked"
      case .noDaemon: "no daemon"
      case .reloaded: "done"
      }
    }
  }

  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var live: LiveOptions
  @Flag(help: "Leave the running daemon alone.") var noReload = false

  func turn(_ id: String, on: Bool) throws {
    let outcome: ServiceSwitch.Outcome
    do {
      outcome = try ServiceSwitch(paths: files.paths, options: files.loadOptions).turn(id, on: on)
    } catch let failure as SwitchFailure {
      throw fail(failure.description)
    } catch let error as SystemError {
      throw fail("\(error); '\(id)' is as it was")
    }
    let effect = outcome.file == nil || noReload ? Effect.notAsked : try reload()
    report(outcome, on: on, effect)
    if case .reloaded(let blocks) = effect { try check(blocks, outcome.id, on: on) }
  }

  private func fail(_ text: String) -> ExitCode {
    StandardError.write("inetctl: \(text)\n")
    return ExitCode(1)
  }

  private func reload() throws -> Effect {
    guard let blocks = try live.askIfRunning(.reload) else { return .noDaemon }
    return .reloaded(blocks)
  }

  private func report(_ outcome: ServiceSwitch.Outcome, on: Bool, _ effect: Effect) {
    let word = on ? "enabled" : "disabled"
    if live.json {
      var block = ControlBlock([("id", outcome.id), ("state", word), ("changed", outcome.file == nil ? "no" : "yes")])
      block.add("file", outcome.file)
      block.add("reload", effect.word)
      return live.show([block], columns: [])
    }
    guard let file = outcome.file else { return print("\(outcome.id) is \(word) already") }
    print("\(outcome.id): \(word) in \(file)")
    switch effect {
    case .notAsked: break
    case .noDaemon: print("no daemon runs at \(live.control): it counts from the next start on")
    case .reloaded(let blocks): Reload.show(blocks)
    }
  }

  /// The daemon may read other files than these, or refuse what they now say.
  private func check(_ blocks: [ControlBlock], _ id: String, on: Bool) throws {
    let change = blocks.first { $0["id"] == id }?["change"]
    if change == "stale" { throw fail("the daemon could not use the files; '\(id)' runs on as it was") }
    if change == nil || change == "removed" ? on : !on {
      throw fail("the daemon at \(live.control) reads other files: '\(id)' is as it was there")
    }
  }
}
