import AdmissionControl
import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses
import ProcessSpawning
import ServiceModel
import ServiceResolution
import SystemdIntegration

/// The Internet super-server: one loop that owns every listening socket and starts the right program when somebody
/// connects.
package final class SuperServer {
  let settings: ServerSettings
  package let loop: EventLoop
  let spawner: Spawner
  package let log: ServerLog
  let notifier: ServiceManagerNotifier
  let datagramBuiltins = DatagramBuiltins()
  let datagrams = DatagramRelay()
  let widePipes = WidePipes()
  let libwrapRules = LibwrapRules()
  let idleMemory: IdleMemory
  private(set) lazy var registrar = RPCRegistrar(self)
  let sessions: SessionSweep
  /// Our part of the control group tree; opened for the first service that has bounds.
  var controlGroups: ControlGroups?
  var controlGroupTimer: ActionTimer?
  private(set) lazy var cellKeepers = CellKeepers(self)
  /// Asks the kernel about connections; opened for the first that has an idle_timeout.
  var diagnosis: SocketDiagnosis?
  var instances = InstanceTable()
  /// Sources that no service serves just now.
  var denied = DenyList()
  /// Gates that have not said yet whether their peers may enter.
  var verdicts: [ObjectIdentifier: GateVerdict] = [:]
  /// Connections that are being ended politely now.
  var politeEnds = 0
  /// Peers that are being identified now.
  var identLookups = 0
  /// All services by id, and their ids in configuration order.
  var services: [String: ServiceRuntime] = [:]
  var order: [String] = []
  /// The errors because of which services run on as they were, by id.
  var staleFindings: [String: [String]] = [:]
  /// Services that the files switch off.
  var disabled: [DisabledService] = []
  /// What was open when this process began, until it has found its services.
  var inheritance: Inheritance
  var inherited = InheritedSockets([])
  var survivors: [Survivor] = []
  /// Servers of an earlier run.
  var watches: [Int32: ProcessWatch] = [:]
  /// Running servers for the next run; nil where nobody keeps it.
  var ledger: InstanceLedger?
  var ledgerIsStored = false
  var storedServers = StoredServers()
  /// Holds on to fresh connections should we be killed; nil where nobody could take them.
  private(set) var rescuer: ConnectionRescuer?
  /// Where connections of killed runs come from.
  var rescues: [RescuedConnections] = []
  /// Asks whether the service manager keeps what it was given; nil while nobody asks.
  var storeTrial: StoreTrial?
  /// Something has been stored since that was last asked.
  var storeIsUntried = false
  /// The last answer: not everything is kept.
  var storeIsFull = false
  var storeComplaintIsLogged = false
  /// Called in a copy of the process: what the executable holds for the daemon is let go, such as the pid file's lock.
  package var released: (() -> Void)?
  /// Kept open during a re-execution.
  var handoverLedger: InstanceLedger?
  let keepsDescriptors: Bool
  let invocation: Invocation
  var notifierHasFailed = false
  var watchdogTimer: ActionTimer?
  var statusTimer: ActionTimer?
  var lastStatus = ""
  /// Services that hold back until any server ends.
  private var waitingForProcess: [ServiceRuntime] = []
  /// Kept open so that it can be given up when no descriptor is left.
  private var reserve: FileDescriptor?
  private var refusalTimer: ActionTimer?
  private(set) var isStopping = false
  /// When the service manager was last asked for more time.
  var timeAskedAt: MonotonicTime?
  /// Few, and asked for with every datagram.
  private var datagramBuiltinPorts: [UInt16] = []
  private var quoteNumber = 0
  /// Until when a reload waits for somebody who writes the classic file; nil when none waits.
  var writerDeadline: MonotonicTime?
  var writerTimer: ActionTimer?
  private(set) var control: ControlListener?
  /// Times the configuration was read again, and the errors it held the last time.
  var reloadCount = 0
  /// How long events had to wait for those before them.
  var loopLag = Histogram.loopLag
  var configurationErrors = 0
  private var quotes: QuoteFile?

  /// One buffer through which all built-in connections pass their input.
  private(set) lazy var scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)
  /// Chargen's text; made for its first connection.
  private(set) lazy var chargenFile = ChargenFile()

  /// Filters of system calls for sandboxes, made for the first service that has one.
  private(set) lazy var systemCallFilters = SystemCallFilters(gatePath: ServiceRuntime.gatePath) {
    [unowned(unsafe) self] error in
    log.systemFailure(error, consequence: "services with these system_calls serve nobody")
  }

  /// Blocks the signals and prepares the loop; opens no sockets yet.
  @export(interface) package init(
    settings: ServerSettings, log: ServerLog, notifier: ServiceManagerNotifier, invocation: Invocation,
    inheritance: Inheritance = Inheritance()
  ) throws(SystemError) {
    self.settings = settings
    self.invocation = invocation
    self.inheritance = inheritance
    keepsDescriptors = SuperServer.keepsDescriptors(notifier)
    self.log = log
    self.notifier = notifier
    SignalSet.daemon.block()
    loop = try EventLoop()
    idleMemory = IdleMemory(loop)
    sessions = SessionSweep(loop)
    // Before the spawner looks: servers get the default back for what is ignored when it is made.
    CurrentProcess.ignoreSignal(SIGPIPE)
    spawner = try Spawner()
    reserve = try FileDescriptor.open("/dev/null")
    awaitManagersRoom()
  }

  /// Live servers.
  package var liveCount: Int { instances.count }

  /// Whether `--process-limit` is reached.
  var isAtProcessLimit: Bool { settings.processLimit.map { instances.count >= $0 } ?? false }

  /// Serves until a signal ends it.
  @export(interface) package func run() throws(SystemError) {
    try watchSignals()
    startRescuer()
    takeRescued()
    openControlSocket()
    log.ready(services: services.count, listeners: listenerCount)
    notifyReady()
    startWatchdog()
    // By now the parsers and everything else that only a start needs have done their work.
    loop.beforeSleep { CurrentProcess.releaseMemory() }
    loop.batchEnded = { [unowned(unsafe) self] in
      loopLag.add(microseconds: (MonotonicTime.now - loop.now).nanoseconds / 1000)
    }
    try loop.run()
    endRescuer()
  }

  func startRescuer() { rescuer = ConnectionRescuer.start(for: self) }

  /// Before this process lets go of its descriptors by itself.
  func endRescuer() { rescuer.take()?.end(for: self) }

  /// A child has been reaped. Returns whether it was the rescuer, which has a successor then.
  func rescuerEnded(_ pid: Int32) -> Bool {
    guard let rescuer, rescuer.pid == pid else { return false }
    self.rescuer = rescuer.ended(for: self)
    return true
  }

  var listenerCount: Int {
    services.values.reduce(0) { sum, service in sum + service.listeners.filter { $0.descriptor != nil }.count }
  }

  /// Ends the loop: sockets and their files go, live servers stay.
  func stop(signal: String) {
    if isStopping {
      log.stoppingAtOnce(signal: signal, conversations: conversationCount, registrations: registrar.leavingCount)
      return loop.stop()
    }
    isStopping = true
    told(notifier.stopping())
    askForTime(again: true)
    log.stopping(signal: signal, live: instances.count)
    for id in order { services[id].map(close) }
    control?.close()
    finishConversations { [unowned(unsafe) self] in
      registrar.withdraw { [unowned(unsafe) self] in loop.stop() }
    }
  }

  /// A daemon that cannot be asked still serves: the failure is only logged.
  private func openControlSocket() {
    let path = settings.controlPath
    do throws(SystemError) {
      if let inherited = inheritance.control.take() {
        control = try ControlListener.adopt(inherited, at: path, for: self)
      }
      if let path, control == nil { control = try ControlListener.open(path, for: self) }
    } catch {
      log.systemFailure(error, consequence: "inetctl cannot reach this daemon")
    }
  }

  /// In a copy of the process: what only the daemon itself may hold.
  func letGoInCopy() {
    control = nil
    reserve = nil
    ledger = nil
    handoverLedger = nil
    watches = [:]
    verdicts = [:]
    storeTrial = nil
    released?()
  }

  private func close(_ service: ServiceRuntime) {
    service.retire()
    // What the service manager keeps for the next run must stay reachable.
    for listener in service.listeners { listener.close(in: loop, unlink: listener.keptName == nil) }
  }

  /// What judgements may depend on, as of now.
  var surroundings: Surroundings {
    let time = WallClock.now.local
    return Surroundings(minuteOfDay: time.hour * 60 + time.minute, load: CurrentProcess.loadAverageHundredths)
  }

  func nextQuote() -> [UInt8] {
    let file = quotes ?? QuoteFile.load()
    quotes = file
    quoteNumber &+= 1
    return file.quote(quoteNumber)
  }

  /// Forgets what was read from files other than the configuration.
  func forgetFiles() { quotes = nil }
}

