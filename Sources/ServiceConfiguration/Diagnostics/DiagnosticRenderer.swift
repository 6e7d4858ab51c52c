import ServiceModel

/// Writes findings for people, as compilers do: place, message, the line and what in it is meant.
package struct DiagnosticRenderer {
  /// Longer lines are shown as the part around the finding.
  private static let widestExcerpt = 160

  let sources: SourceMap
  private let lines = LineFinder()

  @export(interface) package init(_ sources: SourceMap) { self.sources = sources }

  @export(interface) package func text(of diagnostics: [Diagnostic]) -> String {
    diagnostics.map { text(of: $0) }.joined()
  }

  /// The finding with its excerpt and notes; ends with a newline.
  @export(interface) package func text(of diagnostic: Diagnostic) -> String {
    var text = line(of: diagnostic) + "\n"
    if let range = diagnostic.range { text += excerpt(range, suggestion: diagnostic.suggestion) }
    for note in diagnostic.notes {
      let message = VisibleText.of(note.message)
      guard let range = note.range else {
        text += "      = note: \(message)\n"
        continue
      }
      text += "\(sources.describe(range)): note: \(message)\n" + excerpt(range, suggestion: nil)
    }
    return text
  }

  /// `path:line:column: severity: message; outcome [id]`, as it also stands in the log.
  @export(interface) package func line(of diagnostic: Diagnostic) -> String {
    let place = diagnostic.range.map { sources.describe($0) + ": " } ?? diagnostic.subject.map { $0 + ": " } ?? ""
    return "\(place)\(diagnostic.severity.word): \(diagnostic.fullMessage) [\(diagnostic.id)]"
  }

  // MARK: Excerpts

  private func excerpt(_ range: SourceRange, suggestion: String?) -> String {
    let line = sourceLine(range)
    let suggestion = suggestion.map { VisibleText.of($0) }
    if line.isEmpty { return suggestion.map { "      = did you mean '\($0)'?\n" } ?? "" }
    let start = min(Int(range.column) - 1, line.count)
    let end = max(min(start + Int(range.length), line.count), min(start + 1, line.count))
    let window = DiagnosticRenderer.window(line, around: start, end)
    var number = "\(range.line)"
    number = String(repeating: " ", count: max(0, 5 - number.utf8.count)) + number
    let gutter = String(repeating: " ", count: number.utf8.count)
    let before = DiagnosticRenderer.visible(line[window.lowerBound..<start], asBlank: true)
    let marked = max(1, DiagnosticRenderer.width(line[start..<min(end, window.upperBound)]))
    let mark = "^" + String(repeating: "~", count: marked - 1) + (suggestion.map { " did you mean '\($0)'?" } ?? "")
    return "\(number) | \(DiagnosticRenderer.visible(line[window], asBlank: false))\n\(gutter) | \(before)\(mark)\n"
  }

  /// The bytes of the line a range stands in, without its end.
  private func sourceLine(_ range: SourceRange) -> ArraySlice<UInt8> {
    let bytes = sources[range.file].bytes
    guard let start = lines.start(of: range.line, in: range.file, bytes) else { return [] }
    var end = start
    while end < bytes.count && bytes[end] != UInt8(ascii: "\n") { end += 1 }
    if end > start && bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return ArraySlice(Array(bytes[start..<end]))
  }

  /// The part of a line to show, cut at whole characters.
  private static func window(_ line: ArraySlice<UInt8>, around start: Int, _ end: Int) -> Range<Int> {
    if line.count <= widestExcerpt { return 0..<line.count }
    func isInside(_ index: Int) -> Bool { index < line.count && line[index] & 0xc0 == 0x80 }
    var low = max(0, start - widestExcerpt / 4)
    while low < start && isInside(low) { low += 1 }
    var high = min(line.count, low + widestExcerpt)
    while high < line.count && isInside(high) { high += 1 }
    return low..<max(high, min(start, line.count))
  }

  /// Columns that a terminal uses, as far as that can be said without tables: one for each character.
  private static func width(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) } }

  /// Text without control characters; as blanks it keeps its tabs, so that what follows stays below its line.
  private static func visible(_ bytes: ArraySlice<UInt8>, asBlank: Bool) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\t"): result.append(byte)
      case 0..<0x20, 0x7f: result.append(asBlank ? 0x20 : UInt8(ascii: "?"))
      case 0x80..<0xc0: if !asBlank { result.append(byte) }
      default: result.append(asBlank ? 0x20 : byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

/// Finds the beginnings of lines. A file may have a hundred thousand findings, and a search from its top for each would
/// take forever: every 64th beginning is noted once.
private final class LineFinder {
  private static let stride: Int32 = 64

  private var file: SourceFileID?
  /// The offsets of lines 1, 65, 129 and so on.
  private var offsets: [Int] = []

  /// The offset of a line's first byte; lines count from 1. Nil beyond the end of the file.
  func start(of wanted: Int32, in file: SourceFileID, _ bytes: [UInt8]) -> Int? {
    if self.file != file { note(bytes, of: file) }
    let index = Int((wanted - 1) / LineFinder.stride)
    guard wanted > 0, index < offsets.count else { return nil }
    var offset = offsets[index]
    for _ in 0..<(wanted - 1) % LineFinder.stride {
      guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      offset = end + 1
    }
    return offset
  }

  private func note(_ bytes: [UInt8], of file: SourceFileID) {
    self.file = file
    offsets = [0]
    var line: Int32 = 1
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      line += 1
      if (line - 1) % LineFinder.stride == 0 { offsets.append(offset + 1) }
    }
  }
}

extension Diagnostic {
  /// The message with what happens next, fit for a terminal or a log: words of a file may be a megabyte long.
  package var fullMessage: String { VisibleText.of(outcome.map { "\(message); \($0)" } ?? message) }
}
