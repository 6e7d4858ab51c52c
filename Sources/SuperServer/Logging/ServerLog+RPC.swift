import RegistrationProtocol
import ServiceModel

/// What happens between RPC services and rpcbind.
extension ServerLog {
  private func write(_ level: SyslogLevel, _ entry: RPCRegistrar.Entry, _ text: String) {
    write(
      LogRecord(
        level, "\(entry.service): \(text)", [LogField(.service, entry.service), LogField(.event, "rpc")]))
  }

  func rpcRegistered(_ entry: RPCRegistrar.Entry, again: Bool) {
    let text = again ? "rpcbind had forgotten \(entry.registration.words); registered again" : nil
    write(.info, entry, text ?? "registered \(entry.registration.words)")
  }

  func rpcReplaced(_ entry: RPCRegistrar.Entry, _ address: String) {
    write(
      .notice, entry,
      "registered \(entry.registration.words), in place of \(RPCRegistration.place(address))")
  }

  func rpcForeign(_ entry: RPCRegistrar.Entry, _ address: String) {
    write(
      .warning, entry,
      "another server has registered \(entry.registration.program) at \(RPCRegistration.place(address)) in place of "
        + "\(entry.registration.words); clients reach that one until it leaves or this service is reloaded")
  }

  func rpcNotRegistered(_ entry: RPCRegistrar.Entry, reason: String) {
    write(
      .err, entry,
      "cannot register \(entry.registration.words): \(reason); clients cannot find it until a later attempt succeeds")
  }

  func rpcNotRemoved(_ registration: RPCRegistration, reason: String) {
    write(
      LogRecord(.warning, "cannot take \(registration.words) out of rpcbind's table: \(reason); trying again"))
  }

  func rpcFarewellEnded(left: Int) {
    write(
      LogRecord(
        .warning, "rpcbind does not answer; the daemon ends; what is still in rpcbind's table stays there (\(left))"))
  }

  func rpcRemoved(_ registration: RPCRegistration) {
    write(LogRecord(.info, "unregistered \(registration.words)"))
  }
}

extension RPCRegistration {
  /// `RPC program 100001 versions 1-5 on udp port 1023`
  fileprivate var words: String {
    let versions =
      versions.count == 1
      ? "version \(versions.lowerBound)" : "versions \(versions.lowerBound)-\(versions.upperBound)"
    return "RPC program \(program) \(versions) on \(netid.rawValue) \(RPCRegistration.place(address))"
  }

  fileprivate static func place(_ address: String) -> String { port(of: address).map { "port \($0)" } ?? address }
}
