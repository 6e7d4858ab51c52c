/// A group of `key = value` lines: one service, one connection, one finding.
package struct ControlBlock: Equatable, Sendable {
  package struct Field: Equatable, Sendable {
    package var key: String
    package var value: String
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package init(_ fields: [(String, String)]) {
    for (key, value) in fields { add(key, value) }
  }

  /// Appends a field; a nil value is left out.
  package mutating func add(_ key: String, _ value: String?) {
    if let value { fields.append(Field(key: key, value: value)) }
  }

  /// The first field of a name.
  package subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

  /// Writes the block as it is sent, with the empty line that ends it.
  package func append(to bytes: inout [UInt8]) {
    for field in fields {
      ControlText.append(field.key, to: &bytes)
      bytes += " = ".utf8
      ControlText.append(field.value, to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}

/// A whole reply: any number of blocks, then one that says how it went.
package struct ControlReply: Equatable, Sendable {
  package var blocks: [ControlBlock]
  /// Nil = ok.
  package var error: String?

  package init(blocks: [ControlBlock] = [], error: String? = nil) {
    self.blocks = blocks
    self.error = error
  }

  package static func failure(_ text: String) -> ControlReply { ControlReply(error: text) }

  /// The reply as it is sent.
  package var bytes: [UInt8] {
    var last = ControlBlock([("status", error == nil ? "ok" : "error")])
    last.add("message", error)
    var bytes: [UInt8] = []
    for block in blocks + [last] { block.append(to: &bytes) }
    return bytes
  }
}

/// Takes a reply apart as its bytes arrive.
package struct ControlReplyParser {
  /// What is wrong with a reply.
  package struct Malformed: Error, Equatable, Sendable {
    package let line: String
  }

  private var line: [UInt8] = []
  private var block = ControlBlock()
  private var blocks: [ControlBlock] = []

  package init() {}

  /// Takes bytes; returns the reply once its last block is complete.
  package mutating func take(_ bytes: some Sequence<UInt8>) throws(Malformed) -> ControlReply? {
    for byte in bytes {
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      let complete = line
      line = []
      if let reply = try takeLine(complete) { return reply }
    }
    return nil
  }

  private mutating func takeLine(_ bytes: [UInt8]) throws(Malformed) -> ControlReply? {
    if bytes.isEmpty {
      let done = block
      block = ControlBlock()
      guard let status = done["status"], status == "ok" || status == "error" else {
        blocks.append(done)
        return nil
      }
      return ControlReply(blocks: blocks, error: status == "ok" ? nil : done["message"] ?? "failed")
    }
    guard let words = ControlText.words(bytes), words.count == 3, words[1] == "=" else {
      throw Malformed(line: String(decoding: bytes, as: UTF8.self))
    }
    block.add(words[0], words[2])
    return nil
  }
}
