import LinuxSystem
import ProcessSpawning
import ServiceModel

/// From the keys of a sandbox to the walls that a server's start builds.
enum CellPlan {
  /// A temporary file system for one connection: 64 MiB and 16,384 files, so that no stranger fills the memory.
  private static let temporaryOptions = "mode=1777,size=64m,nr_inodes=16k"

  /// The cell of a service; nil where it has none.
  static func cell(of definition: ServiceDefinition, filters: SystemCallFilters) -> SpawnCell? {
    let sandbox = definition.sandbox.expanded
    if sandbox.isOpen { return nil }
    var cell = SpawnCell()
    cell.isLenient = sandbox.fallback
    cell.ownProcesses = sandbox.privatePIDs == true
    cell.ownNetwork = sandbox.privateNetwork == true
    cell.mounts = mounts(of: sandbox)
    cell.ownFileSystemView = !cell.mounts.isEmpty
    cell.capabilities = sandbox.capabilities?.compactMap { Capability.number(of: $0) }
    if let rules = sandbox.landlock { restrict(&cell, to: rules) }
    if let words = sandbox.systemCalls { cell.systemCallFilter = filters.program(for: words) }
    return cell
  }

  private static func mounts(of sandbox: SandboxDefinition) -> [SpawnMount] {
    var steps: [SpawnMount] = []
    switch sandbox.protectSystem ?? .no {
    case .no: break
    case .yes: steps += systemPlaces.map { .readOnly($0) }
    case .full: steps += (systemPlaces + ["/etc"]).map { .readOnly($0) }
    case .strict: steps.append(.allReadOnly)
    }
    switch sandbox.protectHome ?? .no {
    case .no: break
    // Where everything is read-only already, homes are too.
    case .readOnly: if sandbox.protectSystem != .strict { steps += homes.map { .readOnly($0) } }
    case .yes: steps += homes.map { .memory(at: $0, options: "mode=0,size=4k", isReadOnly: true, isOptional: true) }
    case .tmpfs: steps += homes.map { .memory(at: $0, options: "mode=755,size=4k", isReadOnly: true, isOptional: true) }
    }
    if sandbox.privateTmp == true {
      // One file system for all places of temporary files: one bound.
      steps.append(.memory(at: "/tmp", options: temporaryOptions))
      steps += ["/var/tmp", "/dev/shm"].map { .bind("/tmp", at: $0) }
    }
    if sandbox.privatePIDs == true { steps.append(.processes) }
    return steps
  }

  private static let homes = ["/home", "/root", "/run/user"]

  /// What protect_system = yes protects, as far as this machine has it as a directory: on most, /bin and its like are
  /// links into /usr.
  private static var systemPlaces: [String] {
    ["/usr", "/boot", "/bin", "/sbin", "/lib", "/lib64"].filter { path in
      (try? FileSystem.status(ofLink: path))?.kind == .directory
    }
  }
}

// Landlock (landlock(7)).
extension CellPlan {
  /// The rights that the first version of Landlock knows, all of which are handled: what no rule opens is closed.
  private static let allRights: UInt64 = (1 << 13) - 1
  private static let execute: UInt64 = 1 << 0
  private static let readFile: UInt64 = 1 << 2
  private static let readDirectory: UInt64 = 1 << 3

  private static func restrict(_ cell: inout SpawnCell, to rules: [String]) {
    cell.handledRights = allRights
    cell.openings = rules.compactMap { rule in
      let path = String(rule.dropFirst(3))
      let rights: UInt64 =
        switch rule.prefix(2) {
        case "ro": readFile | readDirectory
        case "rx": readFile | readDirectory | execute
        default: allRights & ~execute
        }
      // A file has no directory rights: asking for them is an error.
      let isDirectory = (try? FileSystem.status(of: path))?.kind == .directory
      let fileRights: UInt64 = execute | 1 << 1 | readFile
      return SpawnOpening(path: path, rights: isDirectory ? rights : rights & fileRights)
    }
  }
}

extension Capability {
  /// The kernel's number of a capability (linux/capability.h).
  static func number(of name: String) -> Int? { kernelOrder.firstIndex(of: name) }
}
