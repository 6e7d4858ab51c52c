import ServiceModel

/// JSON (RFC 8259) written by hand: the daemon has no encoder.
package enum JSONText {
  package static func string(_ text: String) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0..<0x20, 0x7f:
        result += Array("\\u00".utf8) + [FlatText.hex(byte >> 4), FlatText.hex(byte & 15)]
      default: result.append(byte)
      }
    }
    result.append(UInt8(ascii: "\""))
    return String(decoding: result, as: UTF8.self)
  }

  package static func array(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }

  /// Values are JSON already.
  package static func object(_ members: [(name: String, value: String)]) -> String {
    "{" + members.map { "\(string($0.name)): \($0.value)" }.joined(separator: ", ") + "}"
  }
}

extension DiagnosticRenderer {
  /// One finding as a JSON object.
  package func json(of diagnostic: Diagnostic) -> String {
    var members: [(name: String, value: String)] = [
      ("severity", JSONText.string(diagnostic.severity.word)), ("id", JSONText.string(diagnostic.id)),
      ("message", JSONText.string(diagnostic.message)),
    ]
    if let outcome = diagnostic.outcome { members.append(("outcome", JSONText.string(outcome))) }
    if let range = diagnostic.range {
      members += place(of: range)
    } else if let subject = diagnostic.subject {
      members.append(("file", JSONText.string(subject)))
    }
    if let suggestion = diagnostic.suggestion { members.append(("suggestion", JSONText.string(suggestion))) }
    let notes = diagnostic.notes.map { note in
      JSONText.object([("message", JSONText.string(note.message))] + (note.range.map { place(of: $0) } ?? []))
    }
    if !notes.isEmpty { members.append(("notes", JSONText.array(notes))) }
    return JSONText.object(members)
  }

  private func place(of range: SourceRange) -> [(name: String, value: String)] {
    [
      ("file", JSONText.string(sources[range.file].path)), ("line", "\(range.line)"), ("column", "\(range.column)"),
      ("length", "\(range.length)"),
    ]
  }
}
