import Foundation
import Testing

/// Servers that get the socket itself.
@Suite struct WaitTests {
  @Test(arguments: Variant.all)
  func aStreamServerAcceptsItsConnectionsItself(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    var service = try setup.service("acceptor", "accept", "3")
    service.wait = true
    try setup.start([service])
    #expect(setup.daemon.servers == [], "nothing runs before somebody comes")
    let first = try (0..<3).map { _ in try setup.connectGreeted(service).pid }
    #expect(Set(first).count == 1, "one server took all three")
    // It has ended; the daemon watches again.
    let second = try setup.connectGreeted(service).pid
    #expect(second != first[0])
  }

  @Test(arguments: Variant.all)
  func aDatagramServerStaysForItsCount(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    var service = try setup.service("answerer", "datagram", "2")
    service.wait = true
    service.socketType = "dgram"
    service.protocolName = "udp"
    try setup.start([service])
    let client = try Client(.datagram, "127.0.0.1", UInt16(service.port)!)
    var pids: [String] = []
    for text in ["one", "two", "three", "four"] {
      try client.send(text)
      let words = String(decoding: try client.receive(), as: UTF8.self).split(separator: " ")
      #expect(words.last == Substring(text))
      pids.append(String(words[0]))
    }
    #expect(pids[0] == pids[1])
    #expect(pids[2] == pids[3])
    #expect(pids[0] != pids[2])
  }

  /// One child a peer, on a socket connected to it, the first datagram queued.
  @Test(arguments: Variant.all)
  func datagramsWithoutWaitHaveAServerForEachPeer(_ variant: Variant) throws {
    let setup = try ProbeServices(variant)
    var service = try setup.service("answerer", "datagram", "2")
    service.socketType = "dgram"
    service.protocolName = "udp"
    try setup.start([service])
    let clients = try (0..<3).map { _ in try Client(.datagram, "127.0.0.1", UInt16(service.port)!) }
    var pids: [Set<Substring>] = clients.map { _ in [] }
    for turn in 0..<2 {
      for (index, client) in clients.enumerated() {
        try client.send("\(turn).\(index)")
        let answer = String(decoding: try client.receive(), as: UTF8.self).split(separator: " ")
        #expect(answer.last == "\(turn).\(index)")
        pids[index].insert(answer[0])
      }
    }
    #expect(pids.allSatisfy { $0.count == 1 }, "a peer keeps its server: \(pids)")
    #expect(Set(pids.flatMap { $0 }).count == 3, "\(pids)")
    try setup.daemon.waitForServersToEnd()
  }

  /// A server that dies without having looked at its socket is started again after a growing pause, not in a storm.
  @Test(arguments: DaemonBuild.present)
  func aServerThatFailsAtOnceIsHeldBack(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let count = setup.scratch("count")
    let script = try setup.scratch.script("failing", "echo x >>\(count)")
    var service = Service(id: "failing", port: "\(try Ports.free())", server: script)
    service.wait = true
    try setup.start([service])
    // From before the first start: however slow this machine is, the pauses lie between.
    let began = ContinuousClock.now
    let waiting = try setup.connect(service)
    func starts() -> Int { (ProcessFacts.read(count) ?? "").filter { $0 == "x" }.count }
    try Deadline.poll("four starts") { starts() >= 4 }
    // 0.1 s, 0.2 s, 0.4 s, ...: in the time of a handful a storm has hundreds.
    let passed = ContinuousClock.now - began
    #expect(passed > .milliseconds(650), "four starts in \(passed)")
    #expect(Double(starts()) < 4 + (ContinuousClock.now - began) / .milliseconds(800))
    try setup.synchronise()
    withExtendedLifetime(waiting) {}
  }
}
