import CSpawn

/// One step on the way to a server's own view of the file system.
package enum SpawnMount: Equatable, Sendable {
  /// An empty file system in memory; nothing where the place does not exist.
  case memory(at: String, options: String, isReadOnly: Bool = false, isOptional: Bool = false)
  /// A place and all below it, at a second place; nothing where that does not exist.
  case bind(String, at: String)
  /// A place and all below it cannot be written; nothing where it does not exist.
  case readOnly(String)
  /// Nothing can be written but what lies below /dev, /proc and /sys.
  case allReadOnly
  /// The server's own processes at /proc.
  case processes
}

/// What is open below a path: LANDLOCK_ACCESS_FS_* bits (landlock(7)).
package struct SpawnOpening: Equatable, Sendable {
  package var path: String
  package var rights: UInt64

  package init(path: String, rights: UInt64) {
    self.path = path
    self.rights = rights
  }
}

/// The walls around a server, built by the child itself between clone and execve.
package struct SpawnCell: Equatable, Sendable {
  package var ownFileSystemView = false
  package var ownNetwork = false
  /// A process namespace with a first process of its own, and an IPC namespace.
  package var ownProcesses = false
  /// In order.
  package var mounts: [SpawnMount] = []
  package var openings: [SpawnOpening] = []
  /// Rights that are closed where no opening has them; 0 = no Landlock.
  package var handledRights: UInt64 = 0
  /// Numbers of the capabilities that are kept; nil = not limited.
  package var capabilities: [Int]?
  /// A classic BPF program as seccomp(2) takes it; empty = it could not be made, and no server starts.
  package var systemCallFilter: [UInt8]?
  /// What this kernel cannot do is left out instead of failing.
  package var isLenient = false

  package init() {}
}

extension SpawnCell {
  /// Whether there is something that another process can build and hold.
  package var isBuilt: Bool { ownFileSystemView || ownNetwork || ownProcesses }

  /// Where servers can leave files that are the cell's.
  package var writableMemories: [String] {
    mounts.compactMap { mount in
      if case .memory(let place, _, isReadOnly: false, _) = mount { return place }
      return nil
    }
  }

  /// Places that may be missing when the cell is built.
  package var optionalPlaces: [String] {
    mounts.compactMap { mount in
      switch mount {
      case .memory(let place, _, _, isOptional: true), .bind(_, at: let place), .readOnly(let place): place
      default: nil
      }
    }
  }

  /// Bytes of one instruction of a filter (struct sock_filter).
  static let instructionSize = 8

  /// Puts the cell where the child reads it.
  func write(to arena: PlanArena) -> UnsafePointer<cspawn_cell>? {
    let cell = arena.allocate(cspawn_cell.self, count: 1)
    cell.initialize(to: cspawn_cell())
    var namespaces: Int32 = 0
    if ownFileSystemView { namespaces |= 0x0002_0000 }  // CLONE_NEWNS
    if ownNetwork { namespaces |= 0x4000_0000 }  // CLONE_NEWNET
    if ownProcesses { namespaces |= 0x0800_0000 }  // CLONE_NEWIPC; CLONE_NEWPID is clone's
    cell.pointee.namespaces = namespaces
    cell.pointee.has_processes = ownProcesses ? 1 : 0
    let steps = mounts.map { SpawnCell.step($0, arena) }
    cell.pointee.mount_count = UInt32(steps.count)
    cell.pointee.mounts = UnsafePointer(arena.array(steps))
    let places = openings.map { cspawn_opening(path: arena.string($0.path), rights: $0.rights) }
    cell.pointee.opening_count = UInt32(places.count)
    cell.pointee.openings = UnsafePointer(arena.array(places))
    cell.pointee.handled_rights = handledRights
    if let capabilities {
      cell.pointee.limits_capabilities = 1
      cell.pointee.capabilities = capabilities.reduce(0) { $0 | 1 << UInt64($1) }
    }
    if let systemCallFilter {
      cell.pointee.filters_system_calls = 1
      let instructions = systemCallFilter.withUnsafeBytes { bytes in
        (0..<bytes.count / SpawnCell.instructionSize).map { index in
          bytes.loadUnaligned(fromByteOffset: index * SpawnCell.instructionSize, as: UInt64.self)
        }
      }
      cell.pointee.filter_count = UInt32(instructions.count)
      cell.pointee.filter = UnsafeRawPointer(arena.array(instructions))
    }
    cell.pointee.is_lenient = isLenient ? 1 : 0
    return UnsafePointer(cell)
  }

  private static func step(_ mount: SpawnMount, _ arena: PlanArena) -> cspawn_mount {
    var step = cspawn_mount()
    switch mount {
    case .memory(let place, let options, let isReadOnly, let isOptional):
      step.kind = CSPAWN_MOUNT_TMPFS
      step.target = arena.string(place)
      step.data = arena.string(options)
      // MS_NOSUID, MS_NODEV and MS_RDONLY.
      step.flags = 2 | 4 | (isReadOnly ? 1 : 0)
      step.is_optional = isOptional ? 1 : 0
    case .bind(let source, let place):
      step.kind = CSPAWN_MOUNT_BIND
      step.source = arena.string(source)
      step.target = arena.string(place)
      step.is_optional = 1
    case .readOnly(let place):
      step.kind = CSPAWN_MOUNT_READ_ONLY
      step.target = arena.string(place)
      step.is_optional = 1
    case .allReadOnly: step.kind = CSPAWN_MOUNT_ALL_READ_ONLY
    case .processes:
      step.kind = CSPAWN_MOUNT_PROC
      step.target = arena.string("/proc")
    }
    return step
  }

  /// An upper bound of the bytes that `write` takes.
  var size: Int {
    var size = MemoryLayout<cspawn_cell>.size + 64
    for mount in mounts {
      size += MemoryLayout<cspawn_mount>.size
      switch mount {
      case .memory(let place, let options, _, _): size += place.utf8.count + options.utf8.count + 2
      case .bind(let source, let place): size += source.utf8.count + place.utf8.count + 2
      case .readOnly(let place): size += place.utf8.count + 1
      case .allReadOnly: break
      case .processes: size += 8
      }
    }
    for opening in openings { size += MemoryLayout<cspawn_opening>.size + opening.path.utf8.count + 1 }
    return size + (systemCallFilter?.count ?? 0)
  }
}
