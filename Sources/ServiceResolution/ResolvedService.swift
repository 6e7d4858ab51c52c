import NetworkAddresses
import ServiceConfiguration
import ServiceModel

/// One socket a service is to have: decided, not opened.
///
/// Two loads that want the same socket give equal plans; that is how a reload knows what to keep.
package struct ListenPlan: Hashable, Sendable {
  package var endpoint: SocketEndpoint
  package var type: SocketType
  package var transport: TransportProtocol
  /// An IPv6 socket that also takes IPv4; all other IPv6 sockets are IPV6_V6ONLY.
  package var isDualStack = false
  /// One of the pair that plain `tcp` means: a host without this family is no error.
  package var isFamilyOptional = false
  /// The scope as written (`eth0`), for an interface that does not exist yet; `endpoint`'s scope is 0 then.
  package var interface: String?

  package init(endpoint: SocketEndpoint, type: SocketType, transport: TransportProtocol) {
    self.endpoint = endpoint
    self.type = type
    self.transport = transport
  }
}

/// As whom a server runs, looked up once per load.
package struct ServiceCredentials: Equatable, Sendable {
  package var uid: UInt32
  package var gid: UInt32
  /// Supplementary groups as setgroups(2) takes them.
  package var groups: [UInt32]
  package var userName: String
  package var home: String
  package var shell: String
  /// False when the server runs as the daemon does and no identity is to be set (which only root may do).
  package var changesIdentity: Bool

  package init(
    uid: UInt32, gid: UInt32, groups: [UInt32], userName: String, home: String, shell: String, changesIdentity: Bool
  ) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.userName = userName
    self.home = home
    self.shell = shell
    self.changesIdentity = changesIdentity
  }
}

/// Owner, group and mode of the service's unix sockets. Nil ids = the daemon's.
package struct UnixSocketOwnership: Equatable, Sendable {
  package static let defaultMode: UInt32 = 0o660

  package var uid: UInt32?
  package var gid: UInt32?
  package var mode = UnixSocketOwnership.defaultMode
  package init() {}
}

/// A service with everything looked up that the machine had to be asked for: nothing is left to fail but the kernel.
package struct ResolvedService: Sendable {
  package var entry: ServiceEntry
  /// Empty for a service that hangs below tcpmux.
  package var listeners: [ListenPlan]
  /// Nil for what the daemon serves itself.
  @Shared package var credentials: ServiceCredentials?
  @Shared package var ownership = UnixSocketOwnership()

  package var definition: ServiceDefinition { _read { yield entry.definition } }

  package init(entry: ServiceEntry, listeners: [ListenPlan], credentials: ServiceCredentials?) {
    self.entry = entry
    self.listeners = listeners
    _credentials = Shared(wrappedValue: credentials)
  }

  /// The place to name in a message about the value of `key`.
  package func range(of key: String) -> SourceRange { entry.range(of: key) }

  /// Whether the files give `key` a value.
  package func isWritten(_ key: String) -> Bool { entry.origins[key] != nil }

  /// Lets what is equal in two services be one.
  mutating func shareParts(with other: ResolvedService) {
    _credentials.share(with: other._credentials)
    _ownership.share(with: other._ownership)
  }
}
