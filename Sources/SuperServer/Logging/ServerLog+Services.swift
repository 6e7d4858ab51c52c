import AdmissionControl
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// What happens to single connections and servers.
extension ServerLog {
  /// A server, or a built-in's connection (`pid` nil), has started.
  func started(_ service: ServiceDefinition, pid: Int32?, peer: SocketEndpoint?) {
    guard !service.log.onSuccess.isEmpty else { return }
    let name = peerName(peer, service)
    guard let text = ServiceLogText.start(service.id, pid: pid, peer: name, fields: service.log.onSuccess) else {
      return
    }
    write(LogRecord(.info, text, fields(service, "start", pid: pid, peer: peer)), to: service.log.destination)
  }

  /// A server, or a built-in's connection, has ended.
  func ended(
    _ service: ServiceDefinition, pid: Int32?, peer: SocketEndpoint?, end: ServerEnd?, duration: TimeSpan
  ) {
    let wanted = service.log.onSuccess
    let seconds = duration.wholeSeconds
    guard let text = ServiceLogText.exit(service.id, pid: pid, end: end, seconds: seconds, fields: wanted) else {
      return
    }
    var fields = fields(service, "exit", pid: pid, peer: peer)
    if case .status(let status) = end, !fields.isEmpty { fields.append(LogField(.exitStatus, "\(status)")) }
    if !fields.isEmpty { fields.append(LogField(.durationMicroseconds, "\(duration.nanoseconds / 1000)")) }
    write(LogRecord(.info, text, fields), to: service.log.destination)
  }

  /// A peer was refused.
  func refused(_ service: ServiceDefinition, _ reason: String, peer: SocketEndpoint?) {
    let name = peerName(peer, service)
    guard let text = ServiceLogText.fail(service.id, reason: reason, peer: name, fields: service.log.onFailure) else {
      return
    }
    write(LogRecord(.notice, text, fields(service, "fail", pid: nil, peer: peer)), to: service.log.destination)
  }

  /// What a peer's own host says of its user: text from the network, which can hold anything.
  func identified(_ service: ServiceDefinition, _ user: [UInt8], peer: SocketEndpoint?) {
    let text = ServiceLogText.userID(service.id, user: user)
    write(LogRecord(.info, text, fields(service, "userid", peer: peer)), to: service.log.destination)
  }

  /// A peer was refused because its own host does not say who it is.
  func unidentified(_ service: ServiceDefinition, _ reason: String, peer: SocketEndpoint?) {
    let text = ServiceLogText.noID(service.id, peer: peerName(peer, service), reason: reason)
    write(LogRecord(.notice, text, fields(service, "noid", peer: peer)), to: service.log.destination)
  }

  /// So many refusals of one service went unlogged.
  func refusalsSuppressed(_ service: ServiceDefinition, count: Int) {
    let record = LogRecord(.notice, "FAIL: \(service.id) \(count) more refused", fields(service, "fail"))
    write(record, to: service.log.destination)
  }

  /// A server could not be brought to life: in which step, and why.
  func startFailed(_ service: ServiceDefinition, program: String, stage: String, errno: Int32, peer: SocketEndpoint?) {
    let reason = SystemError.text(errno)
    write(
      LogRecord(
        .err, "\(service.id): cannot start \(program): \(stage): \(reason); the connection is closed",
        fields(service, "start-failed", peer: peer)))
  }

  /// A server is asked to end before it does by itself; without a pid a connection that the daemon itself serves.
  func stopping(_ service: ServiceDefinition, pid: Int32?, peer: SocketEndpoint?, reason: String) {
    write(
      LogRecord(
        .notice, "\(service.id): \(pid.map { "server \($0)" } ?? "a connection") is ended: \(reason)",
        fields(service, "stop", pid: pid, peer: peer)),
      to: service.log.destination)
  }

  /// A server, or what it had started, was ended by the kernel at its bound of memory.
  func outOfMemory(_ service: ServiceDefinition, pid: Int32, peer: SocketEndpoint?) {
    write(
      LogRecord(
        .notice, "\(service.id): server \(pid) has reached memory_max and was killed",
        fields(service, "out-of-memory", pid: pid, peer: peer)), to: service.log.destination)
  }

  /// A server did not end when it was asked to.
  func killing(_ service: ServiceDefinition, pid: Int32, peer: SocketEndpoint?) {
    write(
      LogRecord(
        .notice, "\(service.id): server \(pid) did not end within stop_timeout and is killed",
        fields(service, "kill", pid: pid, peer: peer)), to: service.log.destination)
  }

  /// A line that a server wrote to its standard error.
  func complained(_ service: ServiceDefinition, _ line: [UInt8]) {
    let text = "\(service.id): " + escapedForLog(line, limit: ComplaintLines.limit)
    write(LogRecord(.notice, text, fields(service, "stderr")), to: service.log.destination)
  }

  /// So many lines of servers went unlogged.
  func complaintsSuppressed(_ service: ServiceDefinition, count: Int) {
    let record = LogRecord(.notice, "\(service.id): \(count) more lines of its servers", fields(service, "stderr"))
    write(record, to: service.log.destination)
  }

  /// A source touched a sensor and is served by no service for a time.
  func lockedOut(_ service: ServiceDefinition, _ source: IPPrefix, for time: DenyTime) {
    let span: String
    switch time {
    case .never: return
    case .forever: span = "for ever"
    case .minutes(let count): span = "for \(count) minutes"
    }
    let name = service.log.address == .full ? "\(source)" : "a source"
    write(
      LogRecord(.warning, "\(service.id): \(name) is locked out of all services \(span)", fields(service, "locked-out"))
    )
  }

  /// A redirected connection found nobody at its target.
  func redirectFailed(_ service: ServiceDefinition, _ error: SystemError, peer: SocketEndpoint?) {
    write(
      LogRecord(
        .err, "\(service.id): \(error); the connection is closed", fields(service, "redirect-failed", peer: peer)),
      to: service.log.destination)
  }

  /// What a redirected connection carried.
  func traffic(_ service: ServiceDefinition, peer: SocketEndpoint?, received: UInt64, sent: UInt64) {
    guard service.log.onSuccess.contains(.traffic) else { return }
    let text = "TRAFFIC: \(service.id) in=\(received)(bytes) out=\(sent)(bytes)"
    write(LogRecord(.info, text, fields(service, "traffic", peer: peer)), to: service.log.destination)
  }

  private func peerName(_ peer: SocketEndpoint?, _ service: ServiceDefinition) -> String? {
    ServiceLogText.peer(
      peer, detail: service.log.address, prefix4: service.limits.sourcePrefix4, prefix6: service.limits.sourcePrefix6)
  }

  func fields(
    _ service: ServiceDefinition, _ event: String, pid: Int32? = nil, peer: SocketEndpoint? = nil
  ) -> [LogField] {
    // Files hold the text alone.
    if case .file = service.log.destination { return [] }
    var fields = [LogField(.service, service.id), LogField(.event, event)]
    if let pid { fields.append(LogField(.pid, "\(pid)")) }
    if let name = peerName(peer, service) { fields.append(LogField(.remoteAddress, name)) }
    if service.log.address == .full, let port = peer?.port { fields.append(LogField(.remotePort, "\(port)")) }
    return fields
  }
}
