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
    #expect(tree.read("service-challenge/memory.max") == nil, "the bounds are the connections'")
    let places = try (0..<2).map { _ in try group.place() }
    #expect(tree.list("service-challenge").filter { $0.hasPrefix("connection-") } == ["connection-1", "connection-2"])
    #expect(tree.read("service-challenge/connection-2/pids.max") == "40")
    // What the kernel says of a group that has reached its bound.
    try "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n".write(
      toFile: tree.path + "/service-challenge/connection-1/memory.events", atomically: true, encoding: .utf8)
    #expect(places[0].connection?.memoryKills == 2)
    #expect(places[1].connection?.memoryKills == 0)
    places[0].connection?.dismiss()
    #expect(tree.read("service-challenge/connection-1/cgroup.kill") == "1")
  }

  /// What an earlier run has left is not taken for a fresh group.
  @Test func numbersInUseAreSkipped() throws {
    let tree = try Tree()
    let groups = try ControlGroups(path: tree.path, process: 1)
    let group = try groups.group(of: "x", Self.bounds(true))
    let busy = tree.path + "/service-x/connection-1"
    try FileManager.default.createDirectory(atPath: busy, withIntermediateDirectories: true)
    try "77\n".write(toFile: busy + "/cgroup.procs", atomically: true, encoding: .utf8)
    _ = try group.place()
    #expect(tree.read("service-x/connection-1/pids.max") == nil)
    #expect(tree.read("service-x/connection-2/pids.max") == "40")
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
