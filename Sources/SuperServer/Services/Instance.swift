import LinuxSystem
import NetworkAddresses

/// How far a server that starts behind `inetd-gate` has come.
enum GateStage {
  /// There is no gate.
  case none
  case judging
  /// The gate has become the server.
  case passed
  /// The gate has refused the peer; its end is no server's end.
  case refused
  /// The gate judged for a service that runs in the loop; its end is no server's end.
  case judgedOnly
}

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
  var gate = GateStage.none
}
