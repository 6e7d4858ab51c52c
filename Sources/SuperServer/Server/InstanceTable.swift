/// All running servers by pid.
struct InstanceTable {
  private var instances: [Int32: Instance] = [:]

  var count: Int { instances.count }
  var all: some Collection<Instance> { instances.values }

  mutating func insert(_ instance: Instance) { instances[instance.pid] = instance }

  /// The instance that a process was; nil for a child that is not a server (an adopted orphan of process 1).
  mutating func remove(_ pid: Int32) -> Instance? { instances.removeValue(forKey: pid) }

  func instances(of service: ServiceRuntime) -> [Instance] {
    instances.values.filter { $0.service === service }
  }
}
