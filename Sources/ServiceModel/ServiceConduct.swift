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
  // Reached through ServiceDefinition.
  var processPart = Shared(wrappedValue: ProcessDefinition())
  var accessPart = Shared(wrappedValue: AccessDefinition())
  var limitsPart = Shared(wrappedValue: LimitDefinition())
  var logPart = Shared(wrappedValue: LogDefinition())
  var bannersPart = Shared(wrappedValue: BannerDefinition())
  var timeoutsPart = Shared(wrappedValue: TimeoutDefinition())
  var sandboxPart = Shared(wrappedValue: SandboxDefinition())
  var cgroupPart = Shared(wrappedValue: CgroupDefinition())
  var rpcPart = Shared<RPCDefinition?>(wrappedValue: nil)

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
