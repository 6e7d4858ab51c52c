import LinuxSystem
import NetworkAddresses

/// One running server process.
struct Instance {
  let service: ServiceRuntime
  let pid: Int32
  /// Nil for a wait server, which talks to whoever it likes.
  let peer: SocketEndpoint?
  let startedAt: MonotonicTime
  /// The socket a wait server has, while the service still has it too.
  let listener: Listener?
  /// A datagram service's server for one peer, to whom no second server is started meanwhile.
  let hasPeerOfItsOwn: Bool
}
