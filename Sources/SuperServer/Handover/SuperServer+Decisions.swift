import AdmissionControl
import EventLoop
import LinuxSystem
import NetworkAddresses

// What an administrator has decided by hand outlives an upgrade in place: nobody expects a paused service to open, or an
// attacker to be let in again, because the program has become newer.
extension SuperServer {
  func handOverDecisions(in state: inout HandoverState) {
    state.paused = order.filter { services[$0]?.holds.contains(.paused) == true }
    let now = UInt64(max(loop.now.nanoseconds, 0))
    state.denied = denied.current(now: now).map { entry in
      HandoverState.Lockout(source: entry.source.description, until: entry.until ?? 0)
    }
  }

  func takeOverDecisions(paused: [String], denied lockouts: [HandoverState.Lockout]) {
    for id in paused { services[id]?.hold(.paused) }
    for lockout in lockouts {
      guard let source = IPPrefix(text: lockout.source) else { continue }
      denied.add(source, until: lockout.until == 0 ? nil : lockout.until)
    }
  }
}
