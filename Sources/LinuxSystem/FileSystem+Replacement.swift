import CLinux
import NetworkAddresses

/// Changing files that others read meanwhile, and that must survive a crash in between.
extension FileSystem {
  /// Puts `bytes` in the place of the file at `path`, or makes it: all at once, so that a reader finds the old content or
  /// the new one, and a crash leaves one of them.
  ///
  /// Owner, mode and extended attributes (access control lists, security labels) stay those of `model`, the file as it
  /// was read; a file that was changed since then is not replaced (EBUSY). Without a model the file is new, with `mode`.
  package static func replace(
    _ path: String, with bytes: [UInt8], model: FileStatus?, mode: UInt32 = 0o644
  ) throws(SystemError) {
    let directory = parent(of: path)
    // A name that no reader of the directory takes for a configuration file.
    let draft = "\(directory)/.\(path.pieces(separatedBy: UInt8(ascii: "/")).last ?? "").\(getpid())"
    // One that is there was left by a process that died with this pid.
    _ = CLinux.unlink(draft)
    let file = try FileDescriptor.open(draft, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    do throws(SystemError) {
      try fill(file.borrowed, draft, with: bytes, model: model, mode: mode, from: path)
      let present = try status(ofLink: path)
      if present != model { throw SystemError("replace", path, errno: EBUSY) }
      try rename(draft, to: path)
    } catch {
      _ = CLinux.unlink(draft)
      throw error
    }
    try synchronizeDirectory(directory)
  }

  private static func fill(
    _ file: BorrowedDescriptor, _ draft: String, with bytes: [UInt8], model: FileStatus?, mode: UInt32,
    from path: String
  ) throws(SystemError) {
    if let model {
      let own = try file.status(subject: draft)
      if own.owner != model.owner || own.group != model.group {
        try checked("change owner of", draft) { fchown(file.raw, model.owner, model.group) }
      }
      copyAttributes(of: path, to: file)
    }
    try checked("change mode of", draft) { fchmod(file.raw, mode_t(model?.mode ?? mode)) }
    let error = bytes.withUnsafeBytes { buffer -> SystemError? in
      do throws(SystemError) {
        try file.writeAll(buffer, to: draft)
        return nil
      } catch {
        return error
      }
    }
    if let error { throw error }
    try checked("synchronize", draft) { fsync(file.raw) }
  }

  /// Labels and access control lists where the file system has them; what cannot be copied stays as the directory
  /// gives it.
  private static func copyAttributes(of path: String, to file: BorrowedDescriptor) {
    var names = [CChar](repeating: 0, count: 4096)
    let length = llistxattr(path, &names, names.count)
    guard length > 0 else { return }
    for name in names[..<length].split(separator: 0) {
      let name = Array(name) + [0]
      var value = [UInt8](repeating: 0, count: 65_536)
      let size = lgetxattr(path, name, &value, value.count)
      if size >= 0 { _ = fsetxattr(file.raw, name, value, size, 0) }
    }
  }

  /// Removes a file for good.
  package static func remove(_ path: String) throws(SystemError) {
    try unlink(path)
    try synchronizeDirectory(parent(of: path))
  }

  /// rmdir(2): only an empty directory goes.
  package static func removeDirectory(_ path: String) throws(SystemError) {
    try checked("remove directory", path) { rmdir(path) }
  }

  /// Makes names in a directory survive a crash.
  package static func synchronizeDirectory(_ path: String) throws(SystemError) {
    let directory = try FileDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
    try checked("synchronize", path) { fsync(directory.raw) }
  }

  /// The directory a path lies in; `.` for a plain name.
  package static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The path without links in it (realpath(3)); what it names must exist.
  package static func resolved(_ path: String) throws(SystemError) -> String {
    guard let text = realpath(path, nil) else { throw SystemError.last("find", path) }
    defer { free(text) }
    return String(cString: text)
  }
}

/// The right to change the files of a directory, which one process at a time has.
///
/// A file of its own carries the lock (flock(2)): only who may write in the directory can open it, so that nobody else can
/// keep an administrator waiting. It is there only while it is held.
package final class EditLock {
  private static let name = ".inetctl.lock"

  private let path: String
  private let file: FileDescriptor

  private init(_ path: String, _ file: consuming FileDescriptor) {
    self.path = path
    self.file = file
  }

  /// Waits until nobody else changes files in `directory`.
  package static func acquire(in directory: String) throws(SystemError) -> EditLock {
    let path = "\(directory)/\(name)"
    while true {
      let file = try FileDescriptor.open(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      let raw = file.raw
      try checked("lock", path) { flock(raw, LOCK_EX) }
      // The former holder may have removed the file while we waited: then another one carries the lock now.
      let own = try file.borrowed.status(subject: path)
      if let named = try FileSystem.status(ofLink: path), named.inode == own.inode, named.device == own.device {
        return EditLock(path, file)
      }
    }
  }

  // Removed while the lock is held: whoever comes next makes a new one.
  deinit { _ = CLinux.unlink(path) }
}
