import Foundation

/// What /proc says.
enum ProcessFacts {
  /// A zombie has ended; who should reap it is another question, see `isZombie`.
  static func exists(_ pid: pid_t) -> Bool { state(of: pid).map { $0 != "Z" } ?? false }

  static func isZombie(_ pid: pid_t) -> Bool { state(of: pid) == "Z" }

  /// The letter of proc(5): `T` is stopped. Nil where there is no such process.
  static func state(of pid: pid_t) -> Character? {
    guard let status = read("/proc/\(pid)/stat"), let end = status.lastIndex(of: ")") else { return nil }
    return status[end...].dropFirst(2).first
  }

  static func children(of pid: pid_t) -> [pid_t] {
    (read("/proc/\(pid)/task/\(pid)/children") ?? "").split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
  }

  /// CPU time in seconds, without that of children.
  static func processorTime(of pid: pid_t) -> Double {
    guard let status = read("/proc/\(pid)/stat"), let end = status.lastIndex(of: ")") else { return 0 }
    let fields = status[end...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Bytes of the process's own memory that are in core: no code, no mapped files.
  static func privateMemory(of pid: pid_t) -> Int {
    let pages = (read("/proc/\(pid)/statm") ?? "").split(separator: " ").compactMap { Int($0) }
    return pages.count > 2 ? (pages[1] - pages[2]) * sysconf(Int32(_SC_PAGESIZE)) : 0
  }

  /// Descriptor numbers of a process with what they are.
  static func descriptors(of pid: pid_t) -> [Int: String] {
    let directory = "/proc/\(pid)/fd"
    var found: [Int: String] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
      if let number = Int(name),
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "\(directory)/\(name)")
      {
        found[number] = target
      }
    }
    return found
  }

  /// The inodes of listening TCP (or bound UDP) sockets on `port` that `pid` holds.
  ///
  /// A table of /proc/net is no snapshot: the kernel writes it a page at a time and counts on from where it stopped, so
  /// that a socket is left out when others before it go away in between. What stays is in one of several readings.
  static func socketInodes(of pid: pid_t, port: UInt16, _ kind: Client.Kind = .stream) -> Set<String> {
    let held = Set(descriptors(of: pid).values)
    var inodes: Set<String> = []
    for table in kind == .stream ? ["tcp", "tcp6"] : ["udp", "udp6"] {
      for _ in 0..<5 {
        for line in (read("/proc/\(pid)/net/\(table)") ?? "").split(separator: "\n").dropFirst() {
          let fields = line.split(separator: " ")
          guard fields.count > 9, let local = fields[1].split(separator: ":").last, UInt16(local, radix: 16) == port,
            kind != .stream || fields[3] == "0A"
          else { continue }
          if held.contains("socket:[\(fields[9])]") { inodes.insert(String(fields[9])) }
        }
      }
    }
    return inodes
  }

  /// The whole file. Foundation's own readers end at the first short read, which for a file of /proc is the first page.
  static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
      bytes += buffer[..<count]
    }
  }
}
