/// A user as configured; looked up at load time.
package enum UserReference: Hashable, Sendable {
  case name(String)
  case id(UInt32)
}

/// A group as configured; looked up at load time.
package enum GroupReference: Hashable, Sendable {
  case name(String)
  case id(UInt32)
}

/// Resources that setrlimit(2) bounds and a service can set.
package enum LimitedResource: UInt8, CaseIterable, Hashable, Sendable {
  case addressSpace, cpu, data, residentSet, stack, files
}

/// One limit; nil value = RLIM_INFINITY. Units as in getrlimit(2): bytes, seconds of CPU, descriptors.
package struct ResourceLimit: Equatable, Sendable {
  package var resource: LimitedResource
  package var value: UInt64?
  package init(_ resource: LimitedResource, _ value: UInt64?) {
    self.resource = resource
    self.value = value
  }
}

/// I/O scheduling of a server (ioprio_set(2)).
package struct IOPriority: Equatable, Sendable {
  package enum Class: UInt8, Sendable { case realtime = 1, bestEffort = 2, idle = 3 }
  package var `class`: Class
  /// 0 (high) to 7 (low).
  package var level: UInt8
  package init(_ class: Class, level: UInt8) {
    self.class = `class`
    self.level = level
  }
}

/// As whom and in which surroundings a server runs.
package struct ProcessDefinition: Equatable, Sendable {
  /// Nil = the daemon's own (only when it does not run as root).
  package var user: UserReference?
  /// Nil = the user's.
  package var group: GroupReference?
  /// Whether the user's supplementary groups are set.
  package var supplementaryGroups = true
  package var umask: UInt32?
  package var nice: Int?
  package var limits: [ResourceLimit] = []
  /// `NAME=value`, in order.
  package var environment: [String] = []
  /// Names taken over from the daemon's environment; `*` = all.
  package var passEnvironment: [String] = []
  package var workingDirectory: String?
  package var rootDirectory: String?
  package var oomScoreAdjust: Int?
  package var ioPriority: IOPriority?
  package var cpuAffinity: [Int] = []
  /// The server gets the range of its peer's SELinux label (LABELED).
  package var takesPeerLabel = false
  /// FreeBSD's login class; Linux has none, it is kept for the printed form and ignored.
  package var loginClass: String?

  package init() {}
}
