import CLinux
import LinuxSystem
import SystemdIntegration

/// Everything a process finds open when it begins: sockets from socket units, sockets and the ledger that the service
/// manager kept over a restart, or all of these from the process it was before it executed its program again.
package struct Inheritance {
  /// Descriptors that the service manager keeps for us have names that begin so; a service id cannot hold a slash.
  static let keptPrefix = "inetd/"
  static let ledgerName = "inetd/state"
  /// What a run that ended in the middle of a trial of the store may have left in it.
  static let witnessName = "inetd/witness"
  static let handoverVariable = "INETD_HANDOVER"

  var sockets: [InheritedSocket] = []
  /// pidfds of servers that still run, by pid.
  var servers: [Int32: Int32] = [:]
  /// Servers whose pidfds the service manager keeps, as the process before the execution knew.
  var storedServers: [Int32] = []
  /// Sockets that bring what killed runs could not serve any more, by their names in the store.
  var rescued: [(name: String, raw: Int32)] = []
  var ledger: Int32?
  var ledgerIsStored = false
  /// The control socket that this process had before it executed itself.
  var control: Int32?
  var counts: [HandoverState.Counts] = []
  var paused: [String] = []
  var denied: [HandoverState.Lockout] = []
  /// This process is what an earlier one became by executing itself.
  package private(set) var isReexecution = false
  /// What could not be used, in words.
  var faults: [String] = []
  /// Names of useless things in the store.
  var uselessNames: [String] = []

  package init() {}

  /// Nothing was open that is ours.
  package var isEmpty: Bool { sockets.isEmpty && ledger == nil }

  /// Looks at what is open. To be called before anything is opened.
  @export(interface) package static func take() -> Inheritance {
    var inheritance = Inheritance()
    if let text = CurrentProcess.environmentValue(handoverVariable) {
      unsetenv(handoverVariable)
      inheritance.takeHandover(text)
    }
    let passed = PassedDescriptors.take()
    inheritance.faults += passed.faults
    for descriptor in passed.descriptors { inheritance.take(descriptor) }
    return inheritance
  }

  /// Waits, at most so long, until the rescuers of killed runs are gone: they share what was those runs' own, such as the
  /// lock of the pid file.
  @export(interface) package func awaitRescuers(patience: TimeSpan = .seconds(5)) {
    let end = MonotonicTime.now + patience
    for (_, inbox) in rescued {
      _ = BorrowedDescriptor(raw: inbox).isHungUp(within: max(end - MonotonicTime.now, .zero))
    }
  }

  private mutating func take(_ descriptor: PassedDescriptors.Descriptor) {
    if descriptor.name == Inheritance.ledgerName {
      // Of several, which only a broken store could hold, the first.
      if ledger == nil { ledger = descriptor.number } else { close(descriptor.number) }
      ledgerIsStored = true
      return
    }
    if descriptor.name == Inheritance.witnessName {
      uselessNames.append(descriptor.name)
      close(descriptor.number)
      return
    }
    if ConnectionRescuer.isStoredName(descriptor.name) {
      rescued.append((descriptor.name, descriptor.number))
      return
    }
    if descriptor.name.utf8.starts(with: StoredServers.prefix.utf8) { return takeServer(descriptor) }
    let isKept = descriptor.name.utf8.starts(with: Inheritance.keptPrefix.utf8)
    if var socket = InheritedSocket(descriptor.number, name: descriptor.name, origin: isKept ? .kept : .unit) {
      if isKept { socket.owner = Inheritance.owner(ofKeptName: descriptor.name) }
      sockets.append(socket)
      return
    }
    faults.append("passed descriptor \(descriptor.number) ('\(descriptor.name)') is no socket; it is closed")
    if isKept { uselessNames.append(descriptor.name) }
    close(descriptor.number)
  }

  /// A pidfd: of use only while its process lives.
  private mutating func takeServer(_ descriptor: PassedDescriptors.Descriptor) {
    if let pid = ProcessStatus.pid(of: BorrowedDescriptor(raw: descriptor.number)), servers[pid] == nil {
      servers[pid] = descriptor.number
      return
    }
    uselessNames.append(descriptor.name)
    close(descriptor.number)
  }

  private mutating func takeHandover(_ text: String) {
    guard let raw = Int32(text), raw > 2, clinux_fcntl(raw, F_GETFD, 0) >= 0 else { return }
    // Opened anew, as the predecessor's own offset stands at the end.
    let contents = try? FileSystem.contents(of: "/proc/self/fd/\(raw)")
    close(raw)
    guard let contents, let state = HandoverState(contents.bytes) else {
      faults.append("\(Inheritance.handoverVariable) names no state that can be read; nothing is taken over")
      return
    }
    isReexecution = true
    ledger = state.ledger
    ledgerIsStored = state.ledgerIsStored
    control = state.control
    storedServers = state.storedServers
    counts = state.counts
    paused = state.paused
    denied = state.denied
    for socket in state.sockets {
      guard var found = InheritedSocket(socket.raw, name: socket.name, origin: socket.isUnits ? .unit : .kept) else {
        faults.append("descriptor \(socket.raw), handed over, is no socket")
        continue
      }
      found.owner = socket.owner
      sockets.append(found)
    }
  }

  /// A service's id within the names of what is kept for it: only what an FDNAME may hold (sd_notify(3)).
  static func owner(_ id: String) -> String {
    let bytes = id.utf8.prefix(100).map { byte in
      byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: ":") ? byte : UInt8(ascii: "_")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func keptName(owner: String, inode: UInt64) -> String { "\(keptPrefix)\(owner)/\(inode)" }

  private static func owner(ofKeptName name: String) -> String {
    let rest = name.utf8.dropFirst(keptPrefix.utf8.count)
    return String(Substring(rest[..<(rest.lastIndex(of: UInt8(ascii: "/")) ?? rest.endIndex)]))
  }
}
