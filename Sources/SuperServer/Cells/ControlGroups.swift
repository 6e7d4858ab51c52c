import CLinux
import LinuxSystem
import ServiceModel

/// The part of the control group tree (cgroups(7), version 2) that the daemon may arrange: its own group, where that was
/// delegated. Below it each service with bounds has a group, or each of its connections one where the service says so.
///
/// No group has further ones below: a service manager that starts the unit again beside servers that still run takes the
/// controllers away from the unit's group, so that it may hold the new process, and cannot where a group in it hands
/// them on (EBUSY; the unit's start fails with 219/CGROUP until the last server has ended).
final class ControlGroups {
  /// Our own group; servers' groups lie in it.
  let path: String

  private static let controllers = ["memory", "pids", "cpu"]
  /// Where the daemon itself goes: a group with controllers for groups below may hold no processes (the kernel's rule of
  /// no internal processes).
  private static let ownLeaf = "inetd-daemon"

  /// Groups that still hold processes on their way out.
  private var dying: [String] = []
  private var number = 0

  /// Takes a group over. `process` is moved out of the way into a leaf, and so is what else the group holds itself:
  /// servers without bounds that were started before there was any.
  init(path: String, process: Int32) throws(SystemError) {
    self.path = path
    // The root of the tree alone may hold both; it alone has no type.
    if try FileSystem.status(of: path + "/cgroup.type") != nil {
      let leaf = path + "/" + ControlGroups.ownLeaf
      try ControlGroups.makeDirectory(leaf)
      try ControlGroups.write("\(process)", to: leaf + "/cgroup.procs")
      for other in ControlGroups.processes(in: path) where other != "\(process)" {
        // It may have ended meanwhile.
        try? ControlGroups.write(other, to: leaf + "/cgroup.procs")
      }
    }
    ControlGroups.enableControllers(in: path)
  }

  /// The group of a service, made and bounded. An error says which bound this tree cannot keep; with `isLenient` such
  /// bounds are told to `missing` and left out.
  func group(
    of id: String, _ bounds: CgroupDefinition, isLenient: Bool = false, missing: (SystemError) -> Void = { _ in }
  ) throws(SystemError) -> ServiceControlGroup {
    let name = String(decoding: id.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    // What holds for a connection is tried now, so that it is known before anybody comes.
    let path = self.path + (bounds.perConnection ? "/trial-of-" : "/service-") + name
    try ControlGroups.makeDirectory(path)
    defer { if bounds.perConnection { rmdir(path) } }
    do throws(SystemError) {
      try ControlGroups.bound(path, bounds)
    } catch {
      guard isLenient else { throw error }
      missing(error)
    }
    return ServiceControlGroup(name: name, path: path, bounds: bounds, isLenient: isLenient, groups: self)
  }

  /// Makes a group that holds nobody: of an earlier run there may be some that still do.
  func makeFreshGroup(of name: String) throws(SystemError) -> String {
    for _ in 0..<100_000 {
      number &+= 1
      let leaf = "\(path)/connection-\(number)-of-\(name)"
      if mkdir(leaf, 0o755) == 0 { return leaf }
      guard clinux_errno() == EEXIST else { throw SystemError.last("make control group", leaf) }
      // Left over and empty: removed and made again, with none of its old counts.
      if rmdir(leaf) == 0, mkdir(leaf, 0o755) == 0 { return leaf }
    }
    throw SystemError("make control group of", name, errno: EEXIST)
  }

  /// Ends whatever a group still holds and removes it, now or as soon as the last process is gone.
  func dismiss(_ path: String) {
    try? ControlGroups.write("1", to: path + "/cgroup.kill")
    if rmdir(path) != 0 && clinux_errno() == EBUSY { dying.append(path) }
  }

  /// Tries again what could not be removed. Returns whether something is left.
  func removeDying() -> Bool {
    dying.removeAll { rmdir($0) == 0 || clinux_errno() != EBUSY }
    return !dying.isEmpty
  }

  var hasDying: Bool { !dying.isEmpty }
}

// Files of the tree.
extension ControlGroups {
  static func makeDirectory(_ path: String) throws(SystemError) {
    if mkdir(path, 0o755) == 0 || clinux_errno() == EEXIST { return }
    throw SystemError.last("make control group", path)
  }

  /// The kernel makes a group's files: one that is missing belongs to a controller that is not there, which writing to
  /// it reports (EACCES or EPERM).
  static func write(_ text: String, to path: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    try file.borrowed.writeAll(text, to: path)
  }

