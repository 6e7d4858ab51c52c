import Foundation

/// How much of the machine others use while something is measured. A sample that they disturb is taken again.
struct Disturbance {
  /// Processors that others may use: a disturbed sample says more about them than about the server.
  private static let most = 0.12
  private static let attempts = 4

  private let others: Double
  private let began = ContinuousClock.now

  /// `family` is the server under measurement; the load is a child of ours.
  private init(_ server: RunningServer) { others = Self.othersTime(server) }

  /// Processors that others have kept busy since the beginning.
  private func share(_ server: RunningServer) -> Double {
    (Self.othersTime(server) - others) / ((ContinuousClock.now - began) / .seconds(1))
  }

  /// Takes a sample until it is undisturbed, a few times at most; the least disturbed one counts.
  static func undisturbed<Sample>(_ server: RunningServer, _ sample: () throws -> Sample) throws -> Sample {
    var best: (share: Double, sample: Sample)?
    for attempt in 0..<attempts {
      if attempt > 0 { pause(0.5) }
      let disturbance = Disturbance(server)
      let taken = try sample()
      let share = disturbance.share(server)
      if best.map({ share < $0.share }) ?? true { best = (share, taken) }
      if share <= most { break }
    }
    return best!.sample
  }

  /// Seconds of CPU that everybody has used apart from the server, its children, and us with our children.
  private static func othersTime(_ server: RunningServer) -> Double {
    let line = read("/proc/stat").split(separator: "\n").first ?? ""
    // user nice system idle iowait irq softirq: the interrupts belong to the traffic that is measured.
    let all = line.split(separator: " ").dropFirst().prefix(3).compactMap { Double($0) }.reduce(0, +)
    return (all - ticks(server.pid) - ticks(getpid())) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// CPU of a process and of its children that have ended, in ticks.
  private static func ticks(_ pid: pid_t) -> Double {
    let fields = read("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 14 ? fields[11...14].compactMap { Double($0) }.reduce(0, +) : 0
  }

  private static func read(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
