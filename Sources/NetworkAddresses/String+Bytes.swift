extension String {
  /// Calls `body` with the text's UTF-8. A view's own indices cost ten times as much a byte, and a long inetd.conf is
  /// looked at a dozen times.
  @inline(__always) package func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = self
    return copy.withUTF8(body)
  }

  /// How many bytes stand before the first `byte`; nil when there is none.
  package func offset(of byte: UInt8) -> Int? { withBytes { $0.firstIndex(of: byte) } }

  /// How many bytes stand before the last `byte`; nil when there is none.
  package func lastOffset(of byte: UInt8) -> Int? { withBytes { $0.lastIndex(of: byte) } }
}
