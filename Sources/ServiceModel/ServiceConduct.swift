/// What a service does with its connections: everything but its name and its sockets, in which services of one file tend
/// to be alike. They then hold one of it.
struct ServiceConduct: Equatable, Sendable {
  var handler: ServiceHandler
  var wait = false
  var passing = DescriptorPassing.stdio
  var standardError = StandardErrorPolicy.socket
  var tcpmux: TCPMuxAttachment?
  var proxyProtocol = ProxyProtocolPolicy.no
  var redirectProxy = ProxyHeader.none
  var retriesStart = true
  var proxyFrom: [AccessPattern] = []
  private var processPart = Shared(wrappedValue: ProcessDefinition())
  private var accessPart = Shared(wrappedValue: AccessDefinition())
  private var limitsPart = Shared(wrappedValue: LimitDefinition())
  private var logPart = Shared(wrappedValue: LogDefinition())
  private var bannersPart = Shared(wrappedValue: BannerDefinition())
  private var timeoutsPart = Shared(wrappedValue: TimeoutDefinition())
  private var sandboxPart = Shared(wrappedValue: SandboxDefinition())
  private var cgroupPart = Shared(wrappedValue: CgroupDefinition())
  private var rpcPart = Shared<RPCDefinition?>(wrappedValue: nil)

  init(_ handler: ServiceHandler) { self.handler = handler }

  /// Lets equal parts be one.
  mutating func shareParts(with other: ServiceConduct) {
    if handler == other.handler { handler = other.handler }
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
}

// Written out instead of wrapped, as in ServiceDefinition.
extension ServiceConduct {
  var process: ProcessDefinition {
    _read { yield processPart.wrappedValue }
    _modify { yield &processPart.wrappedValue }
  }

  var access: AccessDefinition {
    _read { yield accessPart.wrappedValue }
    _modify { yield &accessPart.wrappedValue }
  }

  var limits: LimitDefinition {
    _read { yield limitsPart.wrappedValue }
    _modify { yield &limitsPart.wrappedValue }
  }

  var log: LogDefinition {
    _read { yield logPart.wrappedValue }
    _modify { yield &logPart.wrappedValue }
  }

  var banners: BannerDefinition {
    _read { yield bannersPart.wrappedValue }
    _modify { yield &bannersPart.wrappedValue }
  }

  var timeouts: TimeoutDefinition {
    _read { yield timeoutsPart.wrappedValue }
    _modify { yield &timeoutsPart.wrappedValue }
  }

  var sandbox: SandboxDefinition {
    _read { yield sandboxPart.wrappedValue }
    _modify { yield &sandboxPart.wrappedValue }
  }

  var cgroup: CgroupDefinition {
    _read { yield cgroupPart.wrappedValue }
    _modify { yield &cgroupPart.wrappedValue }
  }

  var rpc: RPCDefinition? {
    _read { yield rpcPart.wrappedValue }
    _modify { yield &rpcPart.wrappedValue }
  }
}
