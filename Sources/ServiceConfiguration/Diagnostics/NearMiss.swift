/// Finds what somebody probably meant: the candidate with the smallest Damerau-Levenshtein distance, if it is small.
package enum NearMiss {
  /// Longer words are not typing errors of anything, and the table of distances grows with the square.
  private static let longestWord = 64

  /// The nearest candidate within one edit per three letters, the first of equals; nil when none is near.
  package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let wanted = ASCII.lowercased(Array(word.utf8))
    guard (2...longestWord).contains(wanted.count) else { return nil }
    var best: String?
    var bestDistance = max(1, (wanted.count + 1) / 3) + 1
    for candidate in candidates {
      let bytes = ASCII.lowercased(Array(candidate.utf8))
      if bytes.count > longestWord || abs(bytes.count - wanted.count) >= bestDistance { continue }
      let distance = distance(wanted, bytes)
      if distance < bestDistance {
        best = candidate
        bestDistance = distance
      }
    }
    return best
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment).
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var current = last
    for i in 1...a.count {
      current[0] = i
      for j in 1...b.count {
        let same = a[i - 1] == b[j - 1]
        var cost = min(last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, beforeLast[j - 2] + 1) }
        current[j] = cost
      }
      beforeLast = last
      last = current
    }
    return last[b.count]
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
