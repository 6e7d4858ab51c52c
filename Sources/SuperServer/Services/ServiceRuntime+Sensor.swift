import AdmissionControl
import LinuxSystem
import NetworkAddresses
import ServiceModel

extension ServiceRuntime {
  /// A sensor was touched: nobody has business here, so the source is locked out of all services for deny_time.
  func sensed(_ peer: SocketAddress) {
    counters.started += 1
    log.sensorTouched(definition, peer: peer.unmappedEndpoint)
    if let address = peer.ip {
      let length = address.family == .ipv4 ? definition.limits.sourcePrefix4 : definition.limits.sourcePrefix6
      let source = IPPrefix(address, length: Int(length))
      switch definition.access.denyTime ?? .never {
      case .never: break
      case .forever: server.denied.add(source, until: nil)
      case .minutes(let count): server.denied.add(source, until: nowNanoseconds + UInt64(count) * 60_000_000_000)
      }
    }
    admission.ended(peer.ip)
    release(.full)
  }
}
