/// How a server gets its sockets.
package enum DescriptorPassing: UInt8, Hashable, Sendable {
  /// As 0, 1 and 2.
  case stdio
  /// From 3 on, with LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES (sd_listen_fds(3)).
  case listenFds
}

/// Whether a PROXY protocol header is read before anything else.
package enum ProxyProtocolPolicy: UInt8, Hashable, Sendable { case no, yes, require }

/// Files whose text is sent to a peer.
package struct BannerDefinition: Equatable, Sendable {
  /// Always, before the checks.
  package var always: String?
  package var success: String?
  package var failure: String?
  package init() {}
}

/// Times after which a server is ended, in seconds. Nil = never.
package struct TimeoutDefinition: Equatable, Sendable {
  package static let defaultStop = 10

  package var maxRuntime: Int?
  /// No byte either way on the connection.
  package var idle: Int?
  /// Between TERM and KILL.
  package var stop = TimeoutDefinition.defaultStop
  /// A wait server without traffic.
  package var idleStop: Int?
  package init() {}
}

/// One service as configured: every dialect becomes this, and everything else is made from it.
///
/// A plain value without places in files: two loads that mean the same compare equal, which is what reload is built on.
package struct ServiceDefinition: Equatable, Sendable {
  /// Unique in a table.
  package var id: String
  package var enabled = true
  /// The /etc/services name, for log lines, libwrap and tcpmux.
  package var service: String
  @Shared package var socket = SocketDefinition()
  package var handler: ServiceHandler
  /// The server gets the listening socket itself and the daemon waits for its end.
  package var wait = false
  package var passing = DescriptorPassing.stdio
  package var standardError = StandardErrorPolicy.socket
  @Shared package var process = ProcessDefinition()
  @Shared package var access = AccessDefinition()
  @Shared package var limits = LimitDefinition()
  @Shared package var log = LogDefinition()
  @Shared package var banners = BannerDefinition()
  @Shared package var timeouts = TimeoutDefinition()
  @Shared package var sandbox = SandboxDefinition()
  @Shared package var cgroup = CgroupDefinition()
  package var rpc: RPCDefinition?
  package var tcpmux: TCPMuxAttachment?
  package var proxyProtocol = ProxyProtocolPolicy.no
  package var proxyFrom: [AccessPattern] = []
  /// PROXY header sent to a redirect's target.
  package var redirectProxy = ProxyHeader.none
  /// NORETRY: a failed start is not tried again.
  package var retriesStart = true

  package init(id: String, handler: ServiceHandler) {
    self.id = id
    service = id
    self.handler = handler
  }

  /// Lets equal parts of two services be one: services of one file tend to be alike, and a reload compares references
  /// before it compares values.
  package mutating func shareParts(with other: ServiceDefinition) {
    _socket.wrappedValue.shareOptions(with: other.socket)
    _socket.share(with: other._socket)
    _process.share(with: other._process)
    _access.share(with: other._access)
    _limits.share(with: other._limits)
    _log.share(with: other._log)
    _banners.share(with: other._banners)
    _timeouts.share(with: other._timeouts)
    _sandbox.share(with: other._sandbox)
    _cgroup.share(with: other._cgroup)
  }
}
