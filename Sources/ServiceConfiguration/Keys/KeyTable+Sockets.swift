import NetworkAddresses
import ServiceModel

extension KeyTable {
  static let socketTypes: [(name: String, value: SocketType)] = [
    ("stream", .stream), ("dgram", .dgram), ("seqpacket", .seqpacket), ("raw", .raw),
  ]

  static let transports: [(name: String, value: TransportProtocol)] = [
    ("tcp", .tcp), ("udp", .udp), ("unix", .unix), ("mptcp", .mptcp), ("sctp", .sctp), ("udplite", .udplite),
  ]

  /// `tcp`, `tcp4`, `tcp6`, `tcp46` and so on for each transport of the Internet.
  static let protocols: [(name: String, value: (transport: TransportProtocol, families: FamilySelection?))] = {
    var names: [(name: String, value: (transport: TransportProtocol, families: FamilySelection?))] = []
    for transport in transports {
      names.append((transport.name, (transport.value, nil)))
      if transport.value == .unix { continue }
      names.append((transport.name + "4", (transport.value, .ipv4)))
      names.append((transport.name + "6", (transport.value, .ipv6)))
      names.append((transport.name + "46", (transport.value, .dual)))
    }
    return names
  }()

  static let socketKeys: [ConfigurationKey] =
    [
      ConfigurationKey(
        "socket_type", "stream | dgram | seqpacket", default: "from protocol", "how data travels", scope: .service,
        apply: { draft, reader in if let value = reader.choice(socketTypes) { draft.socketType = value } },
        words: { definition in
          let type = definition.socket.type
          return type == definition.impliedSocketType ? nil : [Choices.name(of: type, in: socketTypes)]
        }),
      ConfigurationKey(
        "protocol", "tcp udp unix mptcp sctp udplite, with 4, 6 or 46", default: "from socket_type",
        "what carries the data; tcp4 and tcp6 take one family, tcp46 both on one socket, tcp both on two",
        scope: .service,
        apply: { draft, reader in
          guard var word = reader.single() else { return }
          // `rpc/udp` of inetd.conf also stands in old xinetd files.
          if word.text.utf8.starts(with: "rpc/".utf8) {
            draft.types.insert(.rpc)
            word.text = word.text.dropping(first: 4)
          }
          guard let value = reader.choice(word, protocols) else { return }
          draft.transport = value.transport
          draft.families = value.families
          draft.protocolWord = ASCII.lowercased(word.text)
        },
        words: { definition in
          let socket = definition.socket
          if socket.transport == definition.impliedTransport && socket.families == .both { return nil }
          let name = Choices.name(of: socket.transport, in: transports)
          switch socket.families {
          case .both: return [name]
          case .ipv4: return [name + "4"]
          case .ipv6: return [name + "6"]
          case .dual: return [name + "46"]
          }
        }),
      ConfigurationKey(
        "listen", "PORT ADDR:PORT [V6%IF]:PORT A-B /PATH @NAME vsock:CID:PORT", default: "from service, port and bind",
        "all places to listen on", operators: .all, scope: .service,
        apply: { draft, reader in
          var items: [(word: RawWord, value: ListenAddress)] = []
          for word in reader.words {
            switch ListenAddress.parse(word.text) {
            case .success(let address): items.append((word, address))
            case .failure(let error): reader.fail(error.id, error.message, at: word, suggestion: error.suggestion)
            }
          }
          if reader.words.isEmpty { _ = reader.single() }
          draft.listen = reader.given(
            draft.listen, reader.edited(draft.listen ?? [], additive: false, items) { $0 == $1 })
        },
        words: { definition in
          let addresses = definition.socket.addresses
          if addresses == definition.impliedAddresses || definition.impliedHosts != nil { return nil }
          return addresses.map { $0.text }
        }),
      ConfigurationKey(
        "port", "N | NAME", default: "from service", "the port, where it is not that of the service's name",
        scope: .service,
        apply: { draft, reader in
          guard let word = reader.single() else { return }
          switch ListenPort.parse(word.text) {
          case .success(let port): draft.port = port
          case .failure(let error): reader.fail(error.id, error.message, at: word, suggestion: error.suggestion)
          }
        }),
      bindKey(
        "bind", "addresses, host names or interfaces to listen on",
        words: { definition in definition.impliedHosts.map { $0.map { $0.text } } }),
      bindKey("interface", "the same as bind", words: { _ in nil }),
      ConfigurationKey(
        "v6only", "yes | no", default: "no", "whether an IPv6 socket leaves IPv4 alone (xinetd); see protocol",
        apply: { draft, reader in if let value = reader.boolean() { draft.v6only = value } }),
    ] + unixKeys + optionKeys

