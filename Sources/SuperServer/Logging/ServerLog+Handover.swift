import NetworkAddresses
import ServiceModel

/// What comes from an earlier run or a service manager.
extension ServerLog {
  func inheritanceFault(_ text: String) { write(LogRecord(.warning, text)) }

  func adopted(_ service: ServiceDefinition, _ address: String, _ match: String, isKept: Bool) {
    let source = isKept ? "its socket on \(address) was kept" : "takes the inherited socket on \(address), \(match)"
    write(LogRecord(.info, "\(service.id): \(source)", fields(service, "inherited")))
  }

  func unclaimed(_ address: String, name: String, isKept: Bool) {
    let text =
      isKept
      ? "no service wants the kept socket on \(address) any more; it is closed"
      : "no service wants the inherited socket '\(escapedForLog(name.utf8))' on \(address); it is closed"
    write(LogRecord(isKept ? .info : .warning, text))
  }

  func serversTakenOver(_ count: Int) {
    write(LogRecord(.info, "\(count) servers of the run before still run and are counted"))
  }

  func connectionRescued(_ service: ServiceDefinition, peer: SocketEndpoint?) {
    let whose = peer.map { " of \($0)" } ?? ""
    let text = "\(service.id): a connection\(whose) that the run before had accepted is served on"
    write(LogRecord(.info, text, fields(service, "inherited")))
  }

  func managerDoesNotRead() {
    write(LogRecord(.warning, "the service manager does not read what it is told; the daemon serves on"))
  }

  func storeIsFull(wanted: Int) {
    write(
      LogRecord(
        .warning,
        "the service manager does not keep all of our \(wanted) descriptors: FileDescriptorStoreMax= of the unit is too "
          + "small; a restart will refuse connections for a moment and forget running servers; "
          + "the next reload tries again", event(.failure)))
  }

  func storeHasRoom() { write(LogRecord(.info, "the service manager keeps all of our descriptors now")) }

  func reexecuting(_ program: String) { write(LogRecord(.info, "executing \(program) anew", event(.reexecuting))) }
}
