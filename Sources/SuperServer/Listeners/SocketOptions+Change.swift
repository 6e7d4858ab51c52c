import ServiceModel

extension SocketOptions {
  /// Whether a living socket cannot be brought from these options to `new` ones: what is decided at bind, and what was
  /// set and is now to be as the kernel would have had it.
  func needsNewSocket(for new: SocketOptions) -> Bool {
    if bindDevice != new.bindDevice || freebind != new.freebind || transparent != new.transparent { return true }
    if reusePort != new.reusePort || sendBuffer != new.sendBuffer || receiveBuffer != new.receiveBuffer { return true }
    if multicastGroups != new.multicastGroups || fastOpen != new.fastOpen { return true }
    return mark != nil && new.mark == nil || priority != nil && new.priority == nil || tos != nil && new.tos == nil
      || ttl != nil && new.ttl == nil || congestion != nil && new.congestion == nil
      || keepalive != nil && new.keepalive == nil || deferAccept != nil && new.deferAccept == nil
      || broadcast && !new.broadcast || noDelay && !new.noDelay
  }
}
