import CLinux
import LinuxSystem
import ServiceModel

/// The group of one service.
final class ServiceControlGroup {
  private let name: String
  private let path: String
  private let bounds: CgroupDefinition
  private let isLenient: Bool
  private let groups: ControlGroups
  private var shared: FileDescriptor?
  /// What the kernel had counted when it was last asked.
  private var countedKills = 0

  init(name: String, path: String, bounds: CgroupDefinition, isLenient: Bool, groups: ControlGroups) {
    self.name = name
    self.path = path
    self.bounds = bounds
    self.isLenient = isLenient
    self.groups = groups
    countedKills = memoryKills
  }

  private var memoryKills: Int { ControlGroups.number("oom_kill", in: path + "/memory.events") ?? 0 }

  /// Processes of any of the service's servers that were ended because memory_max was reached, since the last question.
  /// Where the bound is each connection's, its own group tells.
  func takeMemoryKills() -> Int {
    if bounds.perConnection || bounds.memoryMax == nil { return 0 }
    let kills = memoryKills
    defer { countedKills = kills }
    return max(kills - countedKills, 0)
  }

  /// Where the next server starts: the service's group, or a new one for its connection.
  func place() throws(SystemError) -> ControlGroupPlace {
    if bounds.perConnection {
      let leaf = try groups.makeFreshGroup(of: name)
      do throws(SystemError) {
        if isLenient {
          try? ControlGroups.bound(leaf, bounds)
        } else {
          try ControlGroups.bound(leaf, bounds)
        }
        return ControlGroupPlace(
          try FileDescriptor.open(leaf, flags: O_RDONLY | O_DIRECTORY), ConnectionControlGroup(leaf, groups))
      } catch {
        rmdir(leaf)
        throw error
      }
    }
    if shared == nil { shared = try FileDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY) }
    guard let directory = try shared?.borrowed.duplicate() else {
      throw SystemError("open control group", path, errno: EBADF)
    }
    return ControlGroupPlace(directory, nil)
  }
}

extension ServiceControlGroup {
  /// The group that a server of an earlier run has for its connection, bounded anew: the service manager has taken the
  /// controllers away to start us. Nil where it is in none of ours.
  func recover(_ process: Int32) -> ConnectionControlGroup? {
    guard bounds.perConnection, let mounts = try? FileSystem.contents(of: "/proc/self/mountinfo").bytes,
      let membership = try? FileSystem.contents(of: "/proc/\(process)/cgroup").bytes,
      let leaf = ControlGroups.ownGroup(mounts: mounts, membership: membership)
    else { return nil }
    return recover(leaf: leaf)
  }

  func recover(leaf: String) -> ConnectionControlGroup? {
    guard leaf.utf8.starts(with: (groups.path + "/connection-").utf8),
      leaf.utf8.reversed().starts(with: ("-of-" + name).utf8.reversed())
    else { return nil }
    try? ControlGroups.bound(leaf, bounds)
    return ConnectionControlGroup(leaf, groups)
  }
}

/// A directory to start a server in, and the group that is its connection's alone.
final class ControlGroupPlace {
  private let file: FileDescriptor
  let connection: ConnectionControlGroup?

  init(_ directory: consuming FileDescriptor, _ connection: ConnectionControlGroup?) {
    file = consume directory
    self.connection = connection
  }

  var directory: BorrowedDescriptor { file.borrowed }
}

/// The group of one connection: whatever its server starts is in it, and ends with it.
final class ConnectionControlGroup {
  private let path: String
  private let groups: ControlGroups

  init(_ path: String, _ groups: ControlGroups) {
    self.path = path
    self.groups = groups
  }

  /// Ends all processes of the connection at once (cgroup.kill, Linux 5.14).
  func kill() { try? ControlGroups.write("1", to: path + "/cgroup.kill") }

  /// Processes that were ended because memory_max was reached.
  var memoryKills: Int { ControlGroups.number("oom_kill", in: path + "/memory.events") ?? 0 }

  /// The server is gone: so is all it has left behind.
  func dismiss() { groups.dismiss(path) }
}
