import NetworkAddresses
import ServiceModel

extension ServiceBuilder {
  /// Type, transport and families: each follows from the others where it is not written.
  mutating func chooseSocket() {
    let isLocal = draft.listen.map { !$0.isEmpty && $0.allSatisfy { $0.isUnix } } ?? false
    var transport = draft.transport
    if transport == nil && isLocal { transport = .unix }
    let type = draft.socketType ?? transport.map(ServiceBuilder.impliedType) ?? .stream
    let chosen = transport ?? ServiceBuilder.impliedTransport(type)
    draft.definition.socket.type = type
    draft.definition.socket.transport = chosen
    draft.definition.socket.families = chosen == .unix ? .both : families(chosen)
    if type == .raw {
      return fail("unsupported-socket-type", "raw sockets are not served", key: "socket_type")
    }
    if !ServiceBuilder.types(of: chosen).contains(type) {
      let key = isSet("socket_type") ? "socket_type" : "protocol"
      let typeName = Choices.name(of: type, in: KeyTable.socketTypes)
      let name = Choices.name(of: chosen, in: KeyTable.transports)
      let other = isSet("protocol") && key != "protocol" ? [Diagnostic.Note("protocol", at: place(of: "protocol"))] : []
      let fitting = ServiceBuilder.types(of: chosen)[0]
      fail(
        "socket-type-mismatch", "a \(typeName) socket does not go with \(name)", key: key,
        suggestion: key == "socket_type" ? Choices.name(of: fitting, in: KeyTable.socketTypes) : nil,
        notes: other.map { .init("\(name) is asked for here", at: $0.range) })
    }
  }

  /// `protocol = tcp6` says it plainly; xinetd says it by flags and `v6only`, whose IPv6 sockets take IPv4 too.
  private mutating func families(_ transport: TransportProtocol) -> FamilySelection {
    let written = draft.families
    switch (written, draft.v6only) {
    case (.ipv4?, true?):
      fail("family-mismatch", "'v6only = yes' does not go with an IPv4 protocol", key: "v6only")
      return .ipv4
    case (.ipv6?, false?): return .dual
    case (let families?, _): return families == .dual && draft.v6only == true ? .ipv6 : families
    case (nil, _): break
    }
    let flags = draft.flags.intersection([.ipv4, .ipv6])
    if flags == [.ipv4] { return .ipv4 }
    if draft.v6only == true { return .ipv6 }
    if flags == [.ipv6] { return .dual }
    if raw.dialect == .xinetd, let binds = draft.binds, binds.contains(.address(.any(.ipv6))) { return .dual }
    return .both
  }

  private static func impliedType(_ transport: TransportProtocol) -> SocketType {
    switch transport {
    case .udp, .udplite: .dgram
    case .tcp, .mptcp, .sctp, .unix: .stream
    }
  }

  private static func impliedTransport(_ type: SocketType) -> TransportProtocol {
    switch type {
    case .stream, .raw: .tcp
    case .dgram: .udp
    case .seqpacket: .unix
    }
  }

  private static func types(of transport: TransportProtocol) -> [SocketType] {
    switch transport {
    case .tcp, .mptcp: [.stream]
    case .udp, .udplite: [.dgram]
    case .unix: [.stream, .dgram, .seqpacket]
    case .sctp: [.stream, .seqpacket]
    }
  }

  // MARK: Addresses

  /// `listen`, or service, port and bind together.
  mutating func chooseAddresses() {
    if draft.types.isSuperset(of: [.tcpmux, .tcpmuxPlus]) {
      fail("type-mismatch", "a service is either TCPMUX or TCPMUXPLUS", key: "type")
    }
    if !draft.types.isDisjoint(with: [.tcpmux, .tcpmuxPlus]) {
      draft.definition.tcpmux = draft.types.contains(.tcpmuxPlus) ? .plus : .plain
      draft.definition.socket.addresses = []
      return
    }
    for (key, isEmpty) in [("listen", draft.listen?.isEmpty), ("bind", draft.binds?.isEmpty)] where isEmpty == true {
      // Neither is everywhere what is meant by that, nor nowhere.
      return fail("missing-address", "'-=' has taken all of '\(key)' away", key: key)
    }
    let hosts = draft.binds ?? defaultHosts
    if let listen = draft.listen {
      draft.definition.socket.addresses = hosts.isEmpty ? listen : ServiceBuilder.bound(listen, to: hosts)
      if draft.port != nil {
        warn("port-and-listen", "'listen' already says the port", key: "port", outcome: "'port' is ignored")
      }
    } else if let port = draft.port ?? servicePort() {
      draft.definition.socket.addresses = (hosts.isEmpty ? [.any] : hosts).map { .ip(host: $0, port: port) }
    }
    fitFamilies()
    checkAddresses()
  }

