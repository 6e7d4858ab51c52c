import ServiceModel

/// The syntaxes a file can be written in.
package enum Dialect: UInt8, Hashable, Sendable {
  /// Positional fields: inetd.conf.
  case classic
  /// `key = value`, our own form.
  case flat
  /// xinetd's `service NAME { ... }` blocks.
  case xinetd
}

/// One word of a value.
package struct RawWord: Equatable, Sendable {
  package var text: String
  package var range: SourceRange
  package init(_ text: String, at range: SourceRange) {
    self.text = text
    self.range = range
  }
}

/// `=`, `+=` and `-=`.
package enum RawOperator: UInt8, Hashable, Sendable { case set, add, remove }

/// The words of a value. Nearly always it is one, which needs no array of its own.
package struct RawWords: Equatable, Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
  private var head: RawWord?
  private var tail: [RawWord] = []

  package init(_ word: RawWord) { head = word }

  package init(_ words: some Collection<RawWord>) {
    head = words.first
    if words.count > 1 { tail = Array(words.dropFirst()) }
  }

  package init(arrayLiteral words: RawWord...) { self.init(words) }

  /// The word where there is no other.
  package var only: RawWord? { tail.isEmpty ? head : nil }

  package var startIndex: Int { 0 }
  package var endIndex: Int { head == nil ? 0 : tail.count + 1 }

  package subscript(position: Int) -> RawWord {
    guard position == 0 else { return tail[position - 1] }
    guard let head else { preconditionFailure("no word at all") }
    return head
  }
}

/// One setting as written: located strings without meaning.
package struct RawSetting: Equatable, Sendable {
  package var key: RawWord
  package var operation: RawOperator
  package var values: RawWords
  /// The key's row, where the parser knew it: a positional line is made of fields, not of names.
  var number: KeyNumber?

  package init(key: RawWord, operation: RawOperator, values: RawWords) {
    self.key = key
    self.operation = operation
    self.values = values
  }
}

/// One service, or one defaults block, as written. Parsers of all dialects produce this.
package struct RawService: Equatable, Sendable {
  package enum Kind: UInt8, Sendable { case service, defaults }

  package var kind: Kind
  package var dialect: Dialect
  /// The service's name as written (flat: the file's or section's id; classic: the service field; xinetd: the block's).
  package var name: RawWord
  package var settings: [RawSetting]
  /// A drop-in beats inetd.conf; among drop-ins the second of one socket is an error.
  package var isDropIn: Bool
  /// A part of this service was already found in error by the parser: it is not served, and its id is `rejected`.
  package var isBroken = false
  /// Settings of override snippets, in flat syntax whatever the service is written in; applied after `settings`.
  package var overrides: [RawSetting] = []

  package init(kind: Kind = .service, dialect: Dialect, name: RawWord, settings: [RawSetting] = [], isDropIn: Bool) {
    self.kind = kind
    self.dialect = dialect
    self.name = name
    self.settings = settings
    self.isDropIn = isDropIn
  }
}
