/// What a process that is about to execute its own program again leaves for its successor: which descriptor is which,
/// and what the services have counted. Lines of words, so that versions of the program understand each other.
package struct HandoverState: Equatable {
  package struct Socket: Equatable {
    package var raw: Int32
    /// A socket unit's, not ours.
    package var isUnits: Bool
    package var name: String
    /// The service that has it.
    package var owner = ""
  }

  package struct Counts: Equatable {
    package var service: String
    package var counters: ServiceCounters
  }

  /// A source that is locked out, until a moment of the monotonic clock, which goes on; 0 = for ever.
  package struct Lockout: Equatable {
    package var source: String
    package var until: UInt64
  }

  static let firstLine = "inetd-handover 1"
  /// No configuration has more services and sockets than this; a longer text is not ours.
  private static let mostLines = 1_000_000

  /// The descriptor of the instance ledger, and whether the service manager keeps it too.
  package var ledger: Int32?
  package var ledgerIsStored = false
  package var sockets: [Socket] = []
  /// The listening control socket.
  package var control: Int32?
  /// Pids of servers whose pidfds the service manager keeps.
  package var storedServers: [Int32] = []
  package var counts: [Counts] = []
  /// What an administrator has decided and the files do not say: services that are paused, sources that are locked out.
  package var paused: [String] = []
  package var denied: [Lockout] = []

  package init() {}

  package var text: String {
    var text = HandoverState.firstLine + "\n"
    if let ledger { text += "ledger \(ledger) \(ledgerIsStored ? 1 : 0)\n" }
    for socket in sockets {
      text += "socket \(socket.raw) \(socket.isUnits ? 1 : 0) \(socket.name)\n"
      if !socket.owner.isEmpty { text += "owner \(socket.owner)\n" }
    }
    if let control { text += "control \(control)\n" }
    for pid in storedServers { text += "stored \(pid)\n" }
    for entry in counts {
      text += "counts"
      for number in entry.counters.numbers { text += " \(number)" }
      text += " \(entry.service)\n"
      let kills = entry.counters.memoryKills
      if kills > 0 { text += "memory-kills \(kills)\n" }
    }
    for id in paused { text += "paused \(id)\n" }
    for lockout in denied { text += "denied \(lockout.until) \(lockout.source)\n" }
    return text
  }

  /// Nil for what is no such text. Lines of an unknown kind, or that make no sense, are passed over: a successor that
  /// knows less still serves.
  package init?(_ bytes: [UInt8]) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: HandoverState.mostLines).makeIterator()
    guard let first = lines.next(), first.elementsEqual(HandoverState.firstLine.utf8) else { return nil }
    while let line = lines.next() { read(line) }
  }

  private mutating func read(_ line: ArraySlice<UInt8>) {
    var words = Words(rest: line)
    guard let kind = words.next() else { return }
    if kind.elementsEqual("ledger".utf8) {
      guard let raw = words.number(), raw > 2, let stored = words.number() else { return }
      ledger = Int32(clamping: raw)
      ledgerIsStored = stored == 1
    } else if kind.elementsEqual("socket".utf8) {
      guard let raw = words.number(), raw > 2, let isUnits = words.number() else { return }
      sockets.append(
        Socket(raw: Int32(clamping: raw), isUnits: isUnits == 1, name: String(decoding: words.rest, as: UTF8.self)))
    } else if kind.elementsEqual("control".utf8) {
      guard let raw = words.number(), raw > 2 else { return }
      control = Int32(clamping: raw)
    } else if kind.elementsEqual("stored".utf8) {
      guard let pid = words.number(), pid > 0 else { return }
      storedServers.append(Int32(clamping: pid))
    } else if kind.elementsEqual("paused".utf8) {
      paused.append(String(decoding: words.rest, as: UTF8.self))
    } else if kind.elementsEqual("denied".utf8) {
      guard let until = words.number() else { return }
      denied.append(Lockout(source: String(decoding: words.rest, as: UTF8.self), until: until))
    } else if kind.elementsEqual("owner".utf8) {
      // Of the socket in the line before.
      guard !sockets.isEmpty else { return }
      sockets[sockets.count - 1].owner = String(decoding: words.rest, as: UTF8.self)
    } else if kind.elementsEqual("memory-kills".utf8) {
      // Of the service in the line before.
      guard let kills = words.number(), !counts.isEmpty else { return }
      counts[counts.count - 1].counters.memoryKills = kills
    } else if kind.elementsEqual("counts".utf8) {
      var numbers: [UInt64] = []
      for _ in 0..<ServiceCounters.numberCount {
        guard let number = words.number() else { return }
        numbers.append(number)
      }
      counts.append(
        Counts(
          service: String(decoding: words.rest, as: UTF8.self), counters: ServiceCounters(numbers: numbers)))
    }
  }

  /// Words of one line with one space between them; a last field may take what is left, spaces and all.
  private struct Words {
    var rest: ArraySlice<UInt8>

    mutating func next() -> ArraySlice<UInt8>? {
      guard !rest.isEmpty else { return nil }
      let end = rest.firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex
      defer { rest = rest[min(end + 1, rest.endIndex)...] }
      return rest[..<end]
    }

    /// Counts go on from here: one that could run over makes no sense.
    mutating func number() -> UInt64? {
      next().flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }.flatMap { $0 < 1 << 62 ? $0 : nil }
    }
  }
}

extension ServiceCounters {
  static let numberCount = 8

  /// The plain counts, in the order of the hand-over's lines. Refusals by reason and the histograms begin anew.
  var numbers: [UInt64] {
    [
      accepted, started, failedStarts, successfulExits, failedExits, killedExits, receivedBytes, sentBytes,
    ]
  }

  init(numbers: [UInt64]) {
    self.init()
    accepted = numbers[0]
    started = numbers[1]
    failedStarts = numbers[2]
    successfulExits = numbers[3]
    failedExits = numbers[4]
    killedExits = numbers[5]
    receivedBytes = numbers[6]
    sentBytes = numbers[7]
  }
}
