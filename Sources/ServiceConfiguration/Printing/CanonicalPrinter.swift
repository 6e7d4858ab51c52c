import ServiceModel

/// The one form every configuration can be written in: flat syntax, keys in table order, defaults left out.
///
/// Reading it back gives the same definitions.
package enum CanonicalPrinter {
  /// One line of the form: a key of the table and its words.
  package struct Line: Equatable, Sendable {
    package let key: String
    package let words: [String]
  }

  /// What a flat file has to say to define the service, apart from its id.
  @export(interface) package static func lines(of definition: ServiceDefinition) -> [Line] {
    KeyTable.keys.compactMap { key in key.words(definition).map { Line(key: key.name, words: $0) } }
  }

  /// A `[service ID]` section.
  @export(interface) package static func section(_ definition: ServiceDefinition) -> String {
    let id = definition.id
    let isPlain = !id.utf8.contains { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") || $0 == UInt8(ascii: "#") }
    return "[service \(isPlain ? id : "\"\(id)\"")]\n" + body(definition)
  }

  /// All services as sections of one text.
  @export(interface) package static func sections(_ definitions: [ServiceDefinition]) -> String {
    definitions.map { section($0) }.joined(separator: "\n")
  }

  /// One service as a file of a service directory.
  @export(interface) package static func file(_ definition: ServiceDefinition) -> (name: String, text: String) {
    let stem = fileStem(definition.id)
    let id = stem == definition.id ? "" : FlatText.line("id", [definition.id]) + "\n"
    return (stem + ".conf", id + body(definition))
  }

  private static func body(_ definition: ServiceDefinition) -> String {
    var text = ""
    for line in lines(of: definition) { text += FlatText.line(line.key, line.words) + "\n" }
    return text
  }

  /// An id as a file name that a service directory reads: `finger/tcp` -> `finger-tcp`.
  @export(interface) package static func fileStem(_ id: String) -> String {
    let bytes = id.utf8.map { byte in
      let letter = ASCII.lowercased(byte)
      let isSafe =
        letter >= 0x61 && letter <= 0x7a || ASCII.isDigit(byte) || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "@")
      return isSafe ? byte : UInt8(ascii: "-")
    }
    // A dot in front would hide the file, a dash makes it an option of every command that is given its name.
    let stem = bytes.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }.prefix(200)
    return stem.isEmpty ? "service" : String(decoding: stem, as: UTF8.self)
  }
}
