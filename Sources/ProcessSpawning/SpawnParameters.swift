import LinuxSystem

/// Whom a server runs as.
package struct SpawnIdentity: Equatable, Sendable {
  package var uid: UInt32
  package var gid: UInt32
  /// The whole group list, the primary group included.
  package var groups: [UInt32]

  package init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
  }
}

/// Where a server's standard error goes.
package enum StandardErrorTarget: Equatable, Sendable {
  /// The connection (for `pass = listen_fds`: nowhere).
  case socket
  case null
  /// The descriptor given at each start.
  case descriptor
}

/// How a server gets its socket.
package enum SocketPassing: Equatable, Sendable {
  /// As 0 and 1 (and 2).
  case standardStreams
  /// From 3 on, with LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)): one name for each socket.
  case listenDescriptors(names: [String])
}

/// One limit for a server; nil is unlimited.
package struct SpawnLimit: Equatable, Sendable {
  package var resource: Resource
  package var limit: ResourceLimit

  package init(_ resource: Resource, _ limit: ResourceLimit) {
    self.resource = resource
    self.limit = limit
  }
}

/// Plain values from which a plan is made.
package struct SpawnParameters {
  /// For `%s` and for errors.
  package var serviceID: String
  package var program: String
  /// With the program's name first.
  package var arguments: [String]
  /// Complete `NAME=value` entries. Of entries with one name the last wins; they also win over `variables`.
  package var environment: [String] = []
  package var variables: ConnectionVariables = []
  /// Whether `%a %p %l %q %s %%` in arguments and environment are replaced.
  package var expandsTemplates = false
  package var passing = SocketPassing.standardStreams
  package var standardError = StandardErrorTarget.socket
  /// Nil: the daemon's.
  package var identity: SpawnIdentity?
  package var umask: UInt32? = 0o022
  /// Added to the daemon's own nice value.
  package var nice: Int32 = 0
  /// -1000 ... 1000.
  package var oomScoreAdjust: Int32?
  /// The kernel's ioprio value (class << 13 | level).
  package var ioPriority: Int32?
  /// Processor numbers.
  package var cpuAffinity: [Int]?
  /// Without an entry for open files the soft limit is 1024 and the hard limit the daemon's.
  package var limits: [SpawnLimit] = []
  package var workingDirectory: String? = "/"
  package var rootDirectory: String?
  package var newSession = true
  package var noNewPrivileges = false
  /// Nil: none.
  package var cell: SpawnCell?

  package init(serviceID: String, program: String, arguments: [String]) {
    self.serviceID = serviceID
    self.program = program
    self.arguments = arguments
  }
}
