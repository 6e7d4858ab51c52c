import CLinux

extension FileSystem {
  /// Whether some process has a file open for writing at this moment: then nobody can have a read lease on it
  /// (fcntl(2), F_SETLEASE). False where the kernel does not tell: other file systems, files of other users.
  package static func hasWriter(_ path: String) -> Bool {
    guard let file = try? FileDescriptor.open(path, flags: O_RDONLY | O_NONBLOCK) else { return false }
    // The lease lasts for two system calls. A writer who comes just then makes the kernel send a signal: one that is
    // ignored by default in place of SIGIO.
    _ = clinux_fcntl(file.raw, F_SETSIG, SIGURG)
    if clinux_fcntl(file.raw, F_SETLEASE, Int32(F_RDLCK)) == 0 {
      _ = clinux_fcntl(file.raw, F_SETLEASE, Int32(F_UNLCK))
      return false
    }
    return clinux_errno() == EAGAIN
  }
}