  /// Ports without an address are those of all `hosts`; one that is also written out is listened on once.
  private static func bound(_ listen: [ListenAddress], to hosts: [ListenHost]) -> [ListenAddress] {
    var seen: Set<ListenAddress> = []
    return listen.flatMap { address -> [ListenAddress] in
      guard case .ip(.any, let port) = address else { return [address] }
      return hosts.map { ListenAddress.ip(host: $0, port: port) }
    }.filter { seen.insert($0).inserted }
  }

  /// Literal addresses know their family: `tcp4` keeps those of IPv4, and says no more than that.
  private mutating func fitFamilies() {
    let families = draft.definition.socket.families
    let addresses = draft.definition.socket.addresses
    if families == .both || addresses.isEmpty { return }
    let fitting = addresses.filter { $0.literal.map { families.includes($0.family) } ?? true }
    if fitting.isEmpty {
      return fail(
        "family-mismatch", "none of the addresses is of the family that the protocol asks for",
        key: isSet("listen") ? "listen" : "bind",
        notes: isSet("protocol") ? [.init("the protocol is given here", at: place(of: "protocol"))] : [])
    }
    draft.definition.socket.addresses = fitting
    // An IPv6 wildcard still has to be told whether it takes IPv4 too.
    let isSettled = fitting.allSatisfy { $0.literal.map { families != .dual || !$0.isUnspecified } ?? false }
    if isSettled { draft.definition.socket.families = .both }
  }

  /// Where `-a` says that services without an address of their own listen.
  private var defaultHosts: [ListenHost] {
    guard let text = options.bindAddress, case .success(let host) = ListenHost.parse(text) else { return [] }
    return [host]
  }

  /// The port that the service's name stands for.
  private mutating func servicePort() -> ListenPort? {
    if draft.types.contains(.rpc) { return .assigned }
    if draft.definition.socket.transport == .unix {
      fail("missing-path", "a unix service needs the path of its socket: listen = /run/...", key: "protocol")
      return nil
    }
    if draft.types.contains(.unlisted) {
      fail("missing-port", "an unlisted service needs 'port' or 'listen'", key: "type")
      return nil
    }
    let name = draft.definition.service
    switch ListenPort.parse(name) {
    case .success(let port): return port
    case .failure(let error):
      fail(error.id, error.message, key: "service")
      return nil
    }
  }

  private mutating func checkAddresses() {
    let addresses = draft.definition.socket.addresses
    let transport = draft.definition.socket.transport
    let name = Choices.name(of: transport, in: KeyTable.transports)
    if transport == .unix, let other = addresses.first(where: { !$0.isUnix }) {
      return fail("address-mismatch", "protocol = unix does not go with '\(other.text)'", key: "listen")
    }
    if isSet("protocol"), transport != .unix, let first = addresses.first, addresses.allSatisfy({ $0.isUnix }) {
      return fail("address-mismatch", "protocol = \(name) does not go with '\(first.text)'", key: "listen")
    }
    if draft.definition.socket.type == .dgram, let vsock = addresses.first(where: { $0.isVirtual }) {
      return fail("address-mismatch", "'\(vsock.text)' can only be a stream", key: "listen")
    }
    let sockets = addresses.reduce(0) { $0 + $1.portCount }
    if sockets > ListenPort.longestRange {
      fail(
        "too-many-ports", "\(sockets) sockets are more than the \(ListenPort.longestRange) for one service",
        key: "listen")
    }
  }
}

extension ListenAddress {
  /// Sockets for each family.
  var portCount: Int {
    if case .ip(_, .range(let range)) = self { return range.count }
    return 1
  }

  /// The address, where it is one of the Internet and not a name.
  var literal: IPAddress? {
    if case .ip(.address(let address, _), _) = self { return address }
    return nil
  }

  var isVirtual: Bool {
    if case .vsock = self { return true }
    return false
  }
}
