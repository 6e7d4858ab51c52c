import AdmissionControl
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// The datagram built-ins: a batch in, a batch of replies out.
///
/// They must not become anybody's weapon. Source addresses of datagrams are easily forged, so nothing is answered that
/// could make two servers talk to each other for ever (source ports below 1024 and our own built-ins' ports), nothing
/// that was sent to a group or pretends to come from one, and no reply is longer than a chargen line or the request
/// itself.
final class DatagramBuiltins {
  private lazy var batch = DatagramBatch(capacity: 64, size: 65_536)
  /// For what nobody reads: a datagram that is given no room is not copied (recv(2), MSG_TRUNC).
  private lazy var headers = DatagramBatch(capacity: 64, size: 0)
  private var lines: [[UInt8]] = []
  private var nextLine = 0

  /// Answers what waits at a socket, at most one batch: then the others get their turn.
  func serve(_ builtin: Builtin, at listener: Listener) {
    let service = listener.service
    guard let socket = listener.descriptor, service.intakeIsOpen() else { return }
    let isSilent = builtin == .discard || builtin == .sensor
    let batch = isSilent ? headers : self.batch
    guard case .transferred(let count) = batch.receive(from: socket) else { return }
    service.counters.accepted += UInt64(count)
    service.counters.receivedBytes += UInt64(batch.receivedBytes)
    let admitsEveryone =
      service.admission.admitsEveryone && service.server.denied.isEmpty && builtin != .sensor
      && service.traits.isDisjoint(with: [.asksLibwrap, .logsSuccess])
    if admitsEveryone && isSilent {
      service.counters.started += UInt64(count)
      return
    }
    let shared = builtin == .echo || isSilent ? [] : reply(builtin, service.server)
    shared.withUnsafeBytes { text in
      for index in 0..<count where mayServe(builtin, batch, index, listener) {
        if admitsEveryone {
          service.counters.started += 1
        } else if !admit(batch, index, builtin, service) {
          continue
        }
        if isSilent { continue }
        batch.reply(to: index, with: builtin == .echo ? UnsafeRawBufferPointer(batch.payload(index)) : text)
      }
      batch.sendReplies(on: socket)
      service.counters.sentBytes += UInt64(batch.sentBytes)
    }
  }

  /// Whether a datagram is looked at. A sensor answers nobody: what keeps answers from doing harm must hide no peer from
  /// it, such as one that sends from port 53.
  private func mayServe(_ builtin: Builtin, _ batch: DatagramBatch, _ index: Int, _ listener: Listener) -> Bool {
    builtin == .sensor ? !batch.isPeerNoHost(index) : mayAnswer(batch, index, listener)
  }

  /// Whether an answer could begin a loop, or was not asked of this host alone: such datagrams are silently dropped.
  private func mayAnswer(_ batch: DatagramBatch, _ index: Int, _ listener: Listener) -> Bool {
    guard let port = batch.peerPort(index) else { return true }
    if port < 1024 || batch.isPeerNoHost(index) || listener.service.server.isDatagramBuiltinPort(port) { return false }
    return listener.hasOneAddress || batch.wasUnicast(index)
  }

  /// Whether rules and limits admit a datagram's peer. Refusals are counted.
  private func admit(_ batch: DatagramBatch, _ index: Int, _ builtin: Builtin, _ service: ServiceRuntime) -> Bool {
    let peer = batch.peer(index)
    switch service.judgement(of: peer.ip) {
    case .refused(let reason):
      service.countRefusal(reason, peer: peer)
      return false
    case .accepted(let needsGate):
      // One process for each datagram would be a weapon of its own: what only a name can tell is refused here.
      if needsGate || service.asksLibwrap {
        service.countRefusal(needsGate ? .address : .libwrap, peer: peer)
        return false
      }
    }
    guard service.admission.started(peer.ip, now: service.nowNanoseconds) else { return false }
    if builtin == .sensor {
      service.sensed(peer)
      return false
    }
    service.admission.ended(peer.ip)
    service.counters.started += 1
    if service.traits.contains(.logsSuccess) {
      service.log.started(service.definition, pid: nil, peer: peer.unmappedEndpoint)
    }
    return true
  }

  /// The answer that all requests of one batch share.
  private func reply(_ builtin: Builtin, _ server: SuperServer) -> [UInt8] {
    if builtin == .chargen {
      if lines.isEmpty {
        lines = (0..<ChargenPattern.lineCount).map { number in
          var line: [UInt8] = []
          ChargenPattern.appendLine(number, to: &line)
          return line
        }
      }
      nextLine = (nextLine + 1) % lines.count
      return lines[nextLine]
    }
    return BuiltinReply.text(builtin, quote: builtin == .qotd ? server.nextQuote() : []) ?? []
  }
}
