import AdmissionControl
import LinuxSystem
import NetworkAddresses
import ServiceModel

extension ServiceRuntime {
  /// A sensor was touched: nobody has business here, so the source is locked out of all services for deny_time.
  ///
  /// In the log it is a peer refused for its address, as in xinetd, whose readers look for nothing else.
  func sensed(_ peer: SocketAddress) {
    count(.sensor) { log.refused(definition, RefusalReason.address.logText, peer: peer.unmappedEndpoint) }
    if let address = peer.ip { lockOut(address) }
    admission.ended(peer.ip)
    release(.full)
  }

  private func lockOut(_ address: IPAddress) {
    let length = address.family == .ipv4 ? definition.limits.sourcePrefix4 : definition.limits.sourcePrefix6
    let source = IPPrefix(address, length: Int(length))
    // xinetd, too, only logs where no time is given.
    let time = definition.access.denyTime ?? .never
    let isKnown = server.denied.contains(address, now: nowNanoseconds)
    switch time {
    case .never: return
    case .forever: server.denied.add(source, until: nil)
    case .minutes(let count): server.denied.add(source, until: nowNanoseconds + UInt64(count) * 60_000_000_000)
    }
    if !isKnown { log.lockedOut(definition, source, for: time) }
  }
}
