import CLinux
import CSpawn
import LinuxSystem

/// Everything about starting a service's server that does not depend on the connection, in the form the child reads:
/// made once, when the configuration is loaded or at the service's first connection.
///
/// All constant texts and tables lie in one block of memory, which children read while the daemon goes on.
package final class SpawnPlan {
  package let serviceID: String
  package let program: String
  let plan: UnsafeMutablePointer<cspawn_plan>
  let passing: SocketPassing
  let standardError: StandardErrorTarget
  let variables: ConnectionVariables
  /// The server gets a process namespace of its own.
  let hasOwnProcesses: Bool
  /// The cell, where it can serve one server after another (`KeptCell`): the servers are not root and cannot become it.
  package let reusableCell: SpawnCell?
  package let rootDirectory: String?

  /// The arguments, null-terminated; null where a template belongs.
  let arguments: StringTable
  let argumentTemplates: [TextTemplate]
  /// The environment entries that every child gets. LISTEN_PID and templates come on top.
  let environment: StringTable
  let environmentTemplates: [TextTemplate]
  /// Bytes that the filled-in templates of one child take at most, with their NULs.
  let templateBytes: Int
  private let arena: PlanArena

  @export(interface) package init(_ parameters: SpawnParameters) {
    serviceID = parameters.serviceID
    program = parameters.program
    passing = parameters.passing
    standardError = parameters.standardError
    hasOwnProcesses = parameters.cell?.ownProcesses == true
    rootDirectory = parameters.rootDirectory
    reusableCell = SpawnPlan.reusableCell(parameters)

    var entries = SpawnPlan.lastOfEachName(parameters.environment)
    var variables = parameters.variables
    for row in ConnectionVariables.table where entries.contains(where: { SpawnPlan.entry($0, isNamed: row.name) }) {
      variables.remove(row.variable)
    }
    self.variables = variables
    if case .listenDescriptors(let names) = parameters.passing {
      entries.append("LISTEN_FDS=\(names.count)")
      entries.append("LISTEN_FDNAMES=" + names.joined(separator: ":"))
    }
    let arguments = parameters.arguments.map { SpawnPlan.template($0, parameters) }
    let environment = entries.map { SpawnPlan.template($0, parameters) }
    argumentTemplates = arguments.filter { $0.constant == nil }
    environmentTemplates = environment.filter { $0.constant == nil }

    templateBytes = (argumentTemplates + environmentTemplates).reduce(0) { $0 + $1.maximumCount + 1 }

    arena = PlanArena(capacity: SpawnPlan.size(parameters, arguments + environment))
    self.arguments = arena.table(arguments.map { $0.constant })
    self.environment = arena.table(environment.map { $0.constant }.filter { $0 != nil })
    plan = arena.allocate(cspawn_plan.self, count: 1)
    plan.initialize(to: cspawn_plan())
    fill(parameters)
  }

  /// Whether the start must be waited for: while a child shares the daemon's memory without CLONE_VFORK, Linux gives a
  /// new OOM score to everyone who shares it, the daemon included (fs/proc/base.c, __set_oom_adj).
  var waits: Bool { plan.pointee.oom_score != nil }

  private func fill(_ parameters: SpawnParameters) {
    plan.pointee.path = arena.string(parameters.program)
    if let directory = parameters.workingDirectory, !SpawnPlan.isBornIn(directory, parameters) {
      plan.pointee.directory = arena.string(directory)
    }
    plan.pointee.root = parameters.rootDirectory.flatMap { arena.string($0) }
    plan.pointee.oom_score = parameters.oomScoreAdjust.flatMap { arena.string("\($0)") }
    plan.pointee.cell = parameters.cell.flatMap { $0.write(to: arena) }
    plan.pointee.new_session = parameters.newSession ? 1 : 0
    plan.pointee.no_new_privileges = parameters.noNewPrivileges ? 1 : 0
    if let mask = parameters.umask {
      plan.pointee.changes_umask = 1
      plan.pointee.umask = mode_t(mask)
    }
    if parameters.nice != 0 {
      plan.pointee.changes_priority = 1
      // setpriority sets, nice(2) and xinetd's attribute add.
      plan.pointee.priority = min(max(clinux_get_priority() + parameters.nice, -20), 19)
    }
    if let priority = parameters.ioPriority {
      plan.pointee.changes_io_priority = 1
      plan.pointee.io_priority = priority
    }
    if let identity = parameters.identity {
      plan.pointee.user = identity.uid
      plan.pointee.group = identity.gid
      plan.pointee.group_count = UInt32(identity.groups.count)
      let groups = arena.array(identity.groups)
      plan.pointee.groups = UnsafePointer(groups)
      // The daemon's own identity never changes: where it is the wanted one, its children are born with it.
      let isOwn = clinux_has_identity(identity.uid, identity.gid, groups, Int32(clamping: identity.groups.count)) != 0
      plan.pointee.changes_identity = isOwn ? 0 : 1
    }
    let limits = SpawnPlan.limits(parameters.limits)
    plan.pointee.limit_count = UInt32(limits.count)
    plan.pointee.limits = UnsafePointer(arena.array(limits))
    if let processors = parameters.cpuAffinity {
      let words = SpawnPlan.processorMask(processors)
      plan.pointee.affinity_size = UInt32(words.count * 8)
      plan.pointee.affinity = UnsafePointer(arena.array(words))
    }
  }
}

