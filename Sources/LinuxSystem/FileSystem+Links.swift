import CLinux

extension FileSystem {
  /// symlink(2).
  @export(interface) package static func link(to target: String, at path: String) throws(SystemError) {
    try checked("create link", path) { symlink(target, path) }
  }

  /// Where a symbolic link points (readlink(2)); up to 4095 bytes.
  @export(interface) package static func target(ofLink path: String) throws(SystemError) -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = try checked("read link", path) {
      bytes.withUnsafeMutableBytes {
        readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count - 1)
      }
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
