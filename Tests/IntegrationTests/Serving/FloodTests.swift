import Foundation
import Testing

/// What a flood of strangers leaves behind: nothing.
@Suite struct FloodTests {
  /// 25,000 connections from 5,000 sources: each source is served once and refused four times, 20,000 refusals in all.
  @Test(arguments: DaemonBuild.present)
  func twentyThousandRefusalsLeaveNothingBehind(_ build: DaemonBuild) throws {
    let setup = try ProbeServices(build)
    let port = try Ports.free()
    try setup.scratch.write(
      "\(Daemon.directoryName)/flooded.conf",
      "service = daytime\ntype = INTERNAL\nport = \(port)\nprotocol = tcp4\nsource_rate = 1/1h\nper_source = 1\n")
    let held = try setup.service("held", "hold", keys: [("per_source", "2")])
    try setup.start([held])
    let witness = try setup.connectGreeted(held)
    // What the first connections need once is there before anything is measured.
    _ = try Client(.stream, "127.0.0.1", port).receiveToEnd()
    let pid = setup.daemon.pid
    let descriptors = ProcessFacts.descriptors(of: pid).count
    let before = try Self.residentKilobytes(pid)

    var served = 0
    for turn in 0..<5 {
      for source in 0..<5000 {
        let address = "127.\(20 + source / 2500).\(source / 250 % 10).\(source % 250 + 1)"
        let bytes = try Client(.stream, "127.0.0.1", port, from: SocketName(address, 0)).receiveToEnd()
        if !bytes.isEmpty {
          served += 1
          #expect(turn == 0)
        }
      }
    }
    #expect(served == 5000)
    try setup.synchronise()
    try Deadline.poll("\(descriptors) descriptors") { ProcessFacts.descriptors(of: pid).count == descriptors }
    // 5,000 sources in the table, and nothing for each of the 20,000 refusals.
    let grown = try Self.residentKilobytes(pid) - before
    #expect(grown < 4096, "\(grown) KB more than before")
    // Slots are as they were: one of two is free.
    let second = try setup.connectGreeted(held)
    #expect(try setup.connect(held).isClosedSilently())
    second.client.finishSending()
    witness.client.finishSending()
    let lines = setup.daemon.log.lines.filter { $0.contains("FAIL: flooded") }
    #expect(!lines.isEmpty && lines.count < 1500, "\(lines.count) lines")
  }

  private static func residentKilobytes(_ pid: pid_t) throws -> Int {
    let status = ProcessFacts.read("/proc/\(pid)/status") ?? ""
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let number = line.split(whereSeparator: \.isWhitespace).compactMap({ Int($0) }).first
    else { throw Failure("no VmRSS of \(pid)") }
    return number
  }
}
