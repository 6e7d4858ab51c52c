import EventLoop
import LinuxSystem
import SystemdIntegration

/// Which servers the service manager keeps a pidfd of.
///
/// The ledger names every server; for those that live long enough to meet a restart a pidfd in the store makes the name
/// certain: it means this process and no other with its number. Short-lived servers, which are most, cost no message.
struct StoredServers {
  /// Names in the store; a listener's has a slash behind `inetd`.
  static let prefix = "inetd-server/"
  /// A server that lives longer is stored.
  static let age = TimeSpan.seconds(2)
  /// The rest of FileDescriptorStoreMax is for sockets; servers beyond are known by the ledger alone.
  static let most = 256

  private(set) var pids: Set<Int32> = []
  var timer: ActionTimer?

  var hasRoom: Bool { pids.count < StoredServers.most }

  static func name(_ pid: Int32) -> String { prefix + "\(pid)" }

  func contains(_ pid: Int32) -> Bool { pids.contains(pid) }
  mutating func insert(_ pid: Int32) { pids.insert(pid) }
  /// Whether it was stored.
  mutating func remove(_ pid: Int32) -> Bool { pids.remove(pid) != nil }
}

extension SuperServer {
  /// A server has started: when it has lived for a while, its pidfd goes to the store.
  func storeServersLater() {
    guard ledgerIsStored, storedServers.timer?.isScheduled != true else { return }
    let timer = storedServers.timer ?? ActionTimer { [unowned(unsafe) self] in storeServers() }
    storedServers.timer = timer
    loop.schedule(timer, after: StoredServers.age)
  }

  private func storeServers() {
    // The manager would complain of each that it has no room for.
    if storeIsFull { return }
    var hasYoung = false
    for instance in instances.all where storedServers.hasRoom && !storedServers.contains(instance.pid) {
      // Half the age: with one timer for all, a server is stored after 2 to 3 seconds.
      if loop.now - instance.startedAt < TimeSpan(nanoseconds: StoredServers.age.nanoseconds / 2) {
        hasYoung = true
        continue
      }
      // Not reaped yet: the pid is the server's.
      guard let process = try? FileDescriptor.process(instance.pid) else { continue }
      if told(notifier.store(process.borrowed, name: StoredServers.name(instance.pid))) {
        storedServers.insert(instance.pid)
      }
    }
    if hasYoung { storeServersLater() }
  }

  /// A server has ended, or is nobody's any more.
  func forgetStored(_ pid: Int32) {
    if storedServers.remove(pid) { told(notifier.removeFromStore(name: StoredServers.name(pid))) }
  }
}
