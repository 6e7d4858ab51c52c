/// A server argument or environment value in which `%a %p %l %q` stand for the connection's addresses and ports.
struct TextTemplate {
  enum Piece: Equatable {
    case literal([UInt8])
    case field(ConnectionField)
  }

  let pieces: [Piece]

  /// Reads `%a` peer address, `%p` peer port, `%l` local address, `%q` local port, `%s` service id, `%%` a percent
  /// sign. Any other `%` stands for itself.
  init(_ text: String, serviceID: String) {
    var pieces: [Piece] = []
    var literal: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    func flush() {
      if !literal.isEmpty { pieces.append(.literal(literal)) }
      literal = []
    }
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "%") else {
        literal.append(byte)
        continue
      }
      let letter = bytes.next()
      if let field = TextTemplate.field(letter) {
        flush()
        pieces.append(.field(field))
      } else if letter == UInt8(ascii: "s") {
        literal += serviceID.utf8
      } else {
        literal.append(byte)
        if let letter, letter != UInt8(ascii: "%") { literal.append(letter) }
      }
    }
    flush()
    self.pieces = pieces
  }

  /// A text in which nothing is replaced.
  init(constant text: String) { pieces = [.literal(Array(text.utf8))] }

  private static func field(_ letter: UInt8?) -> ConnectionField? {
    switch letter {
    case UInt8(ascii: "a"): .remoteAddress
    case UInt8(ascii: "p"): .remotePort
    case UInt8(ascii: "l"): .localAddress
    case UInt8(ascii: "q"): .localPort
    default: nil
    }
  }

  /// Bytes of the filled-in text at most, without a final NUL.
  var maximumCount: Int {
    pieces.reduce(0) { count, piece in
      switch piece {
      case .literal(let bytes): count + bytes.count
      case .field: count + ConnectionText.fieldSize
      }
    }
  }

  /// The text when it is the same for every connection.
  var constant: [UInt8]? {
    switch pieces.count {
    case 0: return []
    case 1: if case .literal(let bytes) = pieces[0] { return bytes } else { return nil }
    default: return nil
    }
  }
}
