import CLinux

/// A pid file: it names the process that holds its lock, and a second holder is refused.
///
/// The lock (fcntl(2), F_SETLK) belongs to the process and dies with it, however that ends; a pid file that is left
/// behind by a crash is taken over. Children do not share it: one of flock(2) would be held on by a server that has
/// just been started and has not executed its program yet, and would keep the next daemon from starting. It is to be
/// taken after the daemon has gone into the background.
package final class LockFile {
  package let path: String
  private let file: FileDescriptor
  private let identity: (device: UInt64, inode: UInt64)

  private init(path: String, file: consuming FileDescriptor, status: FileStatus) {
    self.path = path
    self.file = file
    identity = (status.device, status.inode)
  }

  package enum Acquisition {
    case acquired(LockFile)
    /// Another process holds it; its pid as the file gives it, nil when it gives none.
    case held(by: Int32?)
  }

  /// Opens or creates the file (mode 0644) and takes its lock without waiting. Links are not followed.
  @export(interface) package static func acquire(_ path: String) throws(SystemError) -> Acquisition {
    while true {
      let file = try FileDescriptor.open(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
      let descriptor = file.raw
      if retryingInterrupted({ clinux_lock(descriptor) }) == -1 {
        if clinux_errno() == EAGAIN || clinux_errno() == EACCES { return .held(by: try holder(path)) }
        throw SystemError.last("lock", path)
      }
      // The former holder may have removed the file between our open and our lock: then ours has no name any more.
      let status = try file.borrowed.status(subject: path)
      guard status.kind == .regular else { throw SystemError("lock", path, errno: EINVAL) }
      if let named = try FileSystem.status(ofLink: path), named.inode == status.inode, named.device == status.device {
        return .acquired(LockFile(path: path, file: file, status: status))
      }
    }
  }

  private static func holder(_ path: String) throws(SystemError) -> Int32? {
    var pid: Int32 = 0
    for byte in try FileSystem.contents(of: path, limit: 4096).bytes {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), pid < 100_000_000 else { break }
      pid = pid * 10 + Int32(byte - UInt8(ascii: "0"))
    }
    return pid > 0 ? pid : nil
  }

  /// Writes a pid with a newline in place of what the file held.
  @export(interface) package func write(pid: Int32) throws(SystemError) {
    try file.borrowed.truncate()
    try checked("seek in", path) { lseek(file.raw, 0, SEEK_SET) }
    try file.borrowed.writeAll("\(pid)\n", to: path)
  }

  /// Removes the file if the path still names it; the lock goes with this value.
  @export(interface) package func remove() {
    guard let named = try? FileSystem.status(ofLink: path), named.inode == identity.inode,
      named.device == identity.device
    else { return }
    _ = CLinux.unlink(path)
  }
}
