import Foundation
import Synchronization
import Testing

enum Soak {
  static let seconds = Double(ProcessInfo.processInfo.environment["INETD_SOAK_SECONDS"] ?? "") ?? 0
}

/// Everything at once for as long as INETD_SOAK_SECONDS says (Tests/Soak/run).
@Suite(
  .enabled(if: Soak.seconds > 0, "run by Tests/Soak/run"), .enabled(if: getuid() == 0, "mounts a disk"))
struct SoakTests {
  /// What the clients and the storm have come to.
  private final class Score: Sendable {
    struct Counts {
      var conversations: [SoakSetup.Kept: Int] = [:]
      var lost: [String] = []
      var reloads = 0, reexecutions = 0, kills = 0, checks = 0
      var memory: [Int] = [], descriptors: [Int] = []
    }
    let counts = Mutex(Counts())
    let isOver = Atomic(false)
  }

  @Test(arguments: [DaemonBuild.present.last ?? .ordinary]) func everythingAtOnce(_ build: DaemonBuild) throws {
    let setup = try SoakSetup(build)
    let score = Score()
    let gate = Gate()
    for kept in SoakSetup.Kept.allCases { try setup.converse(kept) }
    nonisolated(unsafe) let shared = setup
    let clients = SoakSetup.Kept.allCases.map { kept in
      Worker {
        while !score.isOver.load(ordering: .relaxed) { Self.converse(shared, kept, score, gate) }
      }
    }
    let held = try (0..<20).map { _ in try setup.connect(.held) }
    for client in held { _ = try client.receivePid() }
    do {
      try storm(setup, score, gate, holding: held.count)
    } catch {
      let state = setup.daemon.process.isRunning ? "runs" : "has ended"
      throw Failure("\(error); the daemon \(state):\n\(setup.daemon.log.text.suffix(4000))")
    }
    score.isOver.store(true, ordering: .relaxed)
    for client in clients { client.join() }
    try check(setup, score, gate, holding: held.count)
    report(score)
    score.counts.withLock { #expect($0.lost == []) }
    for kept in SoakSetup.Kept.allCases {
      let state = try setup.status(kept == .multiplexed ? "multiplexed" : kept.rawValue)["state"]
      #expect(state == "serving", "\(kept)")
    }
    #expect(try setup.daemon.stop() == .exited(0))
  }

  private static func converse(_ setup: SoakSetup, _ kept: SoakSetup.Kept, _ score: Score, _ gate: Gate) {
    gate.enter(sharing: kept.isInLoop)
    defer { gate.leave(sharing: kept.isInLoop) }
    do {
      try setup.converse(kept)
      score.counts.withLock { $0.conversations[kept, default: 0] += 1 }
    } catch {
      score.counts.withLock { $0.lost.append("\(kept): \(error)") }
    }
  }

  /// Reloads every two seconds, kills in between, re-executions and an emptied disk now and then; a check each time.
  private func storm(_ setup: SoakSetup, _ score: Score, _ gate: Gate, holding: Int) throws {
    let deadline = Deadline(seconds: Soak.seconds)
    var next = ContinuousClock.now
    while !deadline.hasPassed {
      guard setup.daemon.process.isRunning else { throw Failure("the daemon has ended") }
      for _ in 0..<3 { try setup.edit() }
      try setup.daemon.reload()
      let turn = score.counts.withLock { counts in
        counts.reloads += 1
        return counts.reloads
      }
      if turn % 5 == 0 { try killOne(setup, score) }
      if turn % 7 == 0 {
        try gate.alone { try setup.daemon.reexecute() }
        score.counts.withLock { $0.reexecutions += 1 }
      }
      if turn % 10 == 0 { try setup.emptyLogs() }
      if turn % 3 == 0 { try check(setup, score, gate, holding: holding) }
      next += .seconds(2)
      try Deadline.poll("the next turn") { ContinuousClock.now >= next || deadline.hasPassed }
    }
  }

  /// A server that dies in the middle of a conversation takes nobody with it.
  private func killOne(_ setup: SoakSetup, _ score: Score) throws {
    let client = try setup.connect(.held)
    let server = try client.receivePid()
    kill(server, SIGKILL)
    guard client.isClosedSilently() else { throw Failure("a killed server's connection stays open") }
    score.counts.withLock {
      $0.kills += 1
      $0.conversations[.held, default: 0] += 1
    }
  }

  /// With the clients at rest: what the daemon believes is what /proc says, and what it holds is what it held.
  private func check(_ setup: SoakSetup, _ score: Score, _ gate: Gate, holding: Int) throws {
    try gate.quiet {
      // Wait servers have their own idea of when they end; all others end with their clients.
      try Deadline.poll("\(holding) servers of held: \((try? setup.status("held")) ?? [:])") {
        try setup.status("held")["active"] == "\(holding)"
      }
      let status = try setup.status("held")
      let pids = Set((status["pids"] ?? "").split(separator: " ").compactMap { pid_t($0) })
      let children = Set(ProcessFacts.children(of: setup.daemon.pid).filter(ProcessFacts.exists))
      #expect(pids.count == holding && pids.isSubset(of: children), "\(pids) of \(children)")
      for kept in SoakSetup.Kept.allCases where ![.accepting, .gram, .held].contains(kept) {
        try Deadline.poll("no server of \(kept)") { try setup.status(kept.rawValue)["active"] == "0" }
      }
      // Redirected conversations are the target's too.
      let served = score.counts.withLock { counts in
        counts.checks += 1
        counts.memory.append(ProcessFacts.residentKilobytes(of: setup.daemon.pid))
        counts.descriptors.append(ProcessFacts.descriptors(of: setup.daemon.pid).count)
        return (counts.conversations[.held] ?? 0) + (counts.conversations[.redirected] ?? 0)
      }
      let lost = score.counts.withLock { $0.lost.count }
      // Two of the first round, before the score; those held.
      #expect(Int(status["accepted"] ?? "") == served + lost + holding + 2, "accepted \(status) for \(served)")
    }
  }

  private func report(_ score: Score) {
    score.counts.withLock { counts in
      let all = counts.conversations.values.reduce(0, +)
      print("soak: \(Int(Soak.seconds)) s, \(all) conversations, \(counts.lost.count) lost")
      for (kept, count) in counts.conversations.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        print("soak:   \(kept.rawValue) \(count)")
      }
      print(
        "soak: \(counts.reloads) reloads with edits, \(counts.reexecutions) re-executions, \(counts.kills) servers killed"
      )
      let memory = counts.memory, descriptors = counts.descriptors
      print(
        "soak: \(counts.checks) checks; KB resident \(memory.first ?? 0) first, \(memory.max() ?? 0) most, \(memory.last ?? 0) last; descriptors \(descriptors.first ?? 0) first, \(descriptors.max() ?? 0) most, \(descriptors.last ?? 0) last"
      )
      for line in counts.lost.prefix(10) { print("soak: lost: \(line)") }
      // The edited services come and go: eight of them at the most, two sockets each.
      if let first = descriptors.first { #expect((descriptors.max() ?? 0) <= first + 40) }
      if let first = memory.first { #expect((memory.max() ?? 0) <= first + 6144) }
    }
  }
}
