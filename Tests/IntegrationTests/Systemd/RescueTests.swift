import Foundation
import Synchronization
import Testing

/// SIGKILL at the worst moments: a connection that has been accepted is served by the next run, once.
@Suite(.enabled(if: FaultInjection.reasonUnavailable == nil, "\(FaultInjection.reasonUnavailable ?? "")"))
struct RescueTests {
  /// A moment between two system calls of a start, as strace names the one that does not come to pass.
  struct Moment: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let call: String
    let isRescued: Bool
  }

  static let moments = [
    Moment(testDescription: "nothing has been accepted", call: "accept4", isRescued: false),
    Moment(testDescription: "accepted, and judged", call: "getsockname", isRescued: true),
    Moment(testDescription: "just before the server", call: "clone", isRescued: true),
    Moment(testDescription: "the server runs, and its descriptor is still here", call: "write", isRescued: false),
  ]

  /// A daemon under a manager that keeps what it is given.
  private func start(_ build: DaemonBuild) throws -> (setup: ProbeServices, held: Service, store: DescriptorStore) {
    let setup = try ProbeServices(build)
    let store = DescriptorStore()
    let held = try setup.service("held", "hold")
    try setup.start([held], store: store)
    return (setup, held, store)
  }

  @Test(arguments: DaemonBuild.present, moments)
  func aConnectionIsServedOnce(_ build: DaemonBuild, _ moment: Moment) throws {
    let setup = try ProbeServices(build)
    let store = DescriptorStore()
    let held = try setup.service("held", "hold", keys: [("log_on_success", "PID HOST")])
    try setup.start([held], store: store)
    // One that was there before stays what it was.
    let (earlier, earlierServer) = try setup.connectGreeted(held)
    try setup.synchronise()
    // Alone: the server makes such calls, too, and is to live.
    let injection = try FaultInjection(["\(moment.call):signal=KILL"], in: setup.daemon.pid, alone: true)
    let client = try setup.connect(held)
    #expect(try setup.daemon.process.wait() == .signalled(SIGKILL))
    injection.end()
    try setup.startAgain(store: store)
    let server = try client.receivePid()
    #expect(server != earlierServer)
    let word = "that the run before had accepted is served on"
    if moment.isRescued { try setup.daemon.log.wait(containing: word) }
    #expect(try setup.daemon.wasNotified("STATUS=2 services, 2 active"))
    let rescued = setup.daemon.log.lines.filter { $0.contains(word) }
    #expect(rescued.count == (moment.isRescued ? 1 : 0), "\(setup.daemon.log.text)")
    client.finishSending()
    earlier.finishSending()
    #expect(try setup.daemon.wasNotified("STATUS=2 services, 0 active"))
    // What came through is not kept any longer; the new run has a way of its own.
    #expect(store.names.filter { $0.hasPrefix("inetd/rescue.") }.count == 1)
  }

  /// A connection whose gate, or whose ident server, is still being asked is nobody's yet.
  @Test(.enabled(if: Ports.mayUseWellKnown, "needs port 113"), arguments: DaemonBuild.present)
  func whoIsBeingJudgedIsJudgedAgain(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let store = DescriptorStore()
    let held = try setup.service("held", "hold", keys: [("flags", "IDONLY"), ("bind", "127.0.0.1")])
    let address = Ports.loopbackAddress()
    // Whom the first run asks never answers.
    let isSecond = Mutex(false)
    let asked = Mutex(0)
    let identd = try TestServer(address, 113) { client in
      let question = try client.receiveLine().trimmingCharacters(in: .whitespacesAndNewlines)
      let answers = isSecond.withLock { $0 }
      asked.withLock { $0 += 1 }
      if answers { try client.send("\(question) : USERID : UNIX : joe\r\n") }
      _ = try client.receiveToEnd()
    }
    try setup.start([held], store: store)
    let client = try setup.connect(held, from: address)
    try Deadline.poll("the ident server is asked") { asked.withLock { $0 } == 1 }
    try setup.synchronise()
    setup.daemon.process.send(SIGKILL)
    _ = try setup.daemon.process.wait()
    isSecond.withLock { $0 = true }
    try setup.startAgain(store: store)
    _ = try client.receivePid()
    #expect(identd.connections == 2)
    #expect(identd.errors == [])
  }

  /// A built-in that has no state but the next byte goes on where it was; nobody is told anything twice.
  @Test(arguments: DaemonBuild.present)
  func aBuiltinGoesOn(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let store = DescriptorStore()
    let held = try setup.service("held", "hold")
    let chargenPort = try Ports.free()
    try setup.scratch.write(
      "\(Daemon.directoryName)/chargen.conf",
      "service = chargen\ntype = INTERNAL\nport = \(chargenPort)\nprotocol = tcp\n")
    // The next run comes at once, while the rescuer may still have what was the daemon's: the lock of its pid file, too.
    let options = ["--pidfile", setup.scratch("pid")]
    try setup.start([held], options: options, store: store)
    let talking = try setup.connectEcho()
    try talking.send("before")
    #expect(try talking.receive(exactly: 6) == Array("before".utf8))
    let generating = try Client(.stream, "127.0.0.1", chargenPort)
    _ = try generating.receive(exactly: 74)
    try setup.synchronise()
    setup.daemon.process.send(SIGKILL)
    _ = try setup.daemon.process.wait()
    // Said while nobody is there.
    try talking.send("between")
    try setup.startAgain(options: options, store: store)
    #expect(try talking.receive(exactly: 7) == Array("between".utf8))
    try talking.send("after")
    #expect(try talking.receive(exactly: 5) == Array("after".utf8))
    // Chargen's place in its text is lost: it ends.
    _ = try? generating.receiveToEnd()
    talking.finishSending()
    #expect(try talking.receiveToEnd() == [])
  }

  /// Who was refused, and still hears why, is no conversation to go on with.
  @Test(arguments: DaemonBuild.present)
  func whoWasRefusedStaysOut(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let store = DescriptorStore()
    let held = try setup.service("held", "hold")
    let port = try Ports.free()
    try setup.scratch.write("banner", "no\n")
    try setup.scratch.write(
      "\(Daemon.directoryName)/closed.conf",
      "service = echo\ntype = INTERNAL\nport = \(port)\nprotocol = tcp\nno_access = 127.0.0.1\n"
        + "banner_fail = \(setup.scratch("banner"))\n")
    try setup.start([held], store: store)
    let refused = try Client(.stream, "127.0.0.1", port)
    #expect(try refused.receiveLine() == "no")
    try setup.synchronise()
    setup.daemon.process.send(SIGKILL)
    _ = try setup.daemon.process.wait()
    try setup.startAgain(store: store)
    _ = try setup.connectGreeted(held)
    try? refused.send("let me in")
    #expect(((try? refused.receiveToEnd()) ?? []) == [])
  }

  /// What a built-in had read and not answered is lost with it: the conversation ends, rather than going on with a hole.
  @Test(arguments: DaemonBuild.present)
  func aConversationInMidSentenceEnds(_ build: DaemonBuild) throws {
    let (setup, held, store) = try start(build)
    let talking = try setup.connectEcho()
    try talking.send("before")
    #expect(try talking.receive(exactly: 6) == Array("before".utf8))
    try setup.synchronise()
    let injection = try FaultInjection(["sendto:signal=KILL"], in: setup.daemon.pid)
    try talking.send("lost")
    #expect(try setup.daemon.process.wait() == .signalled(SIGKILL))
    injection.end()
    #expect(talking.isClosedSilently())
    try setup.startAgain(store: store)
    _ = try setup.connectGreeted(held)
    #expect(!setup.daemon.log.text.contains("had accepted"))
  }

  /// The rescuer costs next to nothing, hears nothing, and goes with the daemon.
  @Test(arguments: DaemonBuild.present)
  func theRescuerIsSmallAndGoesAlong(_ build: DaemonBuild) throws {
    let (setup, held, store) = try start(build)
    let first = try setup.daemon.rescuer()
    // Signals for everybody in the control group, as by `systemctl kill`, are not for it.
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT] { kill(first, signal) }
    _ = try setup.connectGreeted(held)
    #expect(ProcessFacts.exists(first))
    // Some pages of a stack; all else is the daemon's, or given back.
    let pages = (ProcessFacts.read("/proc/\(first)/smaps_rollup") ?? "").split(separator: "\n")
    let dirty = try #require(pages.first { $0.hasPrefix("Private_Dirty:") }).split(separator: " ")[1]
    if build == .embedded { #expect(try #require(Int(dirty)) < 64) }
    // Executing the program anew brings one of its own.
    try setup.daemon.reexecute()
    #expect(!ProcessFacts.exists(first))
    let second = try setup.daemon.rescuer()
    #expect(store.names.filter { $0.hasPrefix("inetd/rescue.") }.count == 1)
    _ = try setup.daemon.stop()
    #expect(!ProcessFacts.exists(second))
    try Deadline.poll("its socket is not kept: \(store.names)") {
      store.names.allSatisfy { !$0.hasPrefix("inetd/rescue.") }
    }
  }

  /// One that somebody has killed is replaced.
  @Test(arguments: DaemonBuild.present)
  func aKilledRescuerHasASuccessor(_ build: DaemonBuild) throws {
    let (setup, held, _) = try start(build)
    let first = try setup.daemon.rescuer()
    // Time itself: one that ends within its first second is not started again.
    usleep(1_100_000)
    kill(first, SIGKILL)
    try Deadline.poll("a successor") { setup.daemon.rescuers.contains { $0 != first } }
    _ = try setup.connectGreeted(held)
  }

  /// Nobody to keep anything: no rescuer either.
  @Test(arguments: DaemonBuild.present)
  func withoutAStoreThereIsNone(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let held = try setup.service("held", "hold")
    try setup.start([held])
    let (client, server) = try setup.connectGreeted(held)
    #expect(ProcessFacts.children(of: setup.daemon.pid) == [server])
    withExtendedLifetime(client) {}
  }
}
