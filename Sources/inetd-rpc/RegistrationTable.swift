import CRpcbind
import RegistrationProtocol

/// rpcbind's table, through the local socket on which rpcbind knows who asks: what one user has entered, only that user
/// and root can take out (rpcbind(3)).
struct RegistrationTable {
  private struct Entry {
    let program: UInt32
    let version: UInt32
    let netid: String
    let address: String
  }

  /// What rpcbind holds when this process starts; nil when it cannot be asked.
  private let present: [Entry]?
  /// Why it cannot be asked.
  private let trouble: String

  init() {
    present = RegistrationTable.read()
    trouble = present == nil ? "rpcbind cannot be asked" + RegistrationTable.lastReason : ""
  }

  func carryOut(_ step: RegistrationOrder.Step) -> RegistrationOutcome {
    guard let present else { return .failed(trouble) }
    let wanted = step.registration
    var outcome = RegistrationOutcome.unchanged
    for version in wanted.versions {
      // Of two entries for one thing, which rpcbind does not hold, the first would be the answer.
      let held = present.first { entry in
        entry.program == wanted.program && entry.version == version && entry.netid == wanted.netid.rawValue
      }?.address
      let result =
        step.verb == .unregister
        ? remove(wanted, version, held: held) : enter(wanted, version, held: held, takesOver: step.verb == .register)
      switch result {
      case .unchanged: break
      case .failed: return result
      default: outcome = result
      }
    }
    return outcome
  }

  private func remove(_ wanted: RPCRegistration, _ version: UInt32, held: String?) -> RegistrationOutcome {
    guard let held else { return .unchanged }
    if held != wanted.address { return .foreign(held) }
    return crpcbind_unset(wanted.program, version, wanted.netid.rawValue)
      ? .done : .failed("rpcbind does not remove version \(version)" + RegistrationTable.lastReason)
  }

  private func enter(
    _ wanted: RPCRegistration, _ version: UInt32, held: String?, takesOver: Bool
  ) -> RegistrationOutcome {
    if held == wanted.address { return .unchanged }
    if let held {
      if !takesOver { return .foreign(held) }
      if !crpcbind_unset(wanted.program, version, wanted.netid.rawValue) {
        return .failed("another user's server has registered version \(version) at \(held)")
      }
    }
    if !crpcbind_set(wanted.program, version, wanted.netid.rawValue, wanted.address) {
      return .failed("rpcbind does not take version \(version)" + RegistrationTable.lastReason)
    }
    return held.map { .replaced($0) } ?? .done
  }

  private static func read() -> [Entry]? {
    var entries: [Entry] = []
    let isRead = withUnsafeMutablePointer(to: &entries) { list in
      crpcbind_read(list) { list, entry in
        list?.assumingMemoryBound(to: [Entry].self).pointee.append(
          Entry(
            program: entry.program, version: entry.version, netid: String(cString: entry.netid),
            address: String(cString: entry.address)))
      }
    }
    return isRead ? entries : nil
  }

  private static var lastReason: String { String(cString: crpcbind_reason()) }
}
