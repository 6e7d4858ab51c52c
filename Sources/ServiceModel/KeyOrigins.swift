/// Where the values of one service were written: a few places per service, a hundred thousand services per load, so a
/// short list serves better than a dictionary.
package struct KeyOrigins: Sendable {
  package struct Entry: Sendable {
    package let key: String
    package let range: SourceRange
  }

  package private(set) var entries: [Entry] = []

  package init() {}

  /// The place of a key's value, nil when the key was not written. Setting replaces.
  package subscript(key: String) -> SourceRange? {
    get { entries.first { $0.key == key }?.range }
    set {
      if let index = entries.firstIndex(where: { $0.key == key }) { entries.remove(at: index) }
      if let newValue { entries.append(Entry(key: key, range: newValue)) }
    }
  }

  /// Only the places of `keys`.
  package mutating func keep(_ keys: [String]) {
    var kept: [Entry] = []
    kept.reserveCapacity(entries.count { keys.contains($0.key) })
    for entry in entries where keys.contains(entry.key) { kept.append(entry) }
    entries = kept
  }

  /// Makes room for `count` places.
  package mutating func reserve(_ count: Int) { entries.reserveCapacity(count) }

  package var isEmpty: Bool { entries.isEmpty }
}
