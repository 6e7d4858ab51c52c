/// What one finding means for the service it is about.
package enum DiagnosticSeverity: UInt8, Comparable, Sendable {
  case note
  case warning
  case error

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  package var word: String {
    switch self {
    case .note: "note"
    case .warning: "warning"
    case .error: "error"
    }
  }
}

/// One finding about the configuration: what, where, and what happens next.
package struct Diagnostic: Equatable, Sendable {
  /// A second place that belongs to the finding: the other definition, the default, a link of an include chain.
  package struct Note: Equatable, Sendable {
    package var message: String
    package var range: SourceRange?

    package init(_ message: String, at range: SourceRange? = nil) {
      self.message = message
      self.range = range
    }
  }

  package var severity: DiagnosticSeverity
  /// Stable and documented, in kebab case: `unknown-user`.
  package var id: String
  package var message: String
  /// Nil for findings about a file as a whole that could not be read; `subject` then names it.
  package var range: SourceRange?
  /// The path, where there is no range.
  package var subject: String?
  /// A near name: printed as `did you mean 'x'?`.
  package var suggestion: String?
  package var notes: [Note] = []
  /// What happens because of it, where the message does not say: `service 'ftp' is skipped`.
  package var outcome: String?

  package init(
    _ severity: DiagnosticSeverity, _ id: String, _ message: String, at range: SourceRange? = nil,
    subject: String? = nil, suggestion: String? = nil, notes: [Note] = [], outcome: String? = nil
  ) {
    self.severity = severity
    self.id = id
    self.message = message
    self.range = range
    self.subject = subject
    self.suggestion = suggestion
    self.notes = notes
    self.outcome = outcome
  }
}
