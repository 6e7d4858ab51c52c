import Foundation
import Testing

/// `redirect`: connections that are passed on, without a process.
@Suite struct RedirectTests {
  /// A daemon that redirects one port.
  private final class Setup {
    let scratch: Scratch
    let port: UInt16
    let daemon: Daemon

    init(
      _ build: DaemonBuild, to target: String, keys: String = "", syntax: Syntax = .flat, prefix: [String] = [],
      prepare: (Scratch) throws -> [String] = { _ in [] }
    ) throws {
      scratch = try Scratch()
      port = try Ports.free()
      let keys = "log_on_success = HOST DURATION EXIT TRAFFIC\n\(keys)\n"
      switch syntax {
      case .xinetd:
        try scratch.write(
          "\(Daemon.directoryName)/relay",
          """
          service relay
          {
            type = UNLISTED
            port = \(port)
            socket_type = stream
            protocol = tcp
            wait = no
            user = nobody
            redirect = \(target)
            \(keys)
          }

          """)
      default:
        try scratch.write(
          "\(Daemon.directoryName)/relay.conf", "port = \(port)\nprotocol = tcp\nredirect = \(target)\n\(keys)")
      }
      daemon = try Daemon(build, in: scratch, prefix: try prepare(scratch))
    }

    func connect(_ host: String = "127.0.0.1") throws -> Client { try Client(.stream, host, port) }
  }

  /// Bytes that no shift or loss leaves as they were.
  private static func noise(_ count: Int) -> [UInt8] {
    var state: UInt32 = 12345
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }

  @Test(arguments: DaemonBuild.present, [Syntax.xinetd, .flat])
  func passesOnBothWaysAndCounts(_ build: DaemonBuild, _ syntax: Syntax) throws {
    let sent = Self.noise(3_000_017)
    let answer = Self.noise(2_000_003)
    let received = ErrorBox()
    let target = try TestServer("127.0.0.1") { client in
      received.run {
        // Both directions at once: neither side can wait for the other to be done.
        let sender = ErrorBox()
        Thread.detachNewThread {
          sender.run {
            try client.send(answer)
            client.finishSending()
          }
        }
        guard try client.receiveToEnd() == sent else { throw Failure("the target got something else") }
        try sender.wait()
      }
    }
    let setup = try Setup(build, to: "127.0.0.1 \(target.port)", syntax: syntax)
    let client = try setup.connect()
    let sender = ErrorBox()
    Thread.detachNewThread {
      sender.run {
        try client.send(sent)
        client.finishSending()
      }
    }
    let got = try client.receiveToEnd()
    #expect(got == answer)
    try sender.wait()
    try received.wait()
    let line = try setup.daemon.log.wait(containing: "TRAFFIC: relay")
    #expect(line.hasSuffix("TRAFFIC: relay in=3000017(bytes) out=2000003(bytes)"), "\(line)")
    try setup.daemon.log.wait(containing: "EXIT: relay status=0 duration=")
    #expect(setup.daemon.servers == [])
  }

  /// Who has said everything may still listen: the end is passed on alone.
  @Test(arguments: DaemonBuild.present)
  func passesOnHalfCloses(_ build: DaemonBuild) throws {
    let target = try TestServer("127.0.0.1") { client in
      let question = try client.receiveToEnd()
      try client.send(question.reversed())
    }
    let setup = try Setup(build, to: "127.0.0.1 \(target.port)")
    let client = try setup.connect()
    try client.send("abc")
    client.finishSending()
    #expect(try client.receiveText() == "cba")

    let eager = try TestServer("127.0.0.1") { client in
      try client.send("I say it first")
      client.finishSending()
      guard try client.receiveText() == "and I later" else { throw Failure("not what the client said later") }
    }
    let second = try Setup(build, to: "127.0.0.1 \(eager.port)")
    let late = try second.connect()
    #expect(try late.receiveText() == "I say it first")
    try late.send("and I later")
    late.finishSending()
    try second.daemon.log.wait(containing: "TRAFFIC: relay in=11(bytes) out=14(bytes)")
    #expect(eager.errors == [])
  }

