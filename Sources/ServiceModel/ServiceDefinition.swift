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
  private var socketPart = Shared(wrappedValue: SocketDefinition())
  package var handler: ServiceHandler
  /// The server gets the listening socket itself and the daemon waits for its end.
  package var wait = false
  package var passing = DescriptorPassing.stdio
  package var standardError = StandardErrorPolicy.socket
  private var processPart = Shared(wrappedValue: ProcessDefinition())
  private var accessPart = Shared(wrappedValue: AccessDefinition())
  private var limitsPart = Shared(wrappedValue: LimitDefinition())
  private var logPart = Shared(wrappedValue: LogDefinition())
  private var bannersPart = Shared(wrappedValue: BannerDefinition())
  private var timeoutsPart = Shared(wrappedValue: TimeoutDefinition())
  private var sandboxPart = Shared(wrappedValue: SandboxDefinition())
  private var cgroupPart = Shared(wrappedValue: CgroupDefinition())
  private var rpcPart = Shared<RPCDefinition?>(wrappedValue: nil)
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
    if handler == other.handler { handler = other.handler }
    // Whoever writes to a part has a copy made of it.
    if socketPart.wrappedValue.hasOptionsToShare(with: other.socketPart.wrappedValue) {
      socketPart.wrappedValue.shareOptions(with: other.socketPart.wrappedValue)
    }
    socketPart.share(with: other.socketPart)
    processPart.share(with: other.processPart)
    accessPart.share(with: other.accessPart)
    limitsPart.share(with: other.limitsPart)
    logPart.share(with: other.logPart)
    bannersPart.share(with: other.bannersPart)
    timeoutsPart.share(with: other.timeoutsPart)
    sandboxPart.share(with: other.sandboxPart)
    cgroupPart.share(with: other.cgroupPart)
    rpcPart.share(with: other.rpcPart)
  }

  // Written out instead of wrapped: the accessors that a wrapper gets copy the part for every look at it.

  package var socket: SocketDefinition {
    _read { yield socketPart.wrappedValue }
    _modify { yield &socketPart.wrappedValue }
  }

  package var process: ProcessDefinition {
    _read { yield processPart.wrappedValue }
    _modify { yield &processPart.wrappedValue }
  }

  package var access: AccessDefinition {
    _read { yield accessPart.wrappedValue }
    _modify { yield &accessPart.wrappedValue }
  }

  package var limits: LimitDefinition {
    _read { yield limitsPart.wrappedValue }
    _modify { yield &limitsPart.wrappedValue }
  }

  package var log: LogDefinition {
    _read { yield logPart.wrappedValue }
    _modify { yield &logPart.wrappedValue }
  }

  package var banners: BannerDefinition {
    _read { yield bannersPart.wrappedValue }
    _modify { yield &bannersPart.wrappedValue }
  }

  package var timeouts: TimeoutDefinition {
    _read { yield timeoutsPart.wrappedValue }
    _modify { yield &timeoutsPart.wrappedValue }
  }

  package var sandbox: SandboxDefinition {
    _read { yield sandboxPart.wrappedValue }
    _modify { yield &sandboxPart.wrappedValue }
  }

  package var cgroup: CgroupDefinition {
    _read { yield cgroupPart.wrappedValue }
    _modify { yield &cgroupPart.wrappedValue }
  }

  package var rpc: RPCDefinition? {
    _read { yield rpcPart.wrappedValue }
    _modify { yield &rpcPart.wrappedValue }
  }
}
