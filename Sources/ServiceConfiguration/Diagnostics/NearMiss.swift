/// Finds what somebody probably meant: the candidate with the smallest Damerau-Levenshtein distance, if it is small.
package enum NearMiss {
  /// Longer words are not typing errors of anything, and the table of distances grows with the square.
  private static let longestWord = 64

  /// The nearest candidate within one edit per three letters, the first of equals; nil when none is near.
  package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let wanted = ASCII.lowercased(Array(word.utf8))
    guard (2...longestWord).contains(wanted.count) else { return nil }
    var edits = EditDistance(to: wanted)
    var best: String?
    var bestDistance = max(1, (wanted.count + 1) / 3) + 1
    for candidate in candidates {
      let count = candidate.utf8.count
      if count > longestWord || abs(count - wanted.count) >= bestDistance { continue }
      if let distance = edits.distance(of: candidate, below: bestDistance) {
        best = candidate
        bestDistance = distance
      }
    }
    return best
  }
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn a word into another (optimal string alignment).
///
/// Every unknown key of a file is compared with every key there is: the rows are kept, and a word that is far is left.
private struct EditDistance {
  private let wanted: [UInt8]
  /// The last three rows of the table: a letter of the candidate each, a column for each letter of `wanted` and one.
  private var beforeLast: [Int]
  private var last: [Int]
  private var current: [Int]

  /// `wanted` is lower case and not empty.
  init(to wanted: [UInt8]) {
    self.wanted = wanted
    beforeLast = Array(0...wanted.count)
    last = beforeLast
    current = beforeLast
  }

  /// The distance of `candidate`, whatever its case; nil unless it is below `limit`.
  mutating func distance(of candidate: String, below limit: Int) -> Int? {
    for column in 0...wanted.count { last[column] = column }
    var previous: UInt8 = 0
    var row = 0
    var leastOfLast = 0
    for byte in candidate.utf8 {
      row += 1
      let letter = ASCII.lowercased(byte)
      current[0] = row
      var least = row
      for column in 1...wanted.count {
        let same = wanted[column - 1] == letter
        var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
        if row > 1, column > 1, wanted[column - 1] == previous, wanted[column - 2] == letter {
          cost = min(cost, beforeLast[column - 2] + 1)
        }
        current[column] = cost
        least = min(least, cost)
      }
      // A swap builds on the row before the last one: only two rows beyond the limit cannot lead below it again.
      if least >= limit && leastOfLast >= limit { return nil }
      leastOfLast = least
      previous = letter
      swap(&beforeLast, &last)
      swap(&last, &current)
    }
    return last[wanted.count] < limit ? last[wanted.count] : nil
  }
}

/// Letters of configuration keywords: only ASCII has cases here.
package enum ASCII {
  package static func lowercased(_ bytes: [UInt8]) -> [UInt8] { bytes.map(lowercased) }

  package static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }

  /// The text with A to Z in lower case; the same string where there is nothing to change.
  package static func lowercased(_ text: String) -> String {
    if !text.utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5a }) { return text }
    return String(decoding: text.utf8.map(lowercased), as: UTF8.self)
  }

  package static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// Whether two keywords are the same, whatever their case.
  package static func equal(_ a: String, _ b: String) -> Bool {
    // Nearly always they are spelt alike.
    if a == b { return true }
    let left = a.utf8
    let right = b.utf8
    if left.count != right.count { return false }
    for (x, y) in zip(left, right) where lowercased(x) != lowercased(y) { return false }
    return true
  }
}