  /// One at a time: a controller that this tree lacks must not keep the others away. Which bounds cannot be kept shows
  /// when they are set.
  private static func enableControllers(in path: String) {
    for controller in controllers { try? write("+" + controller, to: path + "/cgroup.subtree_control") }
  }

  /// Sets the bounds of a group; the first that cannot be set is thrown when the others have been.
  static func bound(_ path: String, _ bounds: CgroupDefinition) throws(SystemError) {
    var failure: SystemError?
    func set(_ text: String, _ file: String) {
      do throws(SystemError) {
        try write(text, to: path + "/" + file)
      } catch {
        failure = failure ?? error
      }
    }
    if let memory = bounds.memoryMax {
      set("\(memory)", "memory.max")
      // Swapping instead of ending would only make the machine slow; where there is no swap there is no such file.
      try? write("0", to: path + "/memory.swap.max")
      // All of a connection's processes or none: half a server serves nobody.
      try? write("1", to: path + "/memory.oom.group")
    }
    if let tasks = bounds.tasksMax { set("\(tasks)", "pids.max") }
    if let quota = bounds.cpuQuota { set("\(quota * 1000) 100000", "cpu.max") }
    if let failure { throw failure }
  }

  /// The pids that a group itself holds, as the kernel writes them.
  private static func processes(in path: String) -> [String] {
    let text = (try? FileSystem.contents(of: path + "/cgroup.procs").bytes) ?? []
    return text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The number behind a word in a file of `word number` lines.
  static func number(_ word: String, in path: String) -> Int? {
    guard let bytes = try? FileSystem.contents(of: path, limit: 4096).bytes else { return nil }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      if words.count == 2, words[0].elementsEqual(word.utf8) { return Int(String(decoding: words[1], as: UTF8.self)) }
    }
    return nil
  }
}

// Where our group is, and whether it is ours to arrange.
extension ControlGroups {
  /// The directory of a process's own group, from the texts of /proc/self/mountinfo and /proc/self/cgroup; nil without
  /// version 2.
  static func ownGroup(mounts: [UInt8], membership: [UInt8]) -> String? {
    var mountPoint: String?
    for line in mounts.split(separator: UInt8(ascii: "\n")) {
      // proc(5): mount point is the fifth field, the type follows the separator.
      let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, fields.count > 4 else { continue }
      if fields[dash + 1] == "cgroup2" { mountPoint = fields[4] }
    }
    guard let mountPoint else { return nil }
    for line in membership.split(separator: UInt8(ascii: "\n")) {
      let text = String(decoding: line, as: UTF8.self)
      if text.utf8.starts(with: "0::/".utf8) {
        let own = String(text.dropFirst(3))
        return own == "/" ? mountPoint : mountPoint + own
      }
    }
    return nil
  }

  /// Whether the group was given to us: systemd marks it so (Delegate=yes), a container's root is its own, and on a
  /// machine without a service manager that arranges groups the root of the tree is root's.
  static func isDelegated(_ path: String) -> Bool {
    var value: UInt8 = 0
    for name in ["trusted.delegate", "user.delegate"] {
      if getxattr(path, name, &value, 1) == 1, value == UInt8(ascii: "1") { return true }
    }
    let isRoot = (try? FileSystem.status(of: path + "/cgroup.type")) == .some(nil)
    let isNamespaceRoot = !isRoot && (try? FileSystem.contents(of: "/proc/self/cgroup").bytes).map(isAtRoot) == true
    return isNamespaceRoot || isRoot && access("/run/systemd/system", F_OK) != 0 && geteuid() == 0
  }

  private static func isAtRoot(_ membership: [UInt8]) -> Bool {
    membership.split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual("0::/".utf8) }
  }

  /// Our own group, if it may be arranged.
  static func open() throws(SystemError) -> ControlGroups {
    let mounts = try FileSystem.contents(of: "/proc/self/mountinfo").bytes
    let membership = try FileSystem.contents(of: "/proc/self/cgroup").bytes
    guard let own = ownGroup(mounts: mounts, membership: membership) else {
      throw SystemError("find a control group of version 2", errno: ENOENT)
    }
    guard isDelegated(own) else { throw SystemError("arrange control group", own, errno: EPERM) }
    return try ControlGroups(path: own, process: CurrentProcess.pid)
  }
}
