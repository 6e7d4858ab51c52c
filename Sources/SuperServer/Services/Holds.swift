/// Why a service takes no new connections just now. They stay in the kernel's queue; its listeners are not watched.
package struct Holds: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// `instances` are running.
  package static let full = Holds(rawValue: 1)
  /// `rate` or `cps` is used up; a timer ends it.
  package static let limited = Holds(rawValue: 2)
  /// The daemon-wide process limit is reached.
  package static let processLimit = Holds(rawValue: 4)
  /// Descriptors, memory or processes have run out; a timer ends it.
  package static let resources = Holds(rawValue: 8)
  /// An administrator said so.
  package static let paused = Holds(rawValue: 16)
  /// A wait server failed at once; a timer ends it.
  package static let backingOff = Holds(rawValue: 32)
}
