import CLinux
import LinuxSystem

/// The directory that systemd has given us for this run: empty, in memory, ours alone.
struct UnitDirectory {
  private let path: String

  init(_ path: String) { self.path = path }

  /// Writes a unit and has sockets.target start it.
  func write(_ unit: SocketUnit) throws(SystemError) {
    let file = try FileDescriptor.open(
      "\(path)/\(unit.name)", flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644)
    try file.borrowed.writeAll(unit.text, to: unit.name)
    let wants = path + "/sockets.target.wants"
    if try FileSystem.status(of: wants) == nil { try FileSystem.createDirectory(wants) }
    let link = "\(wants)/\(unit.name)"
    if try FileSystem.status(ofLink: link) != nil { try FileSystem.unlink(link) }
    try FileSystem.link(to: "../\(unit.name)", at: link)
  }
}
