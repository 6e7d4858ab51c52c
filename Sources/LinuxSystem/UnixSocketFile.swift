import CLinux
import NetworkAddresses

/// The file that a unix socket is bound to: who may connect, and what is left of it when its owner has gone.
package enum UnixSocketFile {
  /// Binds `socket` so that owner and permissions are in place before anyone else can connect.
  ///
  /// The file is born 0600 (bind(2) applies the umask to it), then changes owner, then gets its mode. Nil leaves owner
  /// or group as the daemon's. Symbolic links are not followed.
  package static func bind(
    _ socket: BorrowedDescriptor, path: String, user: UInt32?, group: UInt32?, mode: UInt32
  ) throws(SystemError) {
    let previous = umask(0o177)
    let result: SystemError?
    do throws(SystemError) {
      try socket.bind(to: .unix(path: path))
      result = nil
    } catch {
      result = error
    }
    umask(previous)
    if let result { throw result }
    do throws(SystemError) {
      try setAccess(path: path, user: user, group: group, mode: mode)
    } catch {
      _ = CLinux.unlink(path)
      throw error
    }
  }

  /// Sets owner and permissions of a socket file. Nil leaves owner or group as they are. Links are not followed.
  package static func setAccess(path: String, user: UInt32?, group: UInt32?, mode: UInt32) throws(SystemError) {
    if user != nil || group != nil {
      try checked("change owner of", path) {
        fchownat(AT_FDCWD, path, user ?? .max, group ?? .max, AT_SYMLINK_NOFOLLOW)
      }
    }
    try checked("change mode of", path) { fchmodat(AT_FDCWD, path, mode_t(mode), AT_SYMLINK_NOFOLLOW) }
  }

  /// Removes the socket file of a daemon that is gone. Returns whether there was one.
  ///
  /// Only a socket that refuses connections is stale. Throws EADDRINUSE when someone answers, EEXIST when the path is
  /// not a socket: such a file is never removed.
  @discardableResult
  package static func removeStale(path: String, kind: SocketKind) throws(SystemError) -> Bool {
    guard let status = try FileSystem.status(ofLink: path) else { return false }
    guard status.kind == .socket else { throw SystemError("replace", path, errno: EEXIST) }
    let probe = try FileDescriptor.socket(.unix, kind)
    do throws(SystemError) {
      _ = try probe.borrowed.connect(to: .unix(path: path))
    } catch {
      switch error.errno {
      case ECONNREFUSED:
        try FileSystem.unlink(path)
        return true
      case ENOENT: return false
      case EAGAIN, EPROTOTYPE: break  // a full backlog, or a living socket of another kind
      default: throw error
      }
    }
    throw SystemError("bind", path, errno: EADDRINUSE)
  }
}
