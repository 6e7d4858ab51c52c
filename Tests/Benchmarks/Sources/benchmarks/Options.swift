import Foundation

/// What the command line says.
struct Options {
  var inetd = ""
  var inetctl: String?
  var programs = ""
  var debian = ""
  var json = "results.json"
  var svg: String?
  var rounds = 5
  var seconds = 1.0
  /// Seconds after which nothing more is begun: what there is by then is the result.
  var limit = 1800.0
  /// Only these groups; their figures replace those in the JSON file, the others stay.
  var only: Set<Group> = Set(Group.allCases)
  /// Only report what the JSON file holds.
  var measures = true

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let option = rest.popFirst() {
      if option == "--report" {
        measures = false
        continue
      }
      guard let value = rest.popFirst() else { throw Trouble("\(option) needs a value") }
      switch option {
      case "--inetd": inetd = value
      case "--inetctl": inetctl = value
      case "--programs": programs = value
      case "--debian": debian = value
      case "--json": json = value
      case "--svg": svg = value
      case "--rounds": rounds = try Self.number(value, option)
      case "--seconds": seconds = try Self.number(value, option)
      case "--limit": limit = try Self.number(value, option)
      case "--only": only = Set(try value.split(separator: ",").map { try Self.group(String($0)) })
      default: throw Trouble("unknown option \(option)")
      }
    }
  }

  private static func number<Number: LosslessStringConvertible>(_ text: String, _ option: String) throws -> Number {
    guard let number = Number(text) else { throw Trouble("\(option): '\(text)' is no number") }
    return number
  }

  private static func group(_ text: String) throws -> Group {
    guard let group = Group(rawValue: text) else {
      throw Trouble("no group '\(text)'; there are \(Group.allCases.map { $0.rawValue }.joined(separator: ", "))")
    }
    return group
  }

  func program(_ name: String) -> String { "\(programs)/\(name)" }

  /// Where Debian puts libraries of this processor.
  var libraryDirectory: String {
    #if arch(arm64)
      "aarch64-linux-gnu"
    #else
      "x86_64-linux-gnu"
    #endif
  }
}

/// A part of the run that can be asked for alone.
enum Group: String, CaseIterable {
  case memory, spawn, cells, echo, persistent, datagrams, streams, relay, start, reload, isolation, scrape
  case configuration, access, status
}

/// Why a measurement cannot be made.
struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
