/// What can be asked of a running daemon.
package enum ControlVerb: String, CaseIterable, Sendable {
  case list, status, connections, denied, metrics, diff, test
  case reload, pause, resume, kill, deny, allow

  /// Whether it changes something, which only root and the daemon's own user may.
  package var changes: Bool {
    switch self {
    case .list, .status, .connections, .denied, .metrics, .diff, .test: false
    case .reload, .pause, .resume, .kill, .deny, .allow: true
    }
  }
}

/// One request: a line of words, the first of them a verb.
package struct ControlRequest: Equatable, Sendable {
  /// A longer line is refused.
  package static let longestLine = 4096

  package var verb: ControlVerb
  package var arguments: [String]

  package init(_ verb: ControlVerb, _ arguments: [String] = []) {
    self.verb = verb
    self.arguments = arguments
  }

  /// Why a line is no request.
  package enum Refusal: Error, Equatable, Sendable {
    case empty
    case badQuoting
    case unknownVerb(String)

    package var text: String {
      switch self {
      case .empty: "a request is a line 'verb argument...'"
      case .badQuoting: "a quote is not closed or an escape is not known"
      case .unknownVerb(let verb): "unknown verb '\(verb)'"
      }
    }
  }

  /// Reads a line without its newline.
  package init(line: ArraySlice<UInt8>) throws(Refusal) {
    guard let words = ControlText.words(line) else { throw .badQuoting }
    guard let first = words.first else { throw .empty }
    guard let verb = ControlVerb(rawValue: first) else { throw .unknownVerb(first) }
    self.init(verb, Array(words.dropFirst()))
  }

  /// The request as it is sent, with its newline.
  package var line: String {
    ([verb.rawValue] + arguments.map(ControlText.quoted)).joined(separator: " ") + "\n"
  }
}
