/// The number of a key's row in the key table of ServiceConfiguration, which alone knows the names.
package struct KeyNumber: Hashable, Sendable {
  package let row: UInt8
  package init(row: Int) { self.row = UInt8(row) }
}

/// Keys by number, one bit each: the table has fewer than 128 rows.
package struct KeySet: Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  package init() {}

  package init(_ keys: [KeyNumber]) {
    for key in keys { insert(key) }
  }

  /// False when it was there already.
  @discardableResult package mutating func insert(_ key: KeyNumber) -> Bool {
    let isNew = !contains(key)
    let bit: UInt64 = 1 << UInt64(key.row & 63)
    if key.row < 64 { low |= bit } else { high |= bit }
    return isNew
  }

  package func contains(_ key: KeyNumber) -> Bool {
    (key.row < 64 ? low : high) >> UInt64(key.row & 63) & 1 == 1
  }
}

/// Where the values of one service were written: a few places per service, a hundred thousand services per load, so a
/// short list of numbers serves better than a dictionary of names.
package struct KeyOrigins: Sendable {
  package struct Entry: Sendable {
    package let key: KeyNumber
    package let range: SourceRange
  }

  package private(set) var entries: [Entry] = []

  package init() {}

  /// The place of a key's value, nil when the key was not written. Setting replaces.
  package subscript(key: KeyNumber) -> SourceRange? {
    get { entries.first { $0.key == key }?.range }
    set {
      if let index = entries.firstIndex(where: { $0.key == key }) { entries.remove(at: index) }
      if let newValue { entries.append(Entry(key: key, range: newValue)) }
    }
  }

  /// Only the places of `keys`.
  package mutating func keep(_ keys: KeySet) {
    var kept: [Entry] = []
    kept.reserveCapacity(entries.count { keys.contains($0.key) })
    for entry in entries where keys.contains(entry.key) { kept.append(entry) }
    entries = kept
  }

  /// Makes room for `count` places.
  package mutating func reserve(_ count: Int) { entries.reserveCapacity(count) }

  package var isEmpty: Bool { entries.isEmpty }
}
