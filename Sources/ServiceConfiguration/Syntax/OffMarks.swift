import ServiceModel

/// Switching single lines of inetd.conf off and on, as update-inetd does: `#<off># ` before each line of an entry.
///
/// Everything else in the file stays as it is, byte for byte. A definition in NetBSD's key-values notation has a switch
/// of its own, `on` or `off`, and that is what is changed.
package enum OffMarks {
  /// The marks that are known. The first is written, with a blank behind it.
  private static let known = [Array("#<off>#".utf8), Array("#disabled#".utf8)]

  /// Whether any line of the file is marked.
  package static func areIn(_ bytes: [UInt8]) -> Bool {
    var start = 0
    while start < bytes.count {
      if bytes[start] == UInt8(ascii: "#"), known.contains(where: { bytes[start...].starts(with: $0) }) { return true }
      guard let end = bytes[start...].firstIndex(of: TextCursor.newline) else { return false }
      start = end + 1
    }
    return false
  }

  /// The file with only the marked lines in it, without their marks, each where it stands: read like any inetd.conf, it
  /// tells which services are switched off. Lines that set the default address stay.
  package static func revealed(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for line in lines(of: bytes) {
      if let mark = mark(of: line) {
        result += line.dropFirst(mark.length)
      } else if isHostLine(line) {
        result += line
      } else if line.last == TextCursor.newline {
        result.append(TextCursor.newline)
      }
    }
    return result
  }

  /// The file with the entry that starts in `line` (counted from 1) switched off; nil when none that is on
  /// starts there.
  package static func disable(_ bytes: [UInt8], line number: Int) -> [UInt8]? {
    var all = lines(of: bytes)
    let start = number - 1
    guard all.indices.contains(start), isEntryLine(all[start]) else { return nil }
    if let place = switchPlace(of: all[start]) {
      guard let line = replacing(all[start], at: place, old: "on", new: "off") else { return nil }
      all[start] = line
      return Array(all.joined())
    }
    let end = all[(start + 1)...].firstIndex { !isContinuation($0) } ?? all.endIndex
    let mark = known[followsAsContinuation(all, end, of: 0) ? 1 : 0] + [0x20]
    for index in start..<end { all[index] = mark + all[index] }
    return Array(all.joined())
  }

  /// The file with the entry in the marked `line` (counted from 1) switched on; nil when none is switched off there.
  package static func enable(_ bytes: [UInt8], line number: Int) -> [UInt8]? {
    var all = lines(of: bytes)
    let start = number - 1
    guard all.indices.contains(start) else { return nil }
    if isEntryLine(all[start]), let place = switchPlace(of: all[start]) {
      guard let line = replacing(all[start], at: place, old: "off", new: "on") else { return nil }
      all[start] = line
      return Array(all.joined())
    }
    guard let mark = mark(of: all[start]) else { return nil }
    var end = start + 1
    while followsAsContinuation(all, end, of: mark.kind) { end += 1 }
    for index in start..<end { all[index].removeFirst(OffMarks.mark(of: all[index])?.length ?? 0) }
    return Array(all.joined())
  }

  /// Whether a line, without its mark of this kind, goes on with an entry that has the same mark. One that was switched
  /// off by itself looks the same, which is why the entry before it gets another mark.
  private static func followsAsContinuation(_ lines: [[UInt8]], _ index: Int, of kind: Int) -> Bool {
    guard lines.indices.contains(index), let mark = mark(of: lines[index]), mark.kind == kind else { return false }
    return isContinuation(Array(lines[index].dropFirst(mark.length)))
  }

  // MARK: Lines

  /// The lines with their ends.
  private static func lines(of bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    for index in bytes.indices where bytes[index] == TextCursor.newline {
      lines.append(Array(bytes[start...index]))
      start = index + 1
    }
    if start < bytes.count { lines.append(Array(bytes[start...])) }
    return lines
  }

  private static func isContinuation(_ line: [UInt8]) -> Bool {
    guard let first = line.first, first == 0x20 || first == 0x09 else { return false }
    return line.contains { !TextCursor.endsWord($0) }
  }

  private static func isEntryLine(_ line: [UInt8]) -> Bool {
    guard let first = line.first(where: { !TextCursor.isBlank($0) }) else { return false }
    return first != TextCursor.newline && first != UInt8(ascii: "#") && first != UInt8(ascii: ".")
  }

  /// `host:` alone.
  private static func isHostLine(_ line: [UInt8]) -> Bool {
    guard isEntryLine(line) else { return false }
    let words = line.split { TextCursor.endsWord($0) }
    return words.count == 1 && words[0].last == UInt8(ascii: ":")
  }

  /// Which mark a line has, and the bytes of it and one blank behind it; nil when the line has none.
  private static func mark(of line: [UInt8]) -> (kind: Int, length: Int)? {
    guard let kind = known.firstIndex(where: { line.starts(with: $0) }) else { return nil }
    let length = known[kind].count
    let isSpaced = line.count > length && (line[length] == 0x20 || line[length] == 0x09)
    return (kind, length + (isSpaced ? 1 : 0))
  }

  /// Where the `on` or `off` of a key-values definition stands in its first line.
  private static func switchPlace(of line: [UInt8]) -> Int? {
    var cursor = TextCursor(line, file: SourceFileID(index: 0))
    cursor.skipBlanks()
    _ = cursor.classicWord()
    cursor.skipBlanks()
    return cursor.isAtSwitch ? cursor.index : nil
  }

  /// Nil when the word there is not `old`.
  private static func replacing(_ line: [UInt8], at place: Int, old: StaticString, new: StaticString) -> [UInt8]? {
    let end = place + old.utf8CodeUnitCount
    guard end <= line.count else { return nil }
    for offset in 0..<old.utf8CodeUnitCount where line[place + offset] != old.utf8Start[offset] { return nil }
    // `of` is no `off`, and `on` is no part of it.
    return Array(line[..<place]) + (0..<new.utf8CodeUnitCount).map { new.utf8Start[$0] } + Array(line[end...])
  }
}
