/// The two ports by which RFC 1413 names a connection, as the host that is asked sees them.
package struct IdentPorts: Equatable {
  package let own: UInt16
  package let other: UInt16

  package init(own: UInt16, other: UInt16) {
    self.own = own
    self.other = other
  }
}

/// A line of the identification protocol (RFC 1413), from the side that answers and from the side that asks.
package enum IdentMessage {
  /// RFC 1413 6: neither side sends more than 1000 characters before the end of a line.
  package static let longestLine = 1000

  /// `6193, 23`; nil where either is no port.
  package static func ports(_ line: some Collection<UInt8>) -> IdentPorts? {
    let parts = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard parts.count == 2, let own = number(trimmed(parts[0])), let other = number(trimmed(parts[1])) else {
      return nil
    }
    guard let own = UInt16(exactly: own), let other = UInt16(exactly: other), own > 0, other > 0 else { return nil }
    return IdentPorts(own: own, other: other)
  }

  /// The two numbers of a request that cannot be answered, to send back; 0 for what is no number.
  package static func numbers(_ line: some Collection<UInt8>) -> (UInt32, UInt32) {
    let parts = line.split(separator: UInt8(ascii: ","), maxSplits: 1, omittingEmptySubsequences: false)
    let first = parts.first.flatMap { number(trimmed($0)) } ?? 0
    let second = parts.count > 1 ? number(trimmed(parts[1])) ?? 0 : 0
    return (first, second)
  }

  /// What a server says of a user, `UNIX : joe`, as it stands behind `USERID :`; nil where the line is an error or is
  /// about another connection.
  package static func userID(_ line: some Collection<UInt8>, of ports: IdentPorts) -> ArraySlice<UInt8>? {
    let colon = UInt8(ascii: ":")
    let parts = Array(line).split(separator: colon, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, IdentMessage.ports(parts[0]) == ports,
      trimmed(parts[1]).elementsEqual("USERID".utf8)
    else { return nil }
    let user = parts[2].drop { isBlank($0) }
    return user.isEmpty ? nil : user
  }

  private static func number(_ text: some Collection<UInt8>) -> UInt32? {
    if text.isEmpty || text.count > 9 { return nil }
    var value: UInt32 = 0
    for byte in text {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + UInt32(byte - 0x30)
    }
    return value
  }

  private static func trimmed<Text: Collection<UInt8>>(_ text: Text) -> ArraySlice<UInt8> {
    var slice = Array(text)[...]
    while let first = slice.first, isBlank(first) { slice.removeFirst() }
    while let last = slice.last, isBlank(last) { slice.removeLast() }
    return slice
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
}
