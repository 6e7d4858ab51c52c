import ServiceModel

/// The keys that the fields of inetd.conf mean. Their rows are looked up once, not for each of a million fields.
enum ClassicKey: Int, CaseIterable {
  case acceptFilter, argv0, bind, disable, group, instances, libwrap, listen, loginClass, perSource, port,
    `protocol`, rate, receiveBuffer, rpcNumber, rpcVersion, sendBuffer, server, serverArgs, service,
    socketGroup, socketMode, socketType, socketUser, sourceRate, type, user, wait

  /// As the key table spells it.
  var name: String {
    switch self {
    case .acceptFilter: "accept_filter"
    case .argv0: "argv0"
    case .bind: "bind"
    case .disable: "disable"
    case .group: "group"
    case .instances: "instances"
    case .libwrap: "libwrap"
    case .listen: "listen"
    case .loginClass: "login_class"
    case .perSource: "per_source"
    case .port: "port"
    case .protocol: "protocol"
    case .rate: "rate"
    case .receiveBuffer: "receive_buffer"
    case .rpcNumber: "rpc_number"
    case .rpcVersion: "rpc_version"
    case .sendBuffer: "send_buffer"
    case .server: "server"
    case .serverArgs: "server_args"
    case .service: "service"
    case .socketGroup: "socket_group"
    case .socketMode: "socket_mode"
    case .socketType: "socket_type"
    case .socketUser: "socket_user"
    case .sourceRate: "source_rate"
    case .type: "type"
    case .user: "user"
    case .wait: "wait"
    }
  }

  private static let numbers: [KeyNumber?] = allCases.map { KeyTable.number(of: $0.name) }

  /// The row in the key table.
  var number: KeyNumber? { ClassicKey.numbers[rawValue] }
}

extension RawSetting {
  /// What a field says; `range` stands for the key, which is not written.
  init(_ key: ClassicKey, _ values: RawWords, at range: SourceRange) {
    self.init(key: RawWord(key.name, at: range), operation: .set, values: values)
    number = key.number
  }
}
