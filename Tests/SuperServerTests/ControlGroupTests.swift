import Foundation
import LinuxSystem
import ServiceModel
import Testing

@testable import SuperServer

/// The arrangement of control groups on a tree of plain files: this machine's real tree may be somebody else's.
@Suite struct ControlGroupTests {
  /// A directory that looks like a delegated group, as far as the daemon reads it.
  final class Tree {
    let path = NSTemporaryDirectory() + "inetd-groups-\(UUID().uuidString)"

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try "domain\n".write(toFile: path + "/cgroup.type", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func read(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    func list(_ name: String) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) ?? []).sorted()
    }
  }

  private static func bounds(_ perConnection: Bool) -> CgroupDefinition {
    var bounds = CgroupDefinition()
    bounds.memoryMax = 64 << 20
    bounds.tasksMax = 40
    bounds.cpuQuota = 50
    bounds.perConnection = perConnection
    return bounds
  }

  /// The kernel lets no group hold both processes and groups with controllers: the daemon goes into a leaf.
  @Test func theDaemonMovesOutOfTheWay() throws {
    let tree = try Tree()
    _ = try ControlGroups(path: tree.path, process: 4711)
    #expect(tree.read("inetd-daemon/cgroup.procs") == "4711")
    // So do servers that were started before any service had bounds.
    try "4711\n4712\n".write(toFile: tree.path + "/cgroup.procs", atomically: true, encoding: .utf8)
    _ = try ControlGroups(path: tree.path, process: 4711)
    #expect(tree.read("inetd-daemon/cgroup.procs") == "4712")
    #expect(tree.read("cgroup.subtree_control") == "+cpu")
  }

  @Test func aServiceHasItsBounds() throws {
    let tree = try Tree()
    let groups = try ControlGroups(path: tree.path, process: 1)
    let group = try groups.group(of: "finger/tcp", Self.bounds(false))
    #expect(tree.read("service-finger_tcp/memory.max") == "67108864")
    #expect(tree.read("service-finger_tcp/memory.oom.group") == "1")
    #expect(tree.read("service-finger_tcp/pids.max") == "40")
    #expect(tree.read("service-finger_tcp/cpu.max") == "50000 100000")
    let place = try group.place()
    #expect(place.connection == nil)
    #expect(try place.directory.status().kind == .directory)
  }

  @Test func aConnectionHasItsOwn() throws {
    let tree = try Tree()
    let groups = try ControlGroups(path: tree.path, process: 1)
    let group = try groups.group(of: "challenge", Self.bounds(true))
    let places = try (0..<2).map { _ in try group.place() }
    let leaves = ["connection-1-of-challenge", "connection-2-of-challenge"]
    #expect(tree.list("").filter { $0.hasPrefix("connection-") } == leaves)
    #expect(tree.read(leaves[1] + "/pids.max") == "40")
    #expect(tree.read(leaves[1] + "/cgroup.subtree_control") == nil, "no group hands controllers on")
    // What the kernel says of a group that has reached its bound.
    try "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n".write(
      toFile: "\(tree.path)/\(leaves[0])/memory.events", atomically: true, encoding: .utf8)
    #expect(places[0].connection?.memoryKills == 2)
    #expect(places[1].connection?.memoryKills == 0)
    places[0].connection?.dismiss()
    #expect(tree.read(leaves[0] + "/cgroup.kill") == "1")
  }

  /// Servers of an earlier run: the service manager has reset what bounded them.
  @Test func anEarlierRunsConnectionIsBoundedAnew() throws {
    let tree = try Tree()
    let groups = try ControlGroups(path: tree.path, process: 1)
    let group = try groups.group(of: "x", Self.bounds(true))
    for name in ["connection-7-of-x", "connection-7-of-y", "service-x"] {
      try FileManager.default.createDirectory(atPath: "\(tree.path)/\(name)", withIntermediateDirectories: true)
    }
    let found = try #require(group.recover(leaf: tree.path + "/connection-7-of-x"))
    #expect(tree.read("connection-7-of-x/pids.max") == "40")
    found.dismiss()
    #expect(tree.read("connection-7-of-x/cgroup.kill") == "1")
    for name in ["connection-7-of-y", "service-x"] { #expect(group.recover(leaf: "\(tree.path)/\(name)") == nil) }
    #expect(tree.read("connection-7-of-y/pids.max") == nil)
  }

  /// Where servers share a group, its count is the service's; what was there before is not counted again.
  @Test func aServicesKillsAreCountedOnce() throws {
    let tree = try Tree()
    let groups = try ControlGroups(path: tree.path, process: 1)
    let events = tree.path + "/service-x/memory.events"
    func kernelCounts(_ kills: Int) throws {
      try "oom 9\noom_kill \(kills)\n".write(toFile: events, atomically: true, encoding: .utf8)
    }
    #expect(try groups.group(of: "x", Self.bounds(false)).takeMemoryKills() == 0)
    try kernelCounts(3)
    let group = try groups.group(of: "x", Self.bounds(false))
    #expect(group.takeMemoryKills() == 0)
    try kernelCounts(5)
    #expect(group.takeMemoryKills() == 2)
    #expect(group.takeMemoryKills() == 0)
  }

  /// What an earlier run has left is not taken for a fresh group.
  @Test func numbersInUseAreSkipped() throws {
    let tree = try Tree()
    let groups = try ControlGroups(path: tree.path, process: 1)
    let group = try groups.group(of: "x", Self.bounds(true))
    let busy = tree.path + "/connection-1-of-x"
    try FileManager.default.createDirectory(atPath: busy, withIntermediateDirectories: true)
    try "77\n".write(toFile: busy + "/cgroup.procs", atomically: true, encoding: .utf8)
    _ = try group.place()
    #expect(tree.read("connection-1-of-x/pids.max") == nil)
    #expect(tree.read("connection-2-of-x/pids.max") == "40")
  }

  @Test func theOwnGroupIsFound() {
    func found(_ mounts: String, _ membership: String) -> String? {
      ControlGroups.ownGroup(mounts: Array(mounts.utf8), membership: Array(membership.utf8))
    }
    let unified = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
    let hybrid =
      "31 24 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n32 31 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      + "33 31 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    #expect(found(unified, "0::/system.slice/inetd.service\n") == "/sys/fs/cgroup/system.slice/inetd.service")
    #expect(found(unified, "0::/\n") == "/sys/fs/cgroup")
    #expect(found(hybrid, "4:memory:/x\n0::/\n") == "/sys/fs/cgroup/unified")
    #expect(found(hybrid, "4:memory:/x\n") == nil)
    #expect(found("31 24 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n", "0::/\n") == nil)
  }

  @Test func selectionsOfSystemCalls() {
    #expect(SystemCallSelection(["~ptrace", "~@mount"]).allows == false)
    #expect(SystemCallSelection(["~ptrace"]).calls == ["=ptrace"])
    let service = SystemCallSelection(["@service", "~@network-io", "ptrace"])
    #expect(service.allows && service.calls.contains("read") && service.calls.contains("=ptrace"))
    #expect(!service.calls.contains("connect") && !service.calls.contains("mount"))
    let all = SystemCallSelection(["@service"])
    for call in ["ptrace", "mount", "bpf", "unshare", "setns", "io_uring_setup", "keyctl", "kexec_load"] {
      #expect(!all.calls.contains(call), "\(call)")
    }
    #expect(SystemCallSelection(["read"]).calls.contains("execve"), "a program has to be started")
  }
}
