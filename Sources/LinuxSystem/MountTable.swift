import CLinux

/// The mounts of our own view of the file system (proc(5), /proc/PID/mountinfo).
package final class MountTable {
  private let file: FileDescriptor

  package init() throws(SystemError) { file = try FileDescriptor.open("/proc/self/mountinfo", flags: O_RDONLY) }

  /// Whether something was mounted or unmounted since the last time this was asked, or since the beginning. The kernel
  /// marks it on the file, which need not be read.
  package func hasChanged() -> Bool {
    var state = pollfd(fd: file.raw, events: Int16(POLLPRI), revents: 0)
    return poll(&state, 1, 0) > 0
  }
}
