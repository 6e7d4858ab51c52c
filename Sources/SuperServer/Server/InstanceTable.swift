import NetworkAddresses

/// All running servers by pid.
struct InstanceTable {
  /// One peer of one datagram service.
  private struct PeerKey: Hashable {
    let service: ObjectIdentifier
    let peer: SocketEndpoint?

    init(_ service: ServiceRuntime, _ peer: SocketEndpoint?) {
      self.service = ObjectIdentifier(service)
      self.peer = peer
    }
  }

  private var instances: [Int32: Instance] = [:]
  /// The peers that servers of datagram services have, with the datagrams passed on to each.
  private var peersServed: [PeerKey: Int] = [:]

  var count: Int { instances.count }
  var all: some Collection<Instance> { instances.values }

  mutating func insert(_ instance: Instance) {
    instances[instance.pid] = instance
    if instance.hasPeerOfItsOwn { peersServed[PeerKey(instance.service, instance.peer)] = 0 }
  }

  /// The instance that a process was; nil for a child that is not a server (an adopted orphan of process 1).
  mutating func remove(_ pid: Int32) -> Instance? {
    guard let instance = instances.removeValue(forKey: pid) else { return nil }
    if instance.hasPeerOfItsOwn { peersServed[PeerKey(instance.service, instance.peer)] = nil }
    return instance
  }

  /// Notes how far a server's gate has come.
  mutating func setGate(_ stage: GateStage, of pid: Int32) { instances[pid]?.gate = stage }

  /// Gives a server its clock.
  mutating func setClock(_ clock: ServerClock, of pid: Int32) { instances[pid]?.clock = clock }

  /// Notes the control group that a server's connection has.
  mutating func setControlGroup(_ group: ConnectionControlGroup?, of pid: Int32) {
    if group != nil { instances[pid]?.controlGroup = group }
  }

  /// Notes the ready cell that a server was started in.
  mutating func setCell(_ cell: StockedCell?, of pid: Int32) {
    if cell != nil { instances[pid]?.cell = cell }
  }

  func instance(_ pid: Int32) -> Instance? { instances[pid] }

  /// Whether a server for this peer is running: datagram services have one for each.
  func hasInstance(of service: ServiceRuntime, serving peer: SocketEndpoint?) -> Bool {
    peersServed[PeerKey(service, peer)] != nil
  }

  /// Counts a datagram that is passed on to a peer's server; returns how many there have been.
  mutating func countForwarded(to service: ServiceRuntime, serving peer: SocketEndpoint?) -> Int {
    peersServed[PeerKey(service, peer), default: 0] += 1
    return peersServed[PeerKey(service, peer)] ?? 0
  }

  /// All servers, grouped by their service.
  var pidsByService: [ObjectIdentifier: [Int32]] {
    var result: [ObjectIdentifier: [Int32]] = [:]
    for instance in instances.values { result[ObjectIdentifier(instance.service), default: []].append(instance.pid) }
    return result
  }

  func instances(of service: ServiceRuntime) -> [Instance] {
    instances.values.filter { $0.service === service }
  }
}