// Readiness and state for the service manager.
extension SuperServer {
  func notifyReady() {
    lastStatus = statusLine
    told(notifier.ready(status: lastStatus))
  }

  func notifyStatus() { told(notifier.status(statusLine)) }
}

// What concerns all services at once.
extension SuperServer {
  /// Lets a service go on when any server ends.
  func waitForProcess(_ service: ServiceRuntime) {
    service.hold(.processLimit)
    waitingForProcess.append(service)
  }

  func releaseProcessWaiters() {
    guard !waitingForProcess.isEmpty, !isAtProcessLimit else { return }
    let waiting = waitingForProcess
    waitingForProcess = []
    for service in waiting { service.release(.processLimit) }
  }

  /// No descriptor is left: gives up the reserve to take one connection out of the queue and close it, so that its peer
  /// learns at once that nobody will serve it.
  func refuseWithReserve(_ listener: Listener) {
    guard let socket = listener.descriptor else { return }
    reserve = nil
    var peer = SocketAddress()
    if case .connection(let connection) = socket.accept(nonblocking: true, peer: &peer) {
      _ = consume connection
      listener.service.countRefusal(.fork, peer: peer)
    }
    reserve = try? FileDescriptor.open("/dev/null")
  }

  /// Reports refusals that were not logged, a little later, all at once.
  func scheduleRefusalSums() {
    let timer =
      refusalTimer ?? ActionTimer { [unowned(unsafe) self] in for id in order { services[id]?.flushRefusals() } }
    refusalTimer = timer
    if !timer.isScheduled { loop.schedule(timer, after: .seconds(10)) }
  }

