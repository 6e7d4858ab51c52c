import EventLoop
import LinuxSystem
import ProcessSpawning
import RegistrationProtocol
import ServiceModel

/// Keeps rpcbind's table in step with the listening sockets of RPC services. rpcbind is asked by a child process
/// (`inetd-rpc`), one at a time, because it may be slow, missing or stopped; what fails is tried again.
final class RPCRegistrar {
  /// How an entry stands, as far as the last answer told.
  enum Standing: Equatable {
    /// Not asked for yet.
    case fresh
    case registered
    /// Another server is in the table, at this address.
    case foreign(String)
    case failed(String)
  }

  struct Entry {
    let service: String
    let registration: RPCRegistration
    var standing = Standing.fresh {
      didSet { if standing == .registered { hasBeenOurs = true } }
    }
    /// Whoever is there instead has come later than we.
    private(set) var hasBeenOurs = false
  }

  /// How often rpcbind is asked whether it still knows us: one that has been restarted without its table says nothing.
  private static let checkInterval = TimeSpan.seconds(20)
  /// How long an exit waits for rpcbind.
  private static let farewell = TimeSpan.seconds(5)

  unowned(unsafe) private let server: SuperServer
  private(set) var entries: [Entry] = []
  /// Entered once and no longer wanted.
  private var leaving: [RPCRegistration] = []
  private var run: RegistrationRun?
  private var isCollecting = false
  private var checksAll = false
  private var retry = Backoff.binding
  private var timer: ActionTimer?
  private var farewellTimer: ActionTimer?
  private var whenEmpty: (() -> Void)?

  init(_ server: SuperServer) { self.server = server }

  /// Something about the sockets of an RPC service has changed; looked at when the loop has done what it is doing.
  /// `checksAll`: what is in rpcbind's table is looked at again, too.
  func socketsChanged(checksAll: Bool = false) {
    if checksAll { self.checksAll = true }
    guard !isCollecting else { return }
    isCollecting = true
    server.loop.afterBatch { [unowned(unsafe) self] in
      isCollecting = false
      if whenEmpty == nil { collect(server.wantedRegistrations()) }
    }
  }

  /// Whether a child is the one that talks to rpcbind for us.
  func isRunning(as pid: Int32) -> Bool { run?.pid == pid }

  /// A child was collected. Returns whether it was the registrar's.
  func ended(_ pid: Int32, _ outcome: SpawnOutcome) -> Bool {
    guard let run, run.pid == pid else { return false }
    run.ended(outcome)
    return true
  }

  /// Takes everything out of rpcbind's table, then calls `completion`: at once if nothing of ours is in it, and after
  /// some seconds in any case.
  func withdraw(completion: @escaping () -> Void) {
    collect([])
    if leaving.isEmpty && run == nil { return completion() }
    whenEmpty = completion
    let timer = ActionTimer { [unowned(unsafe) self] in
      server.log.rpcFarewellEnded(left: leavingCount)
      completion()
    }
    farewellTimer = timer
    server.loop.schedule(timer, after: RPCRegistrar.farewell)
  }

  /// Entries that are to go and, as far as is known, are still in rpcbind's table.
  var leavingCount: Int { leaving.count }

  private func collect(_ wanted: [Entry]) {
    let old = entries
    entries = wanted.map { entry in
      old.first { $0.registration == entry.registration && $0.service == entry.service } ?? entry
    }
    for entry in old where entry.standing != .fresh {
      if !entries.contains(where: { $0.registration == entry.registration }) { leaving.append(entry.registration) }
    }
    leaving.removeAll { left in entries.contains { $0.registration == left } }
    work()
  }

  /// What is to be done now, in the order it must be done: out before in, so that a program can change its port.
  private var steps: [RegistrationOrder.Step] {
    var steps = leaving.map { RegistrationOrder.Step(.unregister, $0) }
    for entry in entries {
      let isSettled =
        switch entry.standing {
        case .fresh, .failed: false
        case .registered, .foreign: true
        }
      if isSettled && !checksAll { continue }
      steps.append(RegistrationOrder.Step(entry.hasBeenOurs ? .confirm : .register, entry.registration))
    }
    return steps
  }

  private func work() {
    guard run == nil else { return }
    let steps = steps
    checksAll = false
    if steps.isEmpty { return rest() }
    do throws(SystemError) {
      run = try RegistrationRun.start(
        RegistrationOrder(steps), path: CompanionProgram.path("inetd-rpc"), with: server.spawner,
        in: server.loop
      ) { [unowned(unsafe) self] outcomes in finished(steps, outcomes) }
    } catch {
      finished(steps, Array(repeating: .failed(error.description), count: steps.count))
    }
  }

  private func finished(_ steps: [RegistrationOrder.Step], _ outcomes: [RegistrationOutcome]) {
    run = nil
    var failure: String?
    for (step, outcome) in zip(steps, outcomes) {
      if case .failed(let reason) = outcome { failure = reason }
      if step.verb == .unregister {
        left(step.registration, outcome)
      } else {
        entered(step, outcome)
      }
    }
    if failure != nil { return tryLater() }
    retry.succeed()
    work()
  }

  private func left(_ registration: RPCRegistration, _ outcome: RegistrationOutcome) {
    if case .failed(let reason) = outcome {
      if !retry.isActive { server.log.rpcNotRemoved(registration, reason: reason) }
      return
    }
    leaving.removeAll { $0 == registration }
    if outcome == .done { server.log.rpcRemoved(registration) }
  }

  private func entered(_ step: RegistrationOrder.Step, _ outcome: RegistrationOutcome) {
    // A reload in between may have taken the service away; then it is among those that leave.
    guard let index = entries.firstIndex(where: { $0.registration == step.registration }) else {
      if outcome != .unchanged { leaving.append(step.registration) }
      return
    }
    let before = entries[index].standing
    let entry = entries[index]
    switch outcome {
    case .done:
      entries[index].standing = .registered
      server.log.rpcRegistered(entry, again: before == .registered)
    case .unchanged:
      entries[index].standing = .registered
      if before != .registered { server.log.rpcRegistered(entry, again: false) }
    case .replaced(let address):
      entries[index].standing = .registered
      server.log.rpcReplaced(entry, address)
    case .foreign(let address):
      entries[index].standing = .foreign(address)
      if before != .foreign(address) { server.log.rpcForeign(entry, address) }
    case .failed(let reason):
      entries[index].standing = .failed(reason)
      if before != .failed(reason) { server.log.rpcNotRegistered(entry, reason: reason) }
    }
  }

  private func tryLater() {
    if let whenEmpty { return whenEmpty() }
    schedule(after: retry.fail())
  }

  /// All is as it should be; looks again in a while.
  private func rest() {
    if let whenEmpty { return whenEmpty() }
    if entries.isEmpty {
      if let timer { server.loop.cancel(timer) }
    } else {
      schedule(after: RPCRegistrar.checkInterval)
    }
  }

  private func schedule(after span: TimeSpan) {
    let timer =
      timer
      ?? ActionTimer { [unowned(unsafe) self] in
        checksAll = true
        work()
      }
    self.timer = timer
    server.loop.schedule(timer, after: span)
  }
}
