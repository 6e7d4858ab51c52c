import CLinux
import EventLoop
import LinuxSystem
import NetworkAddresses

/// One host name being looked up outside of the loop, which a slow name server must not hold up.
final class HostLookup: EventSource {
  /// More addresses than anyone tries.
  private static let mostAddresses = 16
  /// Seconds after which name servers are not waited for any longer, whatever patience resolv.conf asks for: connections
  /// wait for the answer.
  private static let patience: UInt32 = 5

  private let reader: FileDescriptor
  private let loop: EventLoop
  private let completion: ([IPAddress]) -> Void
  private var answer: [UInt8] = []

  private init(_ reader: consuming FileDescriptor, loop: EventLoop, completion: @escaping ([IPAddress]) -> Void) {
    self.reader = consume reader
    self.loop = loop
    self.completion = completion
    super.init()
  }

  /// Looks up a name; `completion` gets its addresses, none when it has none or cannot be looked up in time.
  static func start(
    _ name: String, in loop: EventLoop, completion: @escaping ([IPAddress]) -> Void
  ) throws(SystemError) {
    let task = try ForkedTask.start {
      // The resolver cannot be told to give up, but a process can be ended: SIGALRM does, unless it is blocked as in
      // the daemon or ignored as whoever started it wished.
      CurrentProcess.restoreDefaultSignal(SIGALRM)
      SignalSet().block()
      alarm(patience)
      let addresses = (try? NetworkDatabase.addresses(ofHost: name)) ?? []
      return Array(addresses.prefix(mostAddresses).map { $0.description + "\n" }.joined().utf8)
    }
    let lookup = HostLookup(FileDescriptor(owning: task.reader), loop: loop, completion: completion)
    try loop.add(lookup, lookup.reader.borrowed, .readable)
  }

  override func handle(_ events: EventSet) {
    let ended = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> Bool in
      switch reader.borrowed.read(into: buffer) {
      case .transferred(let count) where count > 0:
        answer += buffer[..<count]
        return false
      case .wouldBlock: return false
      default: return true
      }
    }
    guard ended else { return }
    loop.remove(self)
    let lines = answer.split(separator: UInt8(ascii: "\n"))
    completion(lines.compactMap { IPAddress(String(decoding: $0, as: UTF8.self)) })
  }
}
