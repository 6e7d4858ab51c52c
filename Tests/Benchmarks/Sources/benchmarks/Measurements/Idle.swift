import Foundation

func pause(_ seconds: Double) { usleep(UInt32(seconds * 1e6)) }

// What a server costs that does nothing.
extension Benchmark {
  mutating func measureIdle(_ contender: Contender) {
    guard let server = start(contender, .spawn) else { return }
    defer { server.end() }
    // Whatever a start leaves to do is over by then.
    pause(0.3)
    addMemory(of: server, contender, "idle, nobody has come yet")
    let sleeps = server.sleeps
    pause(1)
    results.add(server.sleeps - sleeps, "idle: wake-ups", unit: "1/s", contender.name)
    _ = try? load.connections("close", server.place, clients: 8, seconds: 0.3)
    pause(2.5)
    addMemory(of: server, contender, "idle, two quiet seconds after connections")
  }

  private mutating func addMemory(of server: RunningServer, _ contender: Contender, _ when: String) {
    for (line, name) in [("Pss", "Pss"), ("Private_Dirty", "private dirty")] {
      if let value = server.memory(line) { results.add(value, "\(when): \(name)", unit: "KB", contender.name) }
    }
  }

  /// How much each further service adds.
  mutating func measureGrowth(_ many: ManyServices) throws {
    for starter in many.starters {
      var memory: [Double] = []
      for count in [1, ManyServices.count] {
        let server = try many.start(starter, count)
        defer { server.program.end() }
        pause(1.5)
        memory.append(many.memory(server.program.pid))
      }
      let bytes = (memory[1] - memory[0]) * 1024 / Double(ManyServices.count - 1)
      results.add(bytes, "memory for each further service", unit: "bytes of Pss", starter.name)
    }
  }
}
