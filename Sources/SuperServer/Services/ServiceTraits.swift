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

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(_ definition: ServiceDefinition) {
    var traits: ServiceTraits = []
    if definition.wait { traits.insert(.waits) }
    if definition.socket.type == .dgram { traits.insert(.isDatagram) }
    if definition.socket.transport == .unix { traits.insert(.isUnix) }
    if definition.access.libwrap == .yes { traits.insert(.asksLibwrap) }
    if !definition.log.onSuccess.isEmpty { traits.insert(.logsSuccess) }
    if definition.standardError == .log { traits.insert(.logsComplaints) }
    self = traits
  }
}