  /// Whether one of our own datagram built-ins listens at this port: answering it could go on for ever.
  func isDatagramBuiltinPort(_ port: UInt16) -> Bool { datagramBuiltinPorts.contains(port) }

  /// To be called when services have changed.
  func collectDatagramBuiltinPorts() {
    datagramBuiltinPorts.removeAll()
    for service in services.values {
      guard case .datagramBuiltin = service.handler else { continue }
      for listener in service.listeners {
        if let port = listener.plan.endpoint.port, !datagramBuiltinPorts.contains(port) {
          datagramBuiltinPorts.append(port)
        }
      }
    }
  }

  /// Opens a listener that could not be opened, or has failed, again and again until it is there.
  func open(_ listener: Listener) {
    let service = listener.service
    let address = listener.plan.endpoint.description
    let hadFailed = listener.bindError != nil
    if let error = listener.open() {
      if listener.isMissingOptionalFamily { return }
      let delay = listener.scheduleOpen(in: loop) { [unowned(unsafe) self, unowned(unsafe) listener] in open(listener) }
      log.cannotListen(service.definition, at: service.listenPlace, on: address, error, retryIn: delay)
      // A socket that was there may have gone.
      statusChanged()
      return
    }
    if hadFailed { log.listening(service.definition, on: address) }
    keep(listener)
    if service.definition.rpc != nil { registrar.socketsChanged() }
    statusChanged()
    service.updateWatching()
  }

  /// The socket itself has failed: a new one takes its place.
  func reopen(_ listener: Listener, after error: SystemError) {
    log.listenerFailed(listener.service.definition, on: listener.plan.endpoint.description, error)
    forget(listener)
    listener.close(in: loop, unlink: true)
    open(listener)
  }
}

extension SystemError {
  /// The host does not speak this family at all (no IPv6).
  var isMissingFamily: Bool { errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT || errno == EADDRNOTAVAIL }
}
