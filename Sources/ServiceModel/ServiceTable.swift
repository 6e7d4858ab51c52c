/// A service of a load with the places its values were written at.
package struct ServiceEntry: Sendable {
  package var definition: ServiceDefinition
  /// Where the service is defined.
  package var location: SourceRange
  /// Where each key's value was written. Keys at their default are absent.
  package var origins: KeyOrigins
  /// Whether it comes from a service directory and so beats the classic file.
  package var isDropIn = true

  /// Lets go of the places of values where all of them are on the line that the service itself is at.
  package mutating func forgetPlacesOnItsLine() {
    let isOneLine = origins.entries.allSatisfy { $0.range.line == location.line && $0.range.file == location.file }
    if isOneLine { origins = KeyOrigins() }
  }

  package init(definition: ServiceDefinition, location: SourceRange, origins: KeyOrigins = KeyOrigins()) {
    self.definition = definition
    self.location = location
    self.origins = origins
  }
}

/// A service that a load could not accept; a running service of this id stays as it was.
package struct RejectedService: Sendable {
  package var id: String
  package var location: SourceRange

  package init(id: String, location: SourceRange) {
    self.id = id
    self.location = location
  }
}

/// A service in error as far as it could be read: whoever mends it should hear of all its mistakes at once, also of those
/// that only the machine knows.
package struct FaultyService: Sendable {
  package var entry: ServiceEntry
  package var doubts: LookupDoubts

  package init(_ entry: ServiceEntry, doubts: LookupDoubts) {
    self.entry = entry
    self.doubts = doubts
  }
}

/// What of a service in error must not be looked up, since it depends on something that could not be read: the answer
/// would be about what nobody has written.
package struct LookupDoubts: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  /// Where it listens.
  package static let socket = LookupDoubts(rawValue: 1)
  /// Which file its program is.
  package static let program = LookupDoubts(rawValue: 2)
}

/// The outcome of one load: the services in file order, those in error, and all findings.
package struct ServiceTable: Sendable {
  package var entries: [ServiceEntry] = []
  package var rejected: [RejectedService] = []
  /// Some of the rejected; empty once they have been looked up.
  package var faulty: [FaultyService] = []
  package var diagnostics: [Diagnostic] = []
  package var sources = SourceMap()
  /// False when something could not be read at all, so that nothing may be concluded from a service's absence.
  package var isComplete = true

  package init() {}

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