  /// From either family to either, and to a unix socket.
  @Test(arguments: DaemonBuild.present)
  func crossesFamilies(_ build: DaemonBuild) throws {
    let greet: @Sendable (Client) throws -> Void = { try $0.send("hello\n") }
    let scratch = try Scratch()
    var targets = [(try TestServer("127.0.0.1", serve: greet), "127.0.0.1")]
    if Ports.loopbacks.contains("::1") { targets.append((try TestServer("::1", serve: greet), "::1")) }
    targets.append((try TestServer(unix: scratch("target"), serve: greet), scratch("target")))
    for (server, host) in targets {
      let setup = try Setup(build, to: server.port == 0 ? host : "\(host) \(server.port)")
      for loopback in Ports.loopbacks {
        #expect(try setup.connect(loopback).receiveText() == "hello\n", "\(loopback) to \(host)")
      }
    }
  }

  /// A target that answers without hearing all of the question: what it said still arrives.
  @Test(arguments: DaemonBuild.present)
  func deliversWhatWasSaidBeforeTheEnd(_ build: DaemonBuild) throws {
    let answer = Self.noise(60_000)
    let target = try TestServer("127.0.0.1") { client in
      _ = try client.receive(1)
      try client.send(answer)
      client.finishSending()
      // Not read: closing resets the connection when the client's next bytes arrive.
      usleep(1000)
    }
    let setup = try Setup(build, to: "127.0.0.1 \(target.port)")
    for _ in 0..<5 {
      let client = try setup.connect()
      try client.send("x")
      #expect(try client.receive(exactly: answer.count) == answer)
    }
  }

  /// A client that is gone does not leave its target waiting, nor the daemon a descriptor.
  @Test(arguments: DaemonBuild.present)
  func endsWithWhoResets(_ build: DaemonBuild) throws {
    let ended = DispatchSemaphore(value: 0)
    let target = try TestServer("127.0.0.1") { client in
      try client.send("ready\n")
      while client.receiveEnds() == false {}
      ended.signal()
    }
    let setup = try Setup(build, to: "127.0.0.1 \(target.port)")
    let before = ProcessFacts.descriptors(of: setup.daemon.pid).count
    for _ in 0..<4 {
      let client = try setup.connect()
      #expect(try client.receiveLine() == "ready")
      client.reset()
      #expect(ended.wait(timeout: .now() + Deadline.usual) == .success)
    }
    try setup.daemon.log.wait(for: "ends", count: 4) { $0.contains("EXIT: relay") }
    try Deadline.poll("\(before) descriptors, now \(ProcessFacts.descriptors(of: setup.daemon.pid))") {
      ProcessFacts.descriptors(of: setup.daemon.pid).count <= before
    }
  }

  /// Urgent bytes (RFC 6093) are bytes like others: splice(2) stops at one for ever, which must not become a busy loop.
  @Test(arguments: DaemonBuild.present)
  func survivesUrgentBytes(_ build: DaemonBuild) throws {
    let target = try TestServer("127.0.0.1") { client in
      let text = try client.receiveToEnd()
      try client.send("\(text.count)\n")
    }
    let setup = try Setup(build, to: "127.0.0.1 \(target.port)")
    let client = try setup.connect()
    // Enough to make the daemon splice, then an urgent byte that is all there is.
    try client.send([UInt8](repeating: 1, count: 200_000))
    for _ in 0..<3 {
      try client.sendUrgent(7)
      usleep(50_000)
    }
    let before = ProcessFacts.processorTime(of: setup.daemon.pid)
    usleep(300_000)
    let spent = ProcessFacts.processorTime(of: setup.daemon.pid) - before
    #expect(spent < 0.1, "\(spent) s of processor time while nothing happens")
    client.finishSending()
    #expect(try client.receiveLine() == "200003")
  }

