import NetworkAddresses

/// One entry of an access list.
package enum AccessPattern: Hashable, Sendable {
  case prefix(IPPrefix)
  /// A host name, checked forward and backward.
  case host(String)
  /// `.example.org`, without the dot: every host below it.
  case domain(String)
  /// A name of /etc/networks.
  case network(String)
}

/// A time of day in minutes since midnight; 1440 = 24:00.
package struct AccessInterval: Hashable, Sendable {
  package var start: Int
  /// Exclusive; below `start` the interval wraps midnight.
  package var end: Int
  package init(start: Int, end: Int) {
    self.start = start
    self.end = end
  }
}

/// Whether hosts.allow and hosts.deny are asked.
package enum LibwrapPolicy: UInt8, Hashable, Sendable {
  /// Asked, where those files hold rules.
  case yes
  case no
}

/// How long a source that touched a SENSOR is locked out of all services.
package enum DenyTime: Hashable, Sendable {
  case minutes(Int)
  case forever
  /// Logged only.
  case never
}

/// Who may connect, and when.
package struct AccessDefinition: Equatable, Sendable {
  /// Nil = everyone; empty = nobody.
  package var onlyFrom: [AccessPattern]?
  package var noAccess: [AccessPattern] = []
  /// Empty = always.
  package var times: [AccessInterval] = []
  package var libwrap: LibwrapPolicy = .no
  /// Daemon name for libwrap; nil = the program's name.
  package var libwrapName: String?
  /// Refuse above this one-minute load average, in hundredths.
  package var maxLoad: Int?
  /// Set for sensors.
  package var denyTime: DenyTime?
  /// Refuse peers that RFC 1413 does not identify (IDONLY).
  package var requiresIdent = false

  package init() {}
}

/// A number of things, or no limit.
package enum CountLimit: Hashable, Sendable {
  case unlimited
  case count(Int)
}

/// Starts per time: a token bucket of `count` that fills in `seconds`.
package struct StartRate: Hashable, Sendable {
  package var count: Int
  package var seconds: Int
  package init(count: Int, seconds: Int) {
    self.count = count
    self.seconds = seconds
  }
}

/// xinetd's cps: connections per second, and the pause that is announced in the log; the listener stays open.
package struct ConnectionRate: Hashable, Sendable {
  package var perSecond: Int
  package var pauseSeconds: Int
  package init(perSecond: Int, pauseSeconds: Int) {
    self.perSecond = perSecond
    self.pauseSeconds = pauseSeconds
  }
}

/// What happens to connections beyond `instances`.
package enum OverflowPolicy: UInt8, Hashable, Sendable {
  /// They stay in the kernel's queue; the listener is not watched.
  case queue
  /// Accepted, told `banner_fail`, closed.
  case refuse
}

/// How much of a service there may be.
package struct LimitDefinition: Equatable, Sendable {
  package static let defaultInstances = CountLimit.count(512)

  package var instances = LimitDefinition.defaultInstances
  package var perSource = CountLimit.unlimited
  package var sourcePrefix4: UInt8 = 32
  package var sourcePrefix6: UInt8 = 64
  package var sourceRate: StartRate?
  package var rate: StartRate?
  package var cps: ConnectionRate?
  package var overflow = OverflowPolicy.queue

  package init() {}
}
