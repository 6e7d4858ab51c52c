import Foundation

/// What the command line says.
struct Options {
  var inetd = ""
  var programs = ""
  var debian = ""
  var json = "results.json"
  var rounds = 5
  var seconds = 2.0
  /// Only scenarios whose name contains this.
  var only: String?

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let option = rest.popFirst() {
      guard let value = rest.popFirst() else { throw Trouble("\(option) needs a value") }
      switch option {
      case "--inetd": inetd = value
      case "--programs": programs = value
      case "--debian": debian = value
      case "--json": json = value
      case "--rounds": rounds = try Self.number(value, option)
      case "--seconds": seconds = try Self.number(value, option)
      case "--only": only = value
      default: throw Trouble("unknown option \(option)")
      }
    }
  }

  private static func number<Number: LosslessStringConvertible>(_ text: String, _ option: String) throws -> Number {
    guard let number = Number(text) else { throw Trouble("\(option): '\(text)' is no number") }
    return number
  }

  func program(_ name: String) -> String { "\(programs)/\(name)" }
}

/// Why a measurement cannot be made.
struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
