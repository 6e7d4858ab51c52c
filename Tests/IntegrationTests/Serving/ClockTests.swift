import Foundation
import Testing

/// Limits count time as it passes, whatever somebody does to the clock.
@Suite struct ClockTests {
  static let preload = Checkout.product("libclock-step.so")

  /// The clock as a `time` service tells it, in seconds since 1900 (RFC 868).
  private func clock(_ port: UInt16) throws -> Int64 {
    try Client(.stream, "127.0.0.1", port).receiveToEnd().reduce(0) { $0 << 8 | Int64($1) }
  }

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: preload), "needs the clock-step library"),
    arguments: DaemonBuild.present, [86_400, -86_400])
  func stepsOfTheClockDoNotMoveLimits(_ build: DaemonBuild, _ step: Int64) throws {
    let setup = try ProbeServices(build)
    let ports = try [Ports.free(), Ports.free()]
    let place = Daemon.directoryName
    try setup.scratch.write("\(place)/time.conf", "type = INTERNAL\nport = \(ports[0])\nprotocol = tcp4\n")
    try setup.scratch.write(
      "\(place)/trap.conf",
      "service = discard\ntype = INTERNAL\nflags = SENSOR\nport = \(ports[1])\nprotocol = tcp4\ndeny_time = 30\n")
    let slow = try setup.service("slow", "hold", keys: [("source_rate", "2/1h")])
    let quick = try setup.service("quick", "hold", keys: [("rate", "2/2s")])
    try setup.scratch.write("step", "0")
    try setup.start([slow, quick], environment: ["LD_PRELOAD": Self.preload, "CLOCK_STEP": setup.scratch("step")])

    for _ in 0..<2 { _ = try setup.connectGreeted(slow) }
    for _ in 0..<2 { _ = try setup.connectGreeted(quick) }
    #expect(try setup.connect(slow).isClosedSilently())
    #expect(try Client(.stream, "127.0.0.1", ports[1], from: SocketName("127.0.0.2", 0)).isClosedSilently())
    #expect(try setup.connect(slow, from: "127.0.0.2").isClosedSilently())

    let before = try clock(ports[0])
    try setup.scratch.write("step", "\(step)")
    let moved = try clock(ports[0]) - before
    #expect(abs(moved - step) < 60, "the clock has moved by \(moved) s")

    // What was used up stays used up, who was locked out stays out, and what heals heals in its time.
    #expect(try setup.connect(slow).isClosedSilently())
    #expect(try setup.connect(slow, from: "127.0.0.2").isClosedSilently())
    _ = try setup.connectGreeted(slow, from: "127.0.0.3")
    _ = try setup.connectGreeted(quick)
    #expect(try setup.connect(slow).isClosedSilently())
  }
}
