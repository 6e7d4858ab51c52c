import LinuxSystem
import ServiceModel

/// What a definition says, as far as every connection asks for it: bits instead of a walk through the definition.
struct ServiceTraits: OptionSet {
  let rawValue: UInt8

  static let waits = ServiceTraits(rawValue: 1)
  static let isDatagram = ServiceTraits(rawValue: 2)
  static let isUnix = ServiceTraits(rawValue: 4)
  static let asksLibwrap = ServiceTraits(rawValue: 8)
  static let logsSuccess = ServiceTraits(rawValue: 16)
  static let logsComplaints = ServiceTraits(rawValue: 32)
  /// An admitted peer is to be identified: as a condition, or for the log.
  static let asksIdent = ServiceTraits(rawValue: 64)
  static let takesPeerLabel = ServiceTraits(rawValue: 128)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ definition: ServiceDefinition) {
    var traits: ServiceTraits = []
    if definition.wait { traits.insert(.waits) }
    if definition.socket.type == .dgram { traits.insert(.isDatagram) }
    if definition.socket.transport == .unix { traits.insert(.isUnix) }
    if definition.access.libwrap == .yes { traits.insert(.asksLibwrap) }
    if !definition.log.onSuccess.isEmpty { traits.insert(.logsSuccess) }
    if definition.standardError == .log { traits.insert(.logsComplaints) }
    if definition.access.requiresIdent || definition.log.onSuccess.contains(.userID) { traits.insert(.asksIdent) }
    if definition.process.takesPeerLabel && SecurityContext.isAvailable { traits.insert(.takesPeerLabel) }
    self = traits
  }
}
