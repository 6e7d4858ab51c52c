import NetworkAddresses

/// Reads the header that proxies put in front of a connection: versions 1 (a line) and 2 (binary) of HAProxy's PROXY
/// protocol, told apart by their first bytes.
///
/// Source: "The PROXY protocol, Versions 1 & 2" (haproxy, doc/proxy-protocol.txt). Pure: bytes in, a reading out.
package enum ProxyHeaderParser {
  /// Bytes of the longest header that is read. Version 1 has at most 107; version 2 is left room for the extensions that
  /// proxies add (TLS names and certificates); longer ones are refused.
  package static let longest = 4096

  /// Section 2.1: "107 chars", with the line's end.
  private static let longestLine = 107
  private static let lineStart = Array("PROXY ".utf8)
  private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
  private static let fixedLength = 16

  /// Reads what has come of a connection.
  package static func read(_ bytes: UnsafeRawBufferPointer) -> ProxyHeaderReading {
    if agrees(bytes, with: signature) { return readBinary(bytes) }
    if agrees(bytes, with: lineStart) { return readLine(bytes) }
    return .noHeader
  }

  private static func agrees(_ bytes: UnsafeRawBufferPointer, with start: [UInt8]) -> Bool {
    for index in 0..<min(bytes.count, start.count) where bytes[index] != start[index] { return false }
    return true
  }
}

// Version 1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n`.
extension ProxyHeaderParser {
  private static func readLine(_ bytes: UnsafeRawBufferPointer) -> ProxyHeaderReading {
    guard let newline = bytes.prefix(longestLine).firstIndex(of: UInt8(ascii: "\n")) else {
      return bytes.count < longestLine ? .incomplete : .malformed
    }
    guard newline >= lineStart.count, bytes[newline - 1] == UInt8(ascii: "\r") else { return .malformed }
    let text = bytes[lineStart.count..<(newline - 1)]
    let words = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { word in
      String(decoding: word, as: UTF8.self)
    }
    let length = newline + 1
    // "the receiver must ignore anything presented before the CRLF is found"
    if words.first == "UNKNOWN" { return .header(.unknown, length: length) }
    guard words.count == 5, let family = family(words[0]), let client = address(words[1], family),
      let destination = address(words[2], family), let clientPort = port(words[3]),
      let destinationPort = port(words[4])
    else { return .malformed }
    return .header(
      .client(.ip(client, port: clientPort), destination: .ip(destination, port: destinationPort)), length: length)
  }

  private static func family(_ word: String) -> IPFamily? {
    switch word {
    case "TCP4": .ipv4
    case "TCP6": .ipv6
    default: nil
    }
  }

  private static func address(_ word: String, _ family: IPFamily) -> IPAddress? {
    guard let address = IPAddress(word), address.family == family else { return nil }
    return address
  }

  /// Decimal without sign, blanks or a leading zero.
  private static func port(_ word: String) -> UInt16? {
    let digits = word.utf8
    guard (1...5).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { return nil }
    return UInt16(word)
  }
}

// Version 2: the signature, version and command, family and transport, the length of the rest, addresses, extensions.
extension ProxyHeaderParser {
  private static func readBinary(_ bytes: UnsafeRawBufferPointer) -> ProxyHeaderReading {
    guard bytes.count >= fixedLength else { return .incomplete }
    let command = bytes[12] & 0x0f
    guard bytes[12] >> 4 == 2, command <= 1 else { return .malformed }
    let length = fixedLength + Int(bytes[14]) << 8 + Int(bytes[15])
    guard length <= longest else { return .malformed }
    guard bytes.count >= length else { return .incomplete }
    // LOCAL: "the receiver must accept this connection as valid and must use the real connection endpoints".
    if command == 0 { return .header(.unknown, length: length) }
    let block = UnsafeRawBufferPointer(rebasing: bytes[fixedLength..<length])
    guard bytes[13] & 0x0f <= 2 else { return .malformed }
    switch bytes[13] >> 4 {
    case 0: return .header(.unknown, length: length)
    case 1: return addresses(block, .ipv4).map { .header($0, length: length) } ?? .malformed
    case 2: return addresses(block, .ipv6).map { .header($0, length: length) } ?? .malformed
    case 3:
      // Two paths of 108 bytes. A client of a unix socket is named by nothing that could be judged.
      return block.count >= 216 ? .header(.client(.unnamed, destination: .unnamed), length: length) : .malformed
    default: return .malformed
    }
  }

  private static func addresses(_ block: UnsafeRawBufferPointer, _ family: IPFamily) -> ProxiedAddresses? {
    let size = family.width / 8
    guard block.count >= 2 * size + 4 else { return nil }
    func address(at start: Int) -> IPAddress {
      IPAddress(family: family, bits: block[start..<(start + size)].reduce(0) { $0 << 8 | UInt128($1) })
    }
    func port(at start: Int) -> UInt16 { UInt16(block[start]) << 8 | UInt16(block[start + 1]) }
    return .client(
      .ip(address(at: 0), port: port(at: 2 * size)),
      destination: .ip(address(at: size), port: port(at: 2 * size + 2)))
  }
}
