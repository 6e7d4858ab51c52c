import NetworkAddresses

/// What is remembered of each source of one service: live instances and the start rate.
///
/// Strangers decide how many sources there are, so the table is bounded: the source that has been idle longest makes
/// room. A source with live instances is never forgotten, because its count would be lost.
package struct SourceTable: Sendable {
  package static let limit = 65_536

  private struct Slot: Sendable {
    var source: IPPrefix
    var live: Int32 = 0
    var bucket = TokenBucket()
    /// Neighbours in the list of idle slots, oldest first; -1 = none.
    var older: Int32 = -1
    var newer: Int32 = -1
    var isIdle = false
  }

  private let limit: Int
  private var slots: [Slot] = []
  private var index: [IPPrefix: Int32] = [:]
  private var oldestIdle: Int32 = -1
  private var newestIdle: Int32 = -1

  package init(limit: Int = SourceTable.limit) { self.limit = limit }

  package var count: Int { index.count }

  /// Live instances of a source.
  package func live(_ source: IPPrefix) -> Int {
    index[source].map { Int(slots[Int($0)].live) } ?? 0
  }

  package func hasToken(_ source: IPPrefix, _ shape: TokenBucket.Shape, now: UInt64) -> Bool {
    index[source].map { slots[Int($0)].bucket.hasToken(shape, now: now) } ?? true
  }

  /// Counts a start. False when the table is full of sources with live instances: then nothing was counted.
  package mutating func start(_ source: IPPrefix, _ shape: TokenBucket.Shape?, now: UInt64) -> Bool {
    guard let slot = slot(for: source) else { return false }
    slots[slot].live += 1
    if let shape { _ = slots[slot].bucket.take(shape, now: now) }
    return true
  }

  /// Counts an end.
  package mutating func end(_ source: IPPrefix) {
    guard let position = index[source] else { return }
    let slot = Int(position)
    guard slots[slot].live > 0 else { return }
    slots[slot].live -= 1
    if slots[slot].live == 0 { appendIdle(slot) }
  }

  /// The slot of a source, taken out of the idle list; made, if need be in place of the oldest idle one.
  private mutating func slot(for source: IPPrefix) -> Int? {
    if let position = index[source] {
      removeIdle(Int(position))
      return Int(position)
    }
    let slot: Int
    if slots.count < limit {
      slots.append(Slot(source: source))
      slot = slots.count - 1
    } else if oldestIdle >= 0 {
      slot = Int(oldestIdle)
      removeIdle(slot)
      index[slots[slot].source] = nil
      slots[slot] = Slot(source: source)
    } else {
      return nil
    }
    index[source] = Int32(slot)
    return slot
  }

  private mutating func appendIdle(_ slot: Int) {
    slots[slot].isIdle = true
    slots[slot].older = newestIdle
    slots[slot].newer = -1
    if newestIdle >= 0 { slots[Int(newestIdle)].newer = Int32(slot) } else { oldestIdle = Int32(slot) }
    newestIdle = Int32(slot)
  }

  private mutating func removeIdle(_ slot: Int) {
    guard slots[slot].isIdle else { return }
    let (older, newer) = (slots[slot].older, slots[slot].newer)
    if older >= 0 { slots[Int(older)].newer = newer } else { oldestIdle = newer }
    if newer >= 0 { slots[Int(newer)].older = older } else { newestIdle = older }
    slots[slot].isIdle = false
    slots[slot].older = -1
    slots[slot].newer = -1
  }
}