// From plain values to what the child reads.
extension SpawnPlan {
  /// Whether a child is in `directory` from the beginning: the daemon stays in its own as long as it runs.
  private static func isBornIn(_ directory: String, _ parameters: SpawnParameters) -> Bool {
    guard parameters.rootDirectory == nil, parameters.cell == nil else { return false }
    return (try? FileSystem.currentDirectory()) == directory
  }

  private static func template(_ text: String, _ parameters: SpawnParameters) -> TextTemplate {
    parameters.expandsTemplates ? TextTemplate(text, serviceID: parameters.serviceID) : TextTemplate(constant: text)
  }

  private static func reusableCell(_ parameters: SpawnParameters) -> SpawnCell? {
    guard let cell = parameters.cell, cell.isBuilt, !cell.isLenient, let identity = parameters.identity else {
      return nil
    }
    let staysUnprivileged = parameters.noNewPrivileges || cell.systemCallFilter != nil
    return identity.uid != 0 && staysUnprivileged && cell.capabilities?.isEmpty != false ? cell : nil
  }

  /// An upper bound of the bytes of one plan.
  private static func size(_ parameters: SpawnParameters, _ texts: [TextTemplate]) -> Int {
    var size = MemoryLayout<cspawn_plan>.size + 256
    for text in texts { size += (text.constant?.count ?? 0) + 1 + MemoryLayout<UnsafeRawPointer>.size }
    size += parameters.program.utf8.count + 1
    size += (parameters.workingDirectory?.utf8.count ?? 0) + (parameters.rootDirectory?.utf8.count ?? 0) + 2
    size += (parameters.identity?.groups.count ?? 0) * MemoryLayout<gid_t>.size
    size += (parameters.limits.count + 1) * MemoryLayout<cspawn_limit>.size
    size += parameters.cell?.size ?? 0
    if let processors = parameters.cpuAffinity { size += processorMask(processors).count * 8 }
    return size
  }

  /// Drops all but the last entry of each name.
  static func lastOfEachName(_ entries: [String]) -> [String] {
    var result: [String] = []
    for (index, entry) in entries.enumerated() {
      let name = entry.utf8.prefix { $0 != UInt8(ascii: "=") }
      let isOverridden = entries[(index + 1)...].contains { later in
        later.utf8.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(name)
      }
      if !isOverridden { result.append(entry) }
    }
    return result
  }

  private static func entry(_ entry: String, isNamed name: StaticString) -> Bool {
    let length = name.utf8CodeUnitCount
    var bytes = entry.utf8.makeIterator()
    for index in 0..<length where bytes.next() != name.utf8Start[index] { return false }
    return bytes.next() == UInt8(ascii: "=")
  }

  /// Many programs still use select(2), which breaks above 1024 descriptors: the daemon's own high soft limit is not
  /// passed on, its hard limit is.
  private static func limits(_ given: [SpawnLimit]) -> [cspawn_limit] {
    var limits = given
    if !limits.contains(where: { $0.resource == .openFiles }),
      let own = try? CurrentProcess.limit(.openFiles), own.soft != 1024
    {
      limits.append(SpawnLimit(.openFiles, ResourceLimit(soft: min(1024, own.hard ?? 1024), hard: own.hard)))
    }
    return limits.map { entry in
      cspawn_limit(
        resource: entry.resource.rawValue, value: (entry.limit.soft ?? .max, entry.limit.hard ?? .max))
    }
  }

  private static func processorMask(_ processors: [Int]) -> [UInt64] {
    // The kernel takes masks of any length; 8192 is its own largest number of processors.
    let valid = processors.filter { $0 >= 0 && $0 < 8192 }
    var words = [UInt64](repeating: 0, count: (valid.max() ?? 0) / 64 + 1)
    for processor in valid { words[processor / 64] |= 1 << UInt64(processor % 64) }
    return words
  }
}