  /// A reader that does not read costs a bounded amount, and no processor time.
  @Test(arguments: DaemonBuild.present)
  func aSlowReaderCostsNothing(_ build: DaemonBuild) throws {
    let target = try TestServer("127.0.0.1") { client in
      let chunk = [UInt8](repeating: 3, count: 1 << 16)
      while true { try client.send(chunk) }
    }
    let setup = try Setup(build, to: "127.0.0.1 \(target.port)")
    let client = try setup.connect()
    _ = try client.receive(exactly: 1 << 20)
    // Small writes into what is full must not be tried over and over.
    try Deadline.poll("the daemon rests") {
      let before = ProcessFacts.processorTime(of: setup.daemon.pid)
      usleep(200_000)
      return ProcessFacts.processorTime(of: setup.daemon.pid) - before < 0.05
    }
    #expect(try setup.connect().receive(exactly: 1 << 16).count == 1 << 16, "others are served")
    withExtendedLifetime(client) {}
  }

  @Test(arguments: DaemonBuild.present)
  func saysWhyNobodyAnswers(_ build: DaemonBuild) throws {
    let port = try Ports.free()
    let setup = try Setup(build, to: "127.0.0.1 \(port)", keys: "instances = 1\noverflow = refuse")
    for turn in 1...3 {
      #expect(try setup.connect().isClosedSilently())
      try setup.daemon.log.wait(for: "errors", count: turn) {
        $0.contains("relay: connect to redirect target: Connection refused") || $0.contains("127.0.0.1:\(port)")
      }
    }
  }

  /// A name is looked up beside the loop, and again when its address does not answer any more.
  @Test(.enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present)
  func looksANameUpAgain(_ build: DaemonBuild) throws {
    let addresses = [Ports.loopbackAddress(), Ports.loopbackAddress()]
    let port = try Ports.free()
    var first: TestServer? = try TestServer(addresses[0], port) { try $0.send("first\n") }
    let second = try TestServer(addresses[1], port) { try $0.send("second\n") }
    let scratch = try Scratch()
    let etc = try OwnEtc(scratch)
    try etc.write("hosts", "127.0.0.1 localhost\n\(addresses[0]) target.test\n")
    let setup = try Setup(build, to: "target.test \(port)", prepare: { _ in etc.prefix })
    #expect(try setup.connect().receiveText() == "first\n")
    #expect(try setup.connect().receiveText() == "first\n")
    #expect(first?.connections == 2)
    first = nil
    try etc.write("hosts", "127.0.0.1 localhost\n\(addresses[1]) target.test\n")
    try Deadline.poll("the name leads elsewhere") {
      try Client(.stream, "127.0.0.1", setup.port).receiveText() == "second\n"
    }
    withExtendedLifetime(second) {}
  }

  @Test(.enabled(if: OwnEtc.isPossible, "needs a mount name space"), arguments: DaemonBuild.present)
  func aNameThatIsUnknownIsAnError(_ build: DaemonBuild) throws {
    let scratch = try Scratch()
    let etc = try OwnEtc(scratch)
    let setup = try Setup(build, to: "nowhere.test 80", prepare: { _ in etc.prefix })
    #expect(try setup.connect().isClosedSilently())
    try setup.daemon.log.wait(containing: "nowhere.test")
  }
}

extension Client {
  /// Ends the connection with a reset.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    // The descriptor itself is closed with this object: another one takes its place.
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(null, descriptor)
    close(null)
  }

  func sendUrgent(_ byte: UInt8) throws {
    guard [byte].withUnsafeBytes({ Glibc.send(descriptor, $0.baseAddress, 1, Int32(MSG_OOB)) }) == 1 else {
      throw Failure("send urgent: \(errorText())")
    }
  }

  /// Whether the peer has ended or reset the connection; false when a byte came.
  func receiveEnds() -> Bool {
    guard let bytes = try? receive(1) else { return true }
    return bytes.isEmpty
  }
}
