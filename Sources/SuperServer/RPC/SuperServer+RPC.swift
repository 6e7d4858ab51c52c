import LinuxSystem
import NetworkAddresses
import RegistrationProtocol
import ServiceModel
import ServiceResolution

extension SuperServer {
  /// What rpcbind should know: one entry for each RPC service and transport, at the port that the socket really has.
  ///
  /// rpcbind keeps a single address for a version on a transport: a service's first socket, and of two services that
  /// claim the same version the first.
  func wantedRegistrations() -> [RPCRegistrar.Entry] {
    var entries: [RPCRegistrar.Entry] = []
    for id in order {
      guard let service = services[id], let rpc = service.definition.rpc, let program = rpc.number else { continue }
      for listener in service.listeners {
        for registration in listener.registrations(program: program, versions: rpc.versions)
        where !entries.contains(where: { $0.registration.contends(with: registration) }) {
          entries.append(RPCRegistrar.Entry(service: id, registration: registration))
        }
      }
    }
    return entries
  }
}

extension Listener {
  /// A socket for both families is entered for both.
  fileprivate func registrations(program: UInt32, versions: ClosedRange<UInt32>) -> [RPCRegistration] {
    guard let ip = plan.endpoint.ip, let port = (try? descriptor?.localAddress())?.port, port != 0 else { return [] }
    let addresses = plan.isDualStack || coversIPv4 ? [ip, .any(.ipv4)] : [ip]
    return addresses.map { address in
      RPCRegistration(
        program: program, versions: versions, isStream: plan.type == .stream, address: address, port: port)
    }
  }
}

extension ServiceRuntime {
  /// How the service stands with rpcbind, for people; nil for a service that is no RPC program.
  var registrationText: String? {
    guard definition.rpc != nil else { return nil }
    let parts = server.registrar.entries.filter { $0.service == definition.id }.map { entry in
      "\(entry.registration.netid.rawValue) \(entry.standing.words)"
    }
    return parts.isEmpty ? "not registered: no socket" : parts.joined(separator: ", ")
  }
}

extension RPCRegistrar.Standing {
  fileprivate var words: String {
    switch self {
    case .fresh: "not registered yet"
    case .registered: "registered"
    case .foreign(let address): "another server's, at \(address)"
    case .failed(let reason): "not registered: \(reason)"
    }
  }
}
