import NetworkAddresses

/// Sources that are locked out of all services for a time: by a sensor they touched, or by an administrator.
///
/// Bounded, because strangers can add to it: when it is full, the entry that ends soonest makes room.
package struct DenyList: Sendable {
  package static let limit = 65_536

  /// One source that is locked out.
  package struct Entry: Equatable, Sendable {
    package let source: IPPrefix
    /// In nanoseconds of the caller's clock; nil = for ever.
    package let until: UInt64?
  }

  private let limit: Int
  private var entries: [IPPrefix: UInt64] = [:]
  /// How many entries there are of each prefix length: few lengths are ever in use, and each costs one look.
  private var lengths4 = [Int](repeating: 0, count: 33)
  private var lengths6 = [Int](repeating: 0, count: 129)

  package init(limit: Int = DenyList.limit) { self.limit = limit }

  package var isEmpty: Bool { entries.isEmpty }
  package var count: Int { entries.count }

  /// Whether an address is locked out now. Entries that have ended are forgotten on the way.
  package mutating func contains(_ address: IPAddress, now: UInt64) -> Bool {
    if entries.isEmpty { return false }
    let plain = address.unmapped
    let lengths = plain.family == .ipv4 ? lengths4 : lengths6
    for length in lengths.indices where lengths[length] > 0 {
      let source = IPPrefix(plain, length: length)
      guard let until = entries[source] else { continue }
      if until > now { return true }
      remove(source)
    }
    return false
  }

  /// Locks a source out; a later end replaces an earlier one, never the reverse.
  package mutating func add(_ source: IPPrefix, until: UInt64?) {
    let source = source.unmapped
    let end = until ?? .max
    if let known = entries[source] {
      entries[source] = max(known, end)
      return
    }
    if entries.count >= limit { makeRoom() }
    entries[source] = end
    count(source, 1)
  }

  /// Lets a source in again. False when it was not locked out.
  @discardableResult
  package mutating func remove(_ source: IPPrefix) -> Bool {
    let source = source.unmapped
    guard entries.removeValue(forKey: source) != nil else { return false }
    count(source, -1)
    return true
  }

  /// All sources locked out now.
  package mutating func current(now: UInt64) -> [Entry] {
    for (source, until) in entries where until <= now { remove(source) }
    return entries.map { Entry(source: $0.key, until: $0.value == .max ? nil : $0.value) }
  }

  /// Forgets the quarter that ends soonest: all at once, so that a flood of new sources costs each of them little.
  private mutating func makeRoom() {
    let ends = entries.values.sorted()
    let quarter = max(ends.count / 4, 1)
    let last = ends[quarter - 1]
    var rest = quarter
    for (source, end) in entries where end <= last && rest > 0 {
      remove(source)
      rest -= 1
    }
  }

  private mutating func count(_ source: IPPrefix, _ change: Int) {
    if source.base.family == .ipv4 { lengths4[source.length] += change } else { lengths6[source.length] += change }
  }
}
