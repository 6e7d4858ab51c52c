import AdmissionControl
import CLinux
import LinuxSystem
import NetworkAddresses
import ServiceModel

// Measures what one decision of an access list costs that has 10,000 entries, and prints a line for each family: its
// name and the nanoseconds of processor time. A part of Tests/Benchmarks/run, built as the daemon is installed.

/// The same on every run: random(3) begins with the seed 1.
func noise() -> UInt64 { UInt64(random()) << 33 ^ UInt64(random()) << 2 }

/// Entries in each of the two lists.
let entries = 10_000
/// Peers asked for, in no order: what the caches hold of the list is chance.
let peers = 65_536
let rounds = 32

/// An address somewhere in the part of the Internet that the lists are about: 16.0.0.0/4, 2001::/16.
func address(_ family: IPFamily) -> IPAddress {
  switch family {
  case .ipv4: IPAddress(ipv4: 0x1000_0000 | UInt32(truncatingIfNeeded: noise()) >> 4)
  case .ipv6: IPAddress(ipv6: UInt128(0x2001_0000 | noise() >> 48) << 96 | UInt128(noise()) << 32)
  }
}

/// Blocks of many lengths that lie inside each other, as lists of networks with exceptions have them.
func list(_ family: IPFamily) -> [AccessPattern] {
  (0..<entries).map { _ in
    let length = Int(noise() % 25) + (family == .ipv4 ? 8 : 20)
    return .prefix(IPPrefix(address(family), length: length))
  }
}

/// What this process has used of its processor, in nanoseconds: others may be at work, too.
func processorTime() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

func measure(_ family: IPFamily) -> (nanoseconds: Int, allowed: Int) {
  var definition = AccessDefinition()
  definition.onlyFrom = list(family)
  definition.noAccess = list(family)
  let controller = AdmissionController(access: definition, limits: LimitDefinition())
  let asked = (0..<peers).map { _ in address(family) }
  var allowed = 0
  let start = processorTime()
  for _ in 0..<rounds {
    for peer in asked where controller.allows(peer) { allowed += 1 }
  }
  return ((processorTime() - start) / (rounds * peers), allowed / rounds)
}

func run() -> Int32 {
  for family in [IPFamily.ipv4, .ipv6] {
    let figure = measure(family)
    // A list that lets everybody in, or nobody, would not have been looked at.
    guard figure.allowed > peers / 20, figure.allowed < peers - peers / 20 else { return 1 }
    let line = (family == .ipv4 ? "IPv4 " : "IPv6 ") + figure.nanoseconds.description + "\n"
    guard (try? BorrowedDescriptor(raw: 1).writeAll(line)) != nil else { return 1 }
  }
  return 0
}

exit(run())
