extension String {
  /// Calls `body` with the text's UTF-8. A view's own indices cost ten times as much a byte, and a long inetd.conf is
  /// looked at a dozen times.
  @inline(__always) package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = self
    return copy.withUTF8(body)
  }

  /// The pieces between bytes that are `separator`. A separator is one whatever follows: to Swift a `/` before a combining
  /// mark is another character than `/`, to the kernel and to us it is not.
  package func pieces(separatedBy separator: UInt8, omittingEmpty: Bool = true) -> [Substring] {
    utf8.split(separator: separator, omittingEmptySubsequences: omittingEmpty).map { Substring($0) }
  }

  /// Without so many bytes at its ends. What Swift drops is characters: with a sign the combining mark behind it.
  package func dropping(first: Int, last: Int = 0) -> String {
    String(decoding: utf8.dropFirst(first).dropLast(last), as: UTF8.self)
  }

  /// How many bytes stand before the first `byte`; nil when there is none.
  package func offset(of byte: UInt8) -> Int? { withBytes { $0.firstIndex(of: byte) } }

  /// How many bytes stand before the last `byte`; nil when there is none.
  package func lastOffset(of byte: UInt8) -> Int? { withBytes { $0.lastIndex(of: byte) } }
}
