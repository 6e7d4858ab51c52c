/// A group of `key = value` lines: one service, one connection, one finding.
package struct ControlBlock: Equatable, Sendable {
  package struct Field: Equatable, Sendable {
    package var key: String
    package var value: String
  }

  package private(set) var fields: [Field] = []

  package init() { fields.reserveCapacity(ControlBlock.usualFields) }

  package init(_ fields: [(String, String)]) {
    self.init()
    for (key, value) in fields { add(key, value) }
  }

  /// Room for what is said of a service.
  private static let usualFields = 12

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
      bytes.append(UInt8(ascii: " "))
      bytes.append(UInt8(ascii: "="))
      bytes.append(UInt8(ascii: " "))
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

  /// The blocks that are complete, unless somebody has taken them.
  private var blocks: [ControlBlock] = []
  private var line: [UInt8] = []
  private var block = ControlBlock()

  package init() {}

  /// Takes the blocks that are complete out of the reply that is to come: whoever shows them one by one needs to keep
  /// none.
  package mutating func takeBlocks() -> [ControlBlock] {
    defer { blocks.removeAll(keepingCapacity: true) }
    return blocks
  }

  package mutating func take(_ bytes: [UInt8]) throws(Malformed) -> ControlReply? { try take(bytes[...]) }

  /// Takes bytes; returns the reply once its last block is complete. What follows the reply is not looked at.
  package mutating func take(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> ControlReply? {
    var rest = bytes
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      line += rest[..<newline]
      rest = rest[(newline + 1)...]
      let reply = try takeLine()
      line.removeAll(keepingCapacity: true)
      if let reply { return reply }
    }
    line += rest
    return nil
  }

  private mutating func takeLine() throws(Malformed) -> ControlReply? {
    if line.isEmpty {
      let done = block
      block = ControlBlock()
      guard let status = done["status"], status == "ok" || status == "error" else {
        blocks.append(done)
        return nil
      }
      return ControlReply(blocks: blocks, error: status == "ok" ? nil : done["message"] ?? "failed")
    }
    guard let (key, value) = ControlText.field(line[...]) else {
      throw Malformed(line: String(decoding: line, as: UTF8.self))
    }
    block.add(key, value)
    return nil
  }
}