  private static func bindKey(
    _ name: String, _ help: String, words: @escaping ConfigurationKey.Words
  ) -> ConfigurationKey {
    ConfigurationKey(
      name, "ADDRESS...", default: "all addresses", help, operators: .all, isRestriction: true,
      apply: { draft, reader in
        var items: [(word: RawWord, value: ListenHost)] = []
        for word in reader.words {
          switch ListenHost.parse(word.text) {
          case .success(let host): items.append((word, host))
          case .failure(let error): reader.fail(error.id, error.message, at: word, suggestion: error.suggestion)
          }
        }
        if reader.words.isEmpty { _ = reader.single() }
        draft.binds = reader.given(draft.binds, reader.edited(draft.binds ?? [], additive: false, items) { $0 == $1 })
      }, words: words)
  }

  private static let unixKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "socket_user", "USER", default: "the daemon's", "owner of unix sockets", isRestriction: true,
      apply: { draft, reader in
        if let word = reader.single(), let user = reader.user(word) { draft.definition.socket.owner = user }
      },
      words: { $0.socket.owner.map { [$0.text] } }),
    ConfigurationKey(
      "socket_group", "GROUP", default: "the daemon's", "group of unix sockets", isRestriction: true,
      apply: { draft, reader in
        if let word = reader.single(), let group = reader.group(word) { draft.definition.socket.group = group }
      },
      words: { $0.socket.group.map { [$0.text] } }),
    ConfigurationKey(
      "socket_mode", "MODE", default: "0660", "mode of unix sockets, in octal", isRestriction: true,
      apply: { draft, reader in
        if let mode = reader.octal() { draft.definition.socket.mode = mode == 0o660 ? nil : mode }
      },
      words: { $0.socket.mode.map { [ValueText.octal($0)] } }),
  ]
}

extension ServiceDefinition {
  /// The socket type that the transport suggests.
  var impliedSocketType: SocketType {
    switch socket.transport {
    case .udp, .udplite: .dgram
    case .tcp, .mptcp, .sctp, .unix: .stream
    }
  }

  /// The transport without a `protocol` key, given the places to listen on.
  var impliedTransport: TransportProtocol {
    let isLocal = !socket.addresses.isEmpty && socket.addresses.allSatisfy { $0.isUnix }
    return isLocal ? .unix : .tcp
  }

  /// Where the service listens without `listen`, `port` and `bind`.
  var impliedAddresses: [ListenAddress] { tcpmux == nil ? [.ip(host: .any, port: impliedPort)] : [] }

  private var impliedPort: ListenPort {
    if rpc != nil { return .assigned }
    if case .success(let port) = ListenPort.parse(service) { return port }
    return .service(service)
  }

  /// The hosts, if `bind` alone says where the service listens.
  var impliedHosts: [ListenHost]? {
    if tcpmux != nil || socket.addresses == impliedAddresses { return nil }
    var hosts: [ListenHost] = []
    for address in socket.addresses {
      guard case .ip(let host, impliedPort) = address else { return nil }
      hosts.append(host)
    }
    return hosts.isEmpty ? nil : hosts
  }
}

extension ListenAddress {
  /// A path or a name in the abstract namespace.
  var isUnix: Bool {
    switch self {
    case .unix, .abstract: true
    case .ip, .vsock: false
    }
  }
}
