/// The line with which a client of the port service multiplexer says what it wants (RFC 1078), as far as it has come.
package enum TCPMuxName: Equatable {
  /// Longer than any service name; a line that is longer is no name.
  package static let longest = 256

  case incomplete
  case tooLong
  /// The name, and how many bytes it and its line end are: what follows belongs to the server.
  case name(String, taken: Int)

  package init(of seen: UnsafeRawBufferPointer) {
    guard let newline = seen.prefix(TCPMuxName.longest).firstIndex(of: 0x0a) else {
      self = seen.count >= TCPMuxName.longest ? .tooLong : .incomplete
      return
    }
    var line = seen[..<newline]
    if line.last == 0x0d { line = line.dropLast() }
    self = .name(String(decoding: line, as: UTF8.self), taken: newline + 1)
  }
}
