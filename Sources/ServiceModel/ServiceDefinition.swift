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
  /// The /etc/services name, for log lines, libwrap and tcpmux.
  package var service: String
  package var enabled = true
  private var socketPart = Shared(wrappedValue: SocketDefinition())
  private var conductPart: Shared<ServiceConduct>

  package init(id: String, handler: ServiceHandler) {
    self.id = id
    service = id
    conductPart = Shared(wrappedValue: ServiceConduct(handler))
  }

  /// Lets equal parts of two services be one: services of one file tend to be alike, and a reload compares references
  /// before it compares values.
  package mutating func shareParts(with other: ServiceDefinition) {
    // Whoever writes to a part has a copy made of it.
    if socketPart.wrappedValue.hasOptionsToShare(with: other.socketPart.wrappedValue) {
      socketPart.wrappedValue.shareOptions(with: other.socketPart.wrappedValue)
    }
    socketPart.share(with: other.socketPart)
    if !conductPart.share(with: other.conductPart) {
      conductPart.wrappedValue.shareParts(with: other.conductPart.wrappedValue)
    }
  }
}

extension ServiceDefinition {
  /// Lets go of where it listens, once that is looked up. The rest of its sockets' definition becomes one with `other`'s
  /// where they are equal.
  package mutating func forgetAddresses(sharingSocketWith other: ServiceDefinition?) {
    socketPart.wrappedValue.addresses = []
    if let other { socketPart.share(with: other.socketPart) }
  }
}

// Written out instead of wrapped: the accessors that a wrapper gets copy the part for every look at it.
extension ServiceDefinition {
  package var socket: SocketDefinition {
    _read { yield socketPart.wrappedValue }
    _modify { yield &socketPart.wrappedValue }
  }

  package var handler: ServiceHandler {
    _read { yield conductPart.wrappedValue.handler }
    _modify { yield &conductPart.wrappedValue.handler }
  }

  /// The server gets the listening socket itself and the daemon waits for its end.
  package var wait: Bool {
    _read { yield conductPart.wrappedValue.wait }
    _modify { yield &conductPart.wrappedValue.wait }
  }

  package var passing: DescriptorPassing {
    _read { yield conductPart.wrappedValue.passing }
    _modify { yield &conductPart.wrappedValue.passing }
  }

  package var standardError: StandardErrorPolicy {
    _read { yield conductPart.wrappedValue.standardError }
    _modify { yield &conductPart.wrappedValue.standardError }
  }

  package var process: ProcessDefinition {
    _read { yield conductPart.wrappedValue.processPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.processPart.wrappedValue }
  }

  package var access: AccessDefinition {
    _read { yield conductPart.wrappedValue.accessPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.accessPart.wrappedValue }
  }

  package var limits: LimitDefinition {
    _read { yield conductPart.wrappedValue.limitsPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.limitsPart.wrappedValue }
  }

  package var log: LogDefinition {
    _read { yield conductPart.wrappedValue.logPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.logPart.wrappedValue }
  }

  package var banners: BannerDefinition {
    _read { yield conductPart.wrappedValue.bannersPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.bannersPart.wrappedValue }
  }

  package var timeouts: TimeoutDefinition {
    _read { yield conductPart.wrappedValue.timeoutsPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.timeoutsPart.wrappedValue }
  }

  package var sandbox: SandboxDefinition {
    _read { yield conductPart.wrappedValue.sandboxPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.sandboxPart.wrappedValue }
  }

  package var cgroup: CgroupDefinition {
    _read { yield conductPart.wrappedValue.cgroupPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.cgroupPart.wrappedValue }
  }

  package var rpc: RPCDefinition? {
    _read { yield conductPart.wrappedValue.rpcPart.wrappedValue }
    _modify { yield &conductPart.wrappedValue.rpcPart.wrappedValue }
  }

  package var tcpmux: TCPMuxAttachment? {
    _read { yield conductPart.wrappedValue.tcpmux }
    _modify { yield &conductPart.wrappedValue.tcpmux }
  }

  package var proxyProtocol: ProxyProtocolPolicy {
    _read { yield conductPart.wrappedValue.proxyProtocol }
    _modify { yield &conductPart.wrappedValue.proxyProtocol }
  }

  package var proxyFrom: [AccessPattern] {
    _read { yield conductPart.wrappedValue.proxyFrom }
    _modify { yield &conductPart.wrappedValue.proxyFrom }
  }

  /// PROXY header sent to a redirect's target.
  package var redirectProxy: ProxyHeader {
    _read { yield conductPart.wrappedValue.redirectProxy }
    _modify { yield &conductPart.wrappedValue.redirectProxy }
  }

  /// NORETRY: a failed start is not tried again.
  package var retriesStart: Bool {
    _read { yield conductPart.wrappedValue.retriesStart }
    _modify { yield &conductPart.wrappedValue.retriesStart }
  }
}
