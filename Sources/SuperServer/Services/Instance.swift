import LinuxSystem
import NetworkAddresses

/// How far a server that starts behind `inetd-gate` has come.
enum GateStage {
  /// There is no gate.
  case none
  case judging
  /// The gate has become the server.
  case passed
  /// The gate has ended, or become something else than the server, without a verdict.
  case silent
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
  /// The sockets a wait server has, while the service still has them too.
  let listeners: [Listener]
  /// A datagram service's server for one peer, to whom no second server is started meanwhile.
  let hasPeerOfItsOwn: Bool
  /// Its place in the ledger that outlives the daemon; -1 = none.
  let slot: Int32
  var gate = GateStage.none
  /// What ends it in time; nil while nothing does.
  var clock: ServerClock?
  /// The control group that is its connection's alone.
  var controlGroup: ConnectionControlGroup?
  /// The cell that it was given, to go back to its stock.
  var cell: StockedCell?
}
