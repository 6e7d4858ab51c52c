import CLinux

// Writing to what somebody else reads, for a caller that must not wait for him.
extension BorrowedDescriptor {
  /// What a pipe takes at once when poll(2) calls it writable (pipe(7)).
  private static let piece = Int(PIPE_BUF)

  /// Writes a text as far as the descriptor takes it; each piece may have to wait for `patience` milliseconds at the
  /// most. Returns whether all of it was written. The descriptor may be blocking: it is shared with whoever gave it, so
  /// that its mode is not ours to change.
  package func write(_ text: String, patience: Int32) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { buffer in
      var rest = buffer
      while !rest.isEmpty {
        guard isWritable(within: patience) else { return false }
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(BorrowedDescriptor.piece))
        guard case .transferred(let count) = write(piece), count > 0 else { return false }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
      return true
    }
  }

  private func isWritable(within milliseconds: Int32) -> Bool {
    var request = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
    return retryingInterrupted { poll(&request, 1, milliseconds) } > 0
  }
}
