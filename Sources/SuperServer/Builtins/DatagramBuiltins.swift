import AdmissionControl
import LinuxSystem
import NetworkAddresses
import ServiceModel

/// The datagram built-ins: a batch in, a batch of replies out.
///
/// They must not become anybody's weapon. Source addresses of datagrams are easily forged, so nothing is answered that
/// could make two servers talk to each other for ever (source ports below 1024 and our own built-ins' ports), nothing
/// that was sent to a group, and no reply is longer than a chargen line or the request itself.
final class DatagramBuiltins {
  private lazy var batch = DatagramBatch(capacity: 64, size: 65_536)
  private var lines: [[UInt8]] = []
  private var nextLine = 0

  /// Answers what waits at a socket, at most one batch: then the others get their turn.
  func serve(_ builtin: Builtin, at listener: Listener) {
    let service = listener.service
    guard let socket = listener.descriptor, service.intakeIsOpen() else { return }
    guard case .transferred(let count) = batch.receive(from: socket) else { return }
    let shared = builtin == .echo || builtin == .discard || builtin == .sensor ? [] : reply(builtin, service.server)
    shared.withUnsafeBytes { text in
      for index in 0..<count where admit(index, builtin, service) {
        switch builtin {
        case .echo: batch.reply(to: index, with: UnsafeRawBufferPointer(batch.payload(index)))
        case .discard, .sensor: break
        default: batch.reply(to: index, with: text)
        }
      }
      batch.sendReplies(on: socket)
    }
  }

  /// Whether a datagram is to be answered. Refusals are counted; what only looks like a loop is silently dropped.
  private func admit(_ index: Int, _ builtin: Builtin, _ service: ServiceRuntime) -> Bool {
    let peer = batch.peer(index)
    service.counters.accepted += 1
    if peer.ip != nil, peer.port < 1024 || service.server.isDatagramBuiltinPort(peer.port) { return false }
    if peer.ip != nil && !batch.wasUnicast(index) { return false }
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
    service.log.started(service.definition, pid: nil, peer: peer.unmappedEndpoint)
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
