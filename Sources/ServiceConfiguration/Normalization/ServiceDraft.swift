import ServiceModel

/// The words of xinetd's `type`.
struct ServiceTypes: OptionSet, Sendable {
  let rawValue: UInt8
  static let rpc = ServiceTypes(rawValue: 1)
  static let `internal` = ServiceTypes(rawValue: 2)
  static let unlisted = ServiceTypes(rawValue: 4)
  static let tcpmux = ServiceTypes(rawValue: 8)
  static let tcpmuxPlus = ServiceTypes(rawValue: 16)
}

/// The words of xinetd's `flags` that the model holds elsewhere.
struct ServiceFlags: OptionSet, Sendable {
  let rawValue: UInt8
  static let nameInArguments = ServiceFlags(rawValue: 1)
  static let noLibwrap = ServiceFlags(rawValue: 2)
  static let sensor = ServiceFlags(rawValue: 4)
  static let ipv4 = ServiceFlags(rawValue: 8)
  static let ipv6 = ServiceFlags(rawValue: 16)
  static let keepalive = ServiceFlags(rawValue: 32)
}

/// A service while its settings are read: what the model holds directly, and the inputs of what follows from several keys.
struct ServiceDraft {
  /// Complete but for its id, addresses and handler.
  var definition: ServiceDefinition
  var origins = KeyOrigins()

  var id: String?
  var serviceName: String?
  var types: ServiceTypes = []
  var flags: ServiceFlags = []
  var socketType: SocketType?
  var transport: TransportProtocol?
  var families: FamilySelection?
  /// The word behind `protocol`, for a classic service's id.
  var protocolWord: String?
  var v6only: Bool?
  var listen: [ListenAddress]?
  var port: ListenPort?
  var binds: [ListenHost]?
  var wait: Bool?
  var isDisabled = false

  var server: String?
  var argumentZero: ArgumentZero?
  /// With `%` expansions; text from syntaxes that have none is escaped.
  var arguments: [String] = []
  var environment: [String] = []
  var redirect: RedirectTarget?
  var rpcVersions: ClosedRange<UInt32>?
  var rpcNumber: UInt32?
  /// xinetd's `libwrap`: whether hosts.allow and hosts.deny are asked.
  var libwrap: LibwrapPolicy?

  /// Only in defaults: ids that alone are on, ids that are off.
  var enabledIDs: [RawWord]?
  var disabledIDs: [RawWord] = []
  /// Keys of the defaults that restrict a service and could not be read: services that rely on them are not served.
  var brokenRestrictions: [Located<String>] = []

  /// What a service of this syntax is before its first setting.
  init(dialect: Dialect) {
    definition = ServiceDefinition(id: "", handler: .program(ProgramDefinition(path: "")))
    switch dialect {
    case .classic: break
    case .flat: definition.standardError = .log
    case .xinetd:
      definition.limits.overflow = .refuse
      definition.process.supplementaryGroups = false
      definition.log.onFailure = []
      definition.access.libwrap = .yes
    }
  }
}
