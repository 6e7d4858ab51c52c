import ArgumentParser
import ControlProtocol

/// `inetctl deny SOURCE [TIME]`
struct Deny: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Lock a source out of all services.")
  @OptionGroup var live: LiveOptions
  @Argument(help: "An address or address/prefix.") var source: String
  @Argument(help: "For how long: 90, 5m, 2h, 1d; for ever without it.") var time: String?

  func run() throws {
    var arguments = [source]
    if let time {
      guard let seconds = Deny.seconds(time) else { throw ValidationError("'\(time)' is not a time such as 5m or 2h") }
      arguments.append("\(seconds)")
    }
    live.confirm(try live.ask(.deny, arguments))
  }

  private static func seconds(_ text: String) -> Int? {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    guard let number = Int(unit == nil ? text : String(text.dropLast())), number > 0, number <= 1 << 31 else {
      return nil
    }
    return number * (unit ?? 1)
  }
}

/// `inetctl allow SOURCE`
struct Allow: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "End the lock-out of a source.")
  @OptionGroup var live: LiveOptions
  @Argument(
    help: "As it was locked out.", completion: .shellCommand("inetctl denied 2>/dev/null | awk 'NR > 1 { print $1 }'"))
  var source: String
  func run() throws { live.confirm(try live.ask(.allow, [source])) }
}

/// `inetctl denied`
struct Denied: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the sources that are locked out.")
  @OptionGroup var live: LiveOptions

  func run() throws {
    live.show(
      try live.ask(.denied),
      columns: [.init(key: "source", title: "SOURCE"), .init(key: "seconds", title: "SECONDS LEFT", isNumber: true)])
  }
}
